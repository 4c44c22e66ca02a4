# Sourced by the other scripts: installs the Debian packages that are missing.
packages=(libpng-dev libjpeg-dev zlib1g-dev libsqlite3-dev libopenblas-dev libdnnl-dev)
missing=()
for package in "${packages[@]}"; do
  dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if ((${#missing[@]})); then
  echo "installing ${missing[*]}" >&2
  run=()
  ((EUID == 0)) || run=(sudo)
  "${run[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${run[@]}" apt-get install -y -qq "${missing[@]}" >&2
fi
if ! command -v swift >/dev/null; then
  echo "swift 6.3 is needed: https://www.swift.org/install/linux" >&2
  exit 1
fi
