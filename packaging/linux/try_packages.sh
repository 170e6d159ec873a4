#!/bin/sh
# Try the packages in a folder: try_packages.sh DIST PHOTOS [SCREENSHOTS]   (as root; minutes; see try_root.sh for settings)
set -eu
dist="$1" photos="${2:-}" shots="${3:-}"
here="$(dirname "$0")"
[ -n "$photos" ] || { echo "make package-test PHOTOS=FOLDER: a folder with some JPEG photos in it"; exit 2; }
[ "$(id -u)" = 0 ] || { echo "This makes a system of its own in a folder and needs root for it."; exit 2; }
command -v debootstrap >/dev/null || { echo "This needs debootstrap (sudo apt-get install debootstrap)."; exit 2; }
(cd "$dist" && sha256sum --quiet -c SHA256SUMS)
sh "$here/check_metadata.sh" "$dist"
# Of the usual flavour, of the one with CUDA, or of both: what lies there.
for deb in "$dist"/balloon*.deb; do sh "$here/try_deb.sh" "$deb" "$photos" "$shots"; done
! command -v rpm >/dev/null || for rpm in "$dist"/balloon*.rpm; do sh "$here/try_rpm.sh" "$rpm" "$photos"; done
for archive in "$dist"/balloon*.tar.zst; do sh "$here/try_archive.sh" "$archive" "$photos" "$shots"; done
