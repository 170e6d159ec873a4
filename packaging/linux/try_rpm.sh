#!/bin/sh
# Try an RPM: try_rpm.sh FILE.rpm PHOTOS   (as root)
# There is no Fedora at hand: rpm itself installs it into a minimal Debian that has a desktop's libraries. What it requires is
# compared with what its files ask for.
set -eu
rpm=$(realpath "$1") photos=$(realpath "$2")
. "$(dirname "$0")/try_root.sh"
enter_root "$photos"

step "install"
install_quietly $DESKTOP_LIBRARIES
rpm --root "$root" --initdb
rpm --root "$root" --nodeps --ignorearch --nosignature -i "$rpm"
check_libraries /usr/lib/balloon

step "what it requires"
rpm -qp --nosignature --requires "$rpm" | sed -n 's/^\(lib[^(]*\)().*/\1/p; s/^\(libc\.so\.6\)(.*/\1/p' | sort -u >"$place/required"
find "$root/usr/lib/balloon" -type f -exec objdump -p {} + 2>/dev/null | sed -n 's/^ *NEEDED *//p' | sort -u >"$place/asked"
find "$root/usr/lib/balloon" -name '*.so*' -printf '%f\n' | sort -u | comm -23 "$place/asked" - | grep -v -E "$OF_CUDA" |
    grep -v -x -e 'libm\.so\.6' -e 'libdl\.so\.2' -e 'libpthread\.so\.0' -e 'librt\.so\.1' -e 'libutil\.so\.1' -e 'ld-linux.*' >"$place/system"
comm -23 "$place/system" "$place/required" >"$place/missing"
[ ! -s "$place/missing" ] || { cat "$place/missing"; fail "these are asked for and not required"; }

step "the command line"
check_words balloon

step "uninstall"
rpm --root "$root" -e "$(rpm -qp --nosignature --queryformat '%{NAME}' "$rpm")"
find "$root/usr" -iname '*balloon*' >"$place/left"
[ ! -s "$place/left" ] || { cat "$place/left"; fail "left behind"; }
echo "ok: $(basename "$rpm")"
