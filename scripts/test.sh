#!/usr/bin/env bash
# Installs what the tests need, and runs them all, in release mode. Arguments go to `swift test`.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/packages.sh
swift build -c release --build-tests
# One at a time: the kernels are parallel inside, and tests that share two cores only slow each other down.
swift test -c release --skip-build --no-parallel "$@"
