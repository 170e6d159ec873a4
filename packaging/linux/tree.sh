#!/bin/sh
# Lay a bundle out as it is installed, for the .deb and the RPM alike: tree.sh BUNDLE ROOT
set -eu
bundle="$1" root="$2"
here="$(dirname "$0")"
share="$root/usr/share"
rm -rf "$root"
umask 022
mkdir -p "$root/usr/bin" "$root/usr/lib" "$share/applications" "$share/metainfo" "$share/man/man1" "$share/doc/balloon" \
    "$share/icons/hicolor/scalable/apps" "$share/bash-completion/completions" "$share/zsh/vendor-completions" \
    "$share/fish/vendor_completions.d"

cp -r "$bundle" "$root/usr/lib/balloon"
# Said elsewhere in a package: /usr/share/doc.
rm -f "$root/usr/lib/balloon/README.txt" "$root/usr/lib/balloon/_internal/LICENSE" "$root/usr/lib/balloon/_internal/NOTICE"
ln -s ../lib/balloon/balloon "$root/usr/bin/balloon"
install -m 644 "$here/balloon.desktop" "$share/applications/balloon.desktop"
install -m 644 "$here/balloon.metainfo.xml" "$share/metainfo/balloon.metainfo.xml"
install -m 644 packaging/icons/balloon.svg "$share/icons/hicolor/scalable/apps/balloon.svg"
(cd build/icons && find . -name balloon.png) | while read -r icon; do
    install -D -m 644 "build/icons/$icon" "$share/icons/hicolor/$icon"
done
gzip -9n <build/words/balloon.1 >"$share/man/man1/balloon.1.gz"
install -m 644 build/words/balloon.bash "$share/bash-completion/completions/balloon"
install -m 644 build/words/_balloon "$share/zsh/vendor-completions/_balloon"
install -m 644 build/words/balloon.fish "$share/fish/vendor_completions.d/balloon.fish"
gzip -9n <CHANGELOG.md >"$share/doc/balloon/changelog.gz"
install -m 644 NOTICE "$share/doc/balloon/NOTICE"
