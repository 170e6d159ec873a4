#!/bin/sh
# Try a .deb as a stranger would: try_deb.sh FILE.deb PHOTOS [SCREENSHOTS]
# As root. In a minimal Debian without Python: install, the main job in words and in the window, install a newer version over
# it, uninstall, look what is left, and let the person remove that, too.
set -eu
deb=$(realpath "$1") photos=$(realpath "$2") shots="${3:+$(realpath "$3")}"
. "$(dirname "$0")/try_root.sh"
enter_root "$photos"

step "install"
cp "$deb" "$root/tmp/balloon.deb"
install_quietly /tmp/balloon.deb
no_python
check_libraries /usr/lib/balloon
touch "$root/tmp/before"

step "the command line"
check_words balloon

step "the window"
install_screen
check_window balloon "$shots" deb
check_writes /tmp/before

step "a newer version over it"
package=$(inside dpkg-deb -f /tmp/balloon.deb Package)
as_user "balloon status --json" | grep -v byte_size >"$place/status"
inside dpkg-deb -R /tmp/balloon.deb /tmp/balloon-newer
sed -i 's/^Version: .*/Version: 999.0-1/' "$root/tmp/balloon-newer/DEBIAN/control"
inside dpkg-deb -Znone -b /tmp/balloon-newer /tmp/balloon-newer.deb >/dev/null
rm -rf "$root/tmp/balloon-newer"
install_quietly /tmp/balloon-newer.deb
inside dpkg-query -W "$package" | grep -q 999.0 || fail "it was not upgraded"
as_user "balloon status --json" | grep -v byte_size | diff "$place/status" - || fail "the library has changed"
as_user "balloon search 奶奶和豆豆 --limit 1" || fail "a caption was lost"

step "uninstall"
inside apt-get purge -y -qq "$package" >"$place/apt.log" 2>&1
inside sh -c '! command -v balloon' || fail "the command is still there"
find "$root/usr" "$root/etc" "$root/var/lib" "$root/opt" -iname '*balloon*' -not -path '*/var/lib/apt/*' >"$place/left"
[ ! -s "$place/left" ] || { cat "$place/left"; fail "left behind"; }
echo "left in the user's home:"
(cd "$root/home/stranger" && find . -maxdepth 4 -ipath '*balloon*' | sort)

step "the person removes what is theirs"
install_quietly /tmp/balloon.deb
as_user "balloon library remove --yes"
inside apt-get purge -y -qq "$package" >"$place/apt.log" 2>&1
find "$root/home/stranger" -ipath '*balloon*' >"$place/left"
[ ! -s "$place/left" ] || { cat "$place/left"; fail "left in the home"; }
count=$(find "$root/home/stranger/Pictures" -name '*.jpg' | wc -l)
[ "$count" = "$(ls "$photos"/*.jpg | wc -l)" ] || fail "photos are missing"
diff -rq "$photos" "$root/home/stranger/Pictures/海边 beach" | grep -E '^Files|stranger' && fail "photos have changed"
echo "ok: $(basename "$deb")"
