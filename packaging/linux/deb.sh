#!/bin/sh
# Make a Debian package of an installed tree: deb.sh TREE VERSION SUFFIX OUT
set -eu
tree="$1" version="$2" suffix="$3" out="$4"
here="$(dirname "$0")"
root=build/deb
package="balloon$suffix"
# The project owns no address yet: whoever publishes a package puts a true one in.
maintainer="${BALLOON_MAINTAINER:-The Balloon team <balloon@localhost>}"
rm -rf "$root"
umask 022
cp -r "$tree" "$root"
mkdir -p "$root/DEBIAN" "$root/usr/share/lintian/overrides"
doc="$root/usr/share/doc/$package"
[ "$package" = balloon ] || mv "$root/usr/share/doc/balloon" "$doc"
install -m 644 "$here/copyright" "$doc/copyright"
sed "s/^balloon:/$package:/; s,share/doc/balloon/,share/doc/$package/," "$here/lintian-overrides" >"$root/usr/share/lintian/overrides/$package"
# Microsoft links the two builds of ONNX Runtime differently.
[ "$package" = balloon ] || sed -i '/custom-library-search-path RPATH/d' "$root/usr/share/lintian/overrides/$package"
chmod 644 "$root/usr/share/lintian/overrides/$package"
gzip -9n >"$doc/changelog.Debian.gz" <<CHANGELOG
$package ($version-1) unstable; urgency=medium

  * Balloon $version. What is new stands in changelog.gz beside this file.

 -- $maintainer  $(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")
CHANGELOG

flavour="" synopsis="" rivals="balloon-cuda"
if [ "$package" = balloon-cuda ]; then
    rivals="balloon" synopsis=" (CUDA)"
    flavour="
 .
 This flavour computes on an NVIDIA card where the machine has CUDA 13 and
 cuDNN 9, and on the processor where it has not."
fi
# What Qt and Python take from the system; all else is in the bundle.
cat >"$root/DEBIAN/control" <<CONTROL
Package: $package
Version: $version-1
Section: graphics
Priority: optional
Architecture: amd64
Maintainer: $maintainer
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
Provides: balloon
Conflicts: $rivals
Replaces: $rivals
Depends: libc6 (>= 2.36), libstdc++6, libgcc-s1, zlib1g, liblzma5, libzstd1, libexpat1, libuuid1, libssl3 | libssl3t64, libffi8, libegl1, libgl1, libglib2.0-0 | libglib2.0-0t64, libdbus-1-3, libfontconfig1, libfreetype6, libx11-6, libx11-xcb1, libxcb1, libxcb-glx0, libxcb-randr0, libxcb-render0, libxcb-shape0, libxcb-shm0, libxcb-sync1, libxcb-xfixes0, libxcb-xkb1, libwayland-client0, libwayland-cursor0, libwayland-egl1, ca-certificates
Recommends: fonts-noto-cjk | fonts-wqy-microhei
Description: find photos on your own computer by what is in them$synopsis
 Type what can be seen, "red balloon over the sea", and see your photos of it.
 English and Chinese are both understood. Right-click a photo for the captions
 that fit it.
 .
 Nothing leaves the computer: no account, no upload, no network.$flavour
CONTROL
[ "$package" = balloon ] && sed -i '/^Provides: balloon$/d' "$root/DEBIAN/control"
(cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
find "$root" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
# shellcheck disable=SC2086  # several options
dpkg-deb --root-owner-group $deb_options --build "$root" "$out/${package}_$version-1_amd64.deb" >/dev/null
