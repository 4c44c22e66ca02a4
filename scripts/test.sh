#!/usr/bin/env bash
# Installs what the tests need, and runs them all, in release mode. Arguments go to `swift test`.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/packages.sh
swift build -c release --build-tests
swift test -c release --skip-build "$@"
