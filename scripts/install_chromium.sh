#!/bin/sh
# Installs what the dashboard's browser tests need: Debian's (or Ubuntu's) chromium,
# and axe-core, which checks pages for accessibility (MPL-2.0, not part of this project).
set -eu

axe_version=4.14.1
# The registry's own checksum of that version, in hexadecimal.
axe_sha512=1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b734f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5
cache="${XDG_CACHE_HOME:-$HOME/.cache}/ecommerce-data-warehouse"

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

if command -v chromium >/dev/null || command -v google-chrome >/dev/null; then
    echo "chromium is there already"
else
    echo "Installing chromium ..."
    as_root apt-get -qq update
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install --no-install-recommends chromium fonts-dejavu-core >/dev/null
fi

if [ ! -s "$cache/axe.min.js" ]; then
    mkdir -p "$cache"
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    (cd "$scratch" && npm pack --silent "axe-core@$axe_version" >/dev/null) || {
        echo "install_chromium: npm did not bring axe-core $axe_version" >&2
        exit 1
    }
    echo "$axe_sha512  $scratch/axe-core-$axe_version.tgz" | sha512sum --check --quiet || {
        echo "install_chromium: axe-core $axe_version is not what it was when it was chosen" >&2
        exit 1
    }
    tar -xzf "$scratch/axe-core-$axe_version.tgz" -C "$scratch" package/axe.min.js
    mv "$scratch/package/axe.min.js" "$cache/axe.min.js"
fi
echo "axe-core: $cache/axe.min.js"
