#!/usr/bin/env bash
# Installs what the tests need, and runs them all, in release mode. Arguments go to `swift test`.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/packages.sh
swift build -c release --build-tests
# One at a time: the kernels are parallel inside, and tests that share two cores only slow each other down.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
swift test -c release --skip-build --no-parallel "$@" 2>&1 | tee "$log" || status=$?
if ((status != 0)); then
  echo "== what failed, once more (CPU: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1))"
  grep -aE '✘|error:' "$log" || true
fi
exit "$status"
