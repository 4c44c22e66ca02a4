#!/usr/bin/env bash
# Compares errata with PyTorch on this machine, and writes the table in docs/performance.md. See Benchmarks/README.md.
# Usage: [PYTHON=…] [IMAGES=FOLDER MODEL=FILE] scripts/benchmark.sh [CASE…]
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/packages.sh
python=${PYTHON:-}
if [[ -z $python ]]; then
  environment=${XDG_CACHE_HOME:-$HOME/.cache}/errata-benchmark
  [[ -x $environment/bin/python ]] || python3 -m venv "$environment"
  python=$environment/bin/python
  "$python" -c 'import torch, safetensors, numpy, PIL' 2>/dev/null ||
    "$python" -m pip install --quiet torch safetensors numpy pillow --extra-index-url https://download.pytorch.org/whl/cpu
fi
swift build -c release --product errata >&2
swift build -c release --product errata-benchmark >&2
mkdir -p Benchmarks/results
.build/release/errata-benchmark peaks >Benchmarks/results/peaks.json
cases=("$@")
((${#cases[@]})) || cases=(a-r50 a-r101 b-256 b-512 c-small c-r50-256 c-joint c-r50 d e f)
for case in "${cases[@]}"; do
  if [[ $case == d ]]; then
    [[ -n ${IMAGES:-} && -n ${MODEL:-} ]] || { echo "case d is left out: it needs IMAGES and MODEL" >&2; continue; }
    "$python" Benchmarks/compare_audit.py "$IMAGES" --model "$MODEL"
  elif [[ $case == f && -z ${IMAGES:-} ]]; then
    echo "case f is left out: it needs IMAGES" >&2
  else
    "$python" Benchmarks/compare.py "$case" --restart --images "${IMAGES:-}"
  fi
done
"$python" Benchmarks/table.py
