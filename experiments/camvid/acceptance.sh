#!/usr/bin/env bash
# What `errata accept` promises against what comes true: 20 random splits of all images of sequence 0016E5 (train and
# val), half to calibrate, half to audit and accept; and the same of `val` with ESPNet's labels.
#   experiments/camvid/acceptance.sh CAMVID MODEL OUTPUT [SPLITS]
#   python3 experiments/camvid/acceptance.py OUTPUT        (needs numpy and Pillow)
# The model must not have trained on that sequence. About two minutes a split on one thread.
set -euo pipefail
camvid=$(realpath "$1") model=$(realpath "$2") output=$3 splits=${4:-20}
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} OPENBLAS_NUM_THREADS=${OPENBLAS_NUM_THREADS:-1}
mkdir -p "$output/images" "$output/masks"
for part in train val; do
  ln -sf "$camvid/$part"/images/0016E5_*.jpg "$output/images/"
  ln -sf "$camvid/$part"/masks/0016E5_*.png "$output/masks/"
done
find "$camvid/val/images" -name '*.jpg' -printf '%f\n' | sed 's/\.jpg$//' | sort >"$output/val.txt"
find "$output/images" -name '*.jpg' -printf '%f\n' | sed 's/\.jpg$//' | sort >"$output/all.txt"

play() { # KIND SPLIT NAMES "LEVELS" options...
  local at=$output/$1-$2 names=$3 levels=$4 seed=$2
  shift 4
  [[ -e $at/done ]] && return
  rm -rf "$at"
  mkdir -p "$at/images"
  shuf --random-source=<(yes "$seed") "$names" >"$at/shuffled.txt"
  local half=$(($(wc -l <"$names") / 2))
  head -n "$half" "$at/shuffled.txt" >"$at/calibration.txt"
  tail -n "+$((half + 1))" "$at/shuffled.txt" | while read -r name; do
    ln -s "$(realpath "$output/images/$name.jpg")" "$at/images/$name.jpg"
  done
  errata calibrate --model "$model" --images "$output/images" --masks "$output/masks" --ignore 11 \
    --split "$at/calibration.txt" --output "$at/calibration.json" "$@" >"$at/calibration.log"
  errata audit "$at/images" --model "$model" --database "$at/audit.sqlite" --maps all \
    --calibration "$at/calibration.json" "$@" >/dev/null
  errata evaluate --database "$at/audit.sqlite" --masks "$output/masks" --ignore 11 --json >"$at/truth.json"
  errata export --database "$at/audit.sqlite" --format masks --output "$at/labels" >/dev/null
  for level in $levels; do
    local accept=(errata accept --database "$at/audit.sqlite" --calibration "$at/calibration.json")
    "${accept[@]}" --maximum-error "$level" --json >"$at/images-$level.json"
    "${accept[@]}" --maximum-error "$level" --pixels --masks "$at/people-$level" --json >"$at/pixels-$level.json"
  done
  rm -f "$at/audit.sqlite"*
  touch "$at/done"
}

for split in $(seq "$splits"); do
  play own "$split" "$output/all.txt" "0.05 0.10 0.15 0.20 0.25"
  play espnet "$split" "$output/val.txt" "0.05 0.10 0.15" \
    --pseudo-labels "$camvid/espnet-val/labels" --confidence "$camvid/espnet-val/confidence"
done
