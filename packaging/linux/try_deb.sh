#!/bin/sh
# Try a .deb as a stranger would: try_deb.sh FILE.deb PHOTOS [SCREENSHOT.png]
# As root. Makes a minimal Debian without Python in a folder of its own, installs the package there, indexes and searches
# the photos as a plain user, opens the window on a virtual screen if one can be had, uninstalls, looks what is left.
# BALLOON_TRY_ROOT (a folder to keep the root in), BALLOON_TRY_SUITE, BALLOON_TRY_MIRROR, BALLOON_TRY_APT_CONF (a proxy).
set -eu
deb=$(realpath "$1") photos=$(realpath "$2") screenshot="${3:-}"
root="${BALLOON_TRY_ROOT:-$(mktemp -d)}/root"
suite="${BALLOON_TRY_SUITE:-bookworm}"

step() { printf '\n== %s\n' "$1"; }
inside() { chroot "$root" env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
as_user() { inside su stranger -c "cd && $1"; }

step "a minimal Debian in $root"
[ -e "$root/etc/debian_version" ] || debootstrap --variant=minbase "$suite" "$root" ${BALLOON_TRY_MIRROR:-} >"$root.log" 2>&1
cp /etc/resolv.conf "$root/etc/resolv.conf"
[ -z "${BALLOON_TRY_APT_CONF:-}" ] || cp "$BALLOON_TRY_APT_CONF" "$root/etc/apt/apt.conf.d/"
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
[ -e "$root/dev/shm" ] || mkdir -p "$root/dev/shm"
trap 'umount "$root/proc" 2>/dev/null || true' EXIT
inside sh -c '! command -v python3' || { echo "the root has Python: it proves nothing"; exit 1; }
inside useradd -m stranger 2>/dev/null || true
mkdir -p "$root/home/stranger/Pictures" && cp "$photos"/*.jpg "$root/home/stranger/Pictures"
chmod -R a+rX "$root/home/stranger/Pictures"

step "install"
# The screen comes first: whatever it needs is not to be taken for a dependency of the package that is missing.
inside apt-get update -qq
inside apt-get install -y -qq --no-install-recommends xvfb xauth procps imagemagick fonts-wqy-microhei >/dev/null 2>&1 || echo "no virtual screen: the window is not tried"
cp "$deb" "$root/tmp/balloon.deb"
inside apt-get install -y -qq --no-install-recommends /tmp/balloon.deb >"$root.install.log" 2>&1 || { cat "$root.install.log"; exit 1; }
inside sh -c '! command -v python3' || { echo "the package brought Python in"; exit 1; }

step "the command line"
as_user "balloon --version"
as_user "balloon index Pictures --quiet"
as_user "balloon status"
as_user "balloon search dog --limit 3"
as_user "balloon search 草地 --limit 3"
as_user 'balloon captions "$(ls Pictures/*.jpg | head -n 1)" --limit 3'
as_user "balloon check"

if inside sh -c 'command -v xvfb-run' >/dev/null; then
    step "the window"
    as_user "xvfb-run -a -s '-screen 0 1280x800x24' sh -c 'balloon & pid=\$!; sleep 12; import -window root /tmp/window.png; pgrep -x balloon-engine >/dev/null && echo engine runs; kill \$pid; wait \$pid; true'"
    ls -l "$root/tmp/window.png"
    [ -z "$screenshot" ] || cp "$root/tmp/window.png" "$screenshot"
fi

step "uninstall"
inside apt-get purge -y -qq balloon >/dev/null 2>&1
[ ! -e "$root/usr/lib/balloon" ] || { echo "/usr/lib/balloon is still there"; find "$root/usr/lib/balloon" | head; exit 1; }
inside sh -c '! command -v balloon'
find "$root/usr" -iname '*balloon*' -print >"$root.left"
[ ! -s "$root.left" ] || { echo "left behind:"; cat "$root.left"; exit 1; }
echo "left in the user's home:"
find "$root/home/stranger" -ipath '*balloon*' -maxdepth 4 | sed "s,$root,,"
echo "ok"
