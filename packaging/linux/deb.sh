#!/bin/sh
# Lay a bundle out as a Debian package: deb.sh BUNDLE ICONS VERSION FILE.deb
set -eu
bundle="$1" icons="$2" version="$3" file="$4"
here="$(dirname "$0")"
root="build/deb"
rm -rf "$root"
share="$root/usr/share"
umask 022
mkdir -p "$root/DEBIAN" "$root/usr/bin" "$root/usr/lib" "$share/applications" "$share/metainfo" "$share/man/man1" \
    "$share/doc/balloon" "$share/icons/hicolor/scalable/apps"

cp -r "$bundle" "$root/usr/lib/balloon"
ln -s ../lib/balloon/balloon "$root/usr/bin/balloon"
install -m 644 "$here/balloon.desktop" "$share/applications/balloon.desktop"
install -m 644 "$here/balloon.metainfo.xml" "$share/metainfo/balloon.metainfo.xml"
install -m 644 packaging/icons/balloon.svg "$share/icons/hicolor/scalable/apps/balloon.svg"
cp -r "$icons"/. "$share/icons/hicolor"
gzip -9n <"$here/balloon.1" >"$share/man/man1/balloon.1.gz"
gzip -9n <CHANGELOG.md >"$share/doc/balloon/changelog.gz"
install -m 644 "$here/copyright" NOTICE "$share/doc/balloon"

# What Qt takes from the system; all else is in the bundle.
cat >"$root/DEBIAN/control" <<CONTROL
Package: balloon
Version: $version
Section: graphics
Priority: optional
Architecture: amd64
Maintainer: The Balloon team <balloon@localhost>
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
Depends: libc6 (>= 2.36), libstdc++6, libgcc-s1, libegl1, libgl1, libglib2.0-0 | libglib2.0-0t64, libdbus-1-3, libfontconfig1, libfreetype6, libxkbcommon0, libxkbcommon-x11-0, libx11-xcb1, libxcb-cursor0, libxcb-icccm4, libxcb-image0, libxcb-keysyms1, libxcb-randr0, libxcb-render-util0, libxcb-shape0, libxcb-sync1, libxcb-xfixes0, libxcb-xkb1
Recommends: fonts-noto-cjk | fonts-wqy-microhei
Description: find photos on your own computer by what is in them
 Type what can be seen, "red balloon over the sea", and see your photos of it.
 English and Chinese are both understood. Right-click a photo for the captions
 that fit it.
 .
 Nothing leaves the computer: no account, no upload, no network.
CONTROL
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
dpkg-deb --root-owner-group -Zxz --build "$root" "$file" >/dev/null
