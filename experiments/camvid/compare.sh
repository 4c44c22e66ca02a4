#!/usr/bin/env bash
# Trains every arm with every seed on CamVid by sequence, audits `val` with it, and compares with the truth.
#   [ARMS="eln errata"] experiments/camvid/compare.sh CAMVID OUTPUT [SEED...]
#   python3 experiments/camvid/tables.py OUTPUT
# Six to ten minutes a training on one thread of a quiet machine. Started again, it goes on where it stopped.
# Further arms, by name only: supervised learning of a ResNet-50 from scratch (r50) and from the weights in the file
# $BACKBONE (r50-pretrained), ten minutes each, and the full method from these weights (r50-full), half an hour.
set -euo pipefail
camvid=$1 output=$2
shift 2
seeds=("$@")
(($#)) || seeds=(1 2 3)
source "$(dirname "$0")/lists.sh"
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} OPENBLAS_NUM_THREADS=${OPENBLAS_NUM_THREADS:-1}

training() { # ARM: its settings
  local semi=(--set stages.supervisedSteps=350 --set stages.jointSteps=100 --set stages.semiSupervisedSteps=180)
  case $1 in
  supervised)
    echo --set stages.supervisedSteps=630 --set stages.jointSteps=0 --set stages.semiSupervisedSteps=0
    ;;
  eln) echo "${semi[@]}" ;;
  threshold | ecn) echo "${semi[@]}" --corrector "$1" ;;
  errata)
    echo "${semi[@]}" --set network.crossFittingFolds=2 --set losses.judgedLabels.crossFittedWeight=1
    ;;
  r50*)
    echo --set network.encoder.depth=50 --set network.encoder.width=64 --set stages.supervisedSteps=250
    if [[ $1 == r50-full ]]; then
      echo --set stages.jointSteps=60 --set stages.semiSupervisedSteps=120
    else
      echo --set stages.jointSteps=0 --set stages.semiSupervisedSteps=0
    fi
    [[ $1 == r50 ]] || echo --backbone-weights "${BACKBONE:?must name a file with the weights of a ResNet-50}"
    ;;
  esac
}

train() { # ARM SEED
  local run=$output/$1-$2
  [[ -e $run/model.safetensors ]] && return
  local resume=()
  [[ -e $run/checkpoint.safetensors ]] && resume=(--resume)
  # shellcheck disable=SC2046
  errata train --dataset camvid --root "$camvid" --split "$output/labeled.txt" \
    --unlabeled-split "$output/unlabeled.txt" --preset tiny --seed "$2" \
    --set data.augmentation.resizeWidth=240 --set data.augmentation.resizeHeight=180 \
    $(training "$1") \
    --validation-images "$camvid/val/images" --validation-masks "$camvid/val/masks" \
    --output "$run" "${resume[@]}"
}

audit() { # RUN IMAGES options...: audits, and writes the comparison with the truth in $masks
  local run=$1 images=$2
  shift 2
  errata audit "$images" --model "$model" --database "$database" --run "$run" "$@" >/dev/null
  errata evaluate --database "$database" --run "$run" --masks "$masks" --ignore 11 --json \
    >"$results/$run.json"
}

measure() { # ARM SEED
  results=$output/$1-$2/results model=$output/$1-$2/model.safetensors database=$output/$1-$2/audit.sqlite
  [[ -e $results/done ]] && return
  mkdir -p "$results"
  local masks=$camvid/val/masks val=$camvid/val/images labels=(--pseudo-labels "$camvid/espnet-val/labels")
  local foreign=("${labels[@]}" --confidence "$camvid/espnet-val/confidence")
  if [[ $1 =~ ^(supervised|threshold|r50|r50-pretrained)$ ]]; then
    audit own "$val" --uncalibrated --estimator confidence
  else
    audit own "$val" --uncalibrated --estimator eln
    audit disagreement "$val" --uncalibrated --estimator disagreement
    errata calibrate --model "$model" --images "$camvid/train/images" --masks "$camvid/train/masks" \
      --split "$output/calibration.txt" --ignore 11 --output "$results/own.calibration.json"
    audit combined "$val" --calibration "$results/own.calibration.json"
    masks=$output/several/masks audit several "$output/several/images" \
      --calibration "$results/own.calibration.json"
    audit espnet "$val" "${labels[@]}" --uncalibrated --estimator eln
    audit espnet-mean "$val" "${labels[@]}" --uncalibrated --estimator mean
    # Its own confidence, and ours joined with it, on the half of `val` that did not calibrate.
    errata calibrate --model "$model" --images "$val" --masks "$camvid/val/masks" \
      --split "$output/val-first.txt" --ignore 11 "${foreign[@]}" --output "$results/foreign.calibration.json"
    audit espnet-half "$output/val-second" "${labels[@]}" --uncalibrated --estimator eln
    audit espnet-confidence "$output/val-second" "${foreign[@]}" --uncalibrated --estimator confidence
    audit espnet-combined "$output/val-second" "${foreign[@]}" \
      --calibration "$results/foreign.calibration.json"
  fi
  touch "$results/done"
}

for seed in "${seeds[@]}"; do
  # shellcheck disable=SC2086
  for arm in ${ARMS:-supervised eln threshold ecn errata}; do
    train "$arm" "$seed"
    measure "$arm" "$seed"
  done
done
