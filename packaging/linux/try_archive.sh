#!/bin/sh
# Try the portable archive as a stranger would: try_archive.sh FILE.tar.zst PHOTOS [SCREENSHOTS]
# As root. In a minimal Debian without Python, out of a folder with a space and Chinese characters in its name that the user
# may not write to.
set -eu
archive=$(realpath "$1") photos=$(realpath "$2") shots="${3:+$(realpath "$3")}"
. "$(dirname "$0")/try_root.sh"
enter_root "$photos"

step "unpack"
folder="/opt/我的 程序"
mkdir -p "$root$folder"
zstd -dqc "$archive" | tar x -C "$root$folder"
bundle="$folder/$(basename "$archive" .tar.zst)"
[ -x "$root$bundle/balloon" ] || fail "no program in $bundle"
inside chown -R root:root "$folder"
inside chmod -R go-w "$folder"
as_user "touch '$bundle/x' 2>/dev/null" && fail "the user may write there"
(cd "$root$folder" && find . -type f -exec md5sum {} + | sort) >"$place/files"
# A space in the path of a program is no matter to a shell that quotes it; a link with a plain name is what people make.
ln -s "$bundle/balloon" "$root/usr/bin/portable"
touch "$root/tmp/before"

step "the command line, on the barest system"
as_user "'$bundle/balloon' --version"
check_words portable

step "the window, with what every desktop has"
install_screen
install_quietly $DESKTOP_LIBRARIES
check_libraries "$bundle"
check_window portable "$shots" archive
check_writes /tmp/before
(cd "$root$folder" && find . -type f -exec md5sum {} + | sort) | diff "$place/files" - || fail "its folder was written to"

step "remove"
as_user "portable library remove --yes"
rm -rf "$root$folder" "$root/usr/bin/portable"
find "$root/home/stranger" -ipath '*balloon*' >"$place/left"
[ ! -s "$place/left" ] || { cat "$place/left"; fail "left in the home"; }
echo "ok: $(basename "$archive")"
