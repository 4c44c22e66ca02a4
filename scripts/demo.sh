#!/usr/bin/env bash
# Builds errata and runs its main job end to end on data that it makes itself: labels and trains, audits images that
# the training never saw, and shows the ranking beside the truth. Usage: scripts/demo.sh [FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/packages.sh
folder=${1:-demo-output}
if [[ -e $folder ]]; then
  echo "$folder exists; remove it or name another folder: scripts/demo.sh FOLDER" >&2
  exit 1
fi

step() { printf '\n== %s\n' "$*" >&2; }

step "building (release)"
swift build -c release --product errata >&2
errata=$(swift build -c release --show-bin-path)/errata

step "making street scenes: 40 labelled, 120 unlabelled, 60 to audit, 24 labelled ones to calibrate with"
"$errata" synthesize "$folder/data" --labeled 40 --unlabeled 120 --audit 60 --held-out 24

step "training: supervised, then with auxiliary decoders and ELN, then semi-supervised"
"$errata" train --images "$folder/data/labeled/images" --masks "$folder/data/labeled/masks" \
  --unlabeled "$folder/data/unlabeled" --classes "$folder/data/classes.txt" --ignore 255 \
  --preset tiny --output "$folder/run"

step "calibrating on 24 labelled images that the training never saw"
"$errata" calibrate --model "$folder/run/model.safetensors" --images "$folder/data/held-out/images" \
  --masks "$folder/data/held-out/masks" --ignore 255 --plot "$folder/reliability.svg"

step "auditing the 60 images that the training never saw"
"$errata" audit "$folder/data/audit/images" --model "$folder/run/model.safetensors" \
  --database "$folder/audit.sqlite" --run demo

step "what to relabel first"
"$errata" query --database "$folder/audit.sqlite" --top 10

step "beside the truth, which is known here"
"$errata" evaluate --database "$folder/audit.sqlite" --masks "$folder/data/audit/masks" --ignore 255 --top 15

step "pictures"
"$errata" export --database "$folder/audit.sqlite" --format overlays --output "$folder/overlays" --top 10
"$errata" report --database "$folder/audit.sqlite" --output "$folder/report.html"
step "open $folder/report.html in a browser; overlays of the worst images are in $folder/overlays"
