# Sourced by try_deb.sh and try_archive.sh: a minimal Debian without Python in a folder of its own, and a plain user in it.
# As root. BALLOON_TRY_ROOT (a folder to keep the fresh system in), BALLOON_TRY_SUITE, BALLOON_TRY_MIRROR,
# BALLOON_TRY_APT_CONF (a file with a proxy, say).
place="${BALLOON_TRY_ROOT:-$(mktemp -d)}"
root="$place/root"
suite="${BALLOON_TRY_SUITE:-bookworm}"

# What every desktop has, and a bundle takes from it.
DESKTOP_LIBRARIES="libegl1 libgl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libfreetype6 libx11-6 libx11-xcb1 libxcb-glx0 libxcb-randr0
    libxcb-render0 libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-xfixes0 libxcb-xkb1 libwayland-client0 libwayland-cursor0 libwayland-egl1
    libssl3"

# What a machine brings along if it has a card, and no package asks for.
OF_CUDA='lib(cuda|cudart|cublas|cublasLt|cufft|curand|cudnn)\.so'

step() { printf '\n== %s\n' "$1"; }
fail() { echo "FAILED: $1"; exit 1; }
inside() { chroot "$root" env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
as_user() { inside su stranger -c "cd && $1"; }
leave_root() { umount "$root/proc" 2>/dev/null || true; }
install_quietly() { inside apt-get install -y -qq --no-install-recommends "$@" >"$place/apt.log" 2>&1 || { cat "$place/apt.log"; exit 1; }; }

# A fresh system (made once, then copied), a user "stranger", and photos in their folder.
enter_root() {
    photos="$1"
    if [ ! -e "$place/fresh/etc/debian_version" ]; then
        step "a minimal Debian ($suite) in $place"
        debootstrap --variant=minbase "$suite" "$place/fresh" ${BALLOON_TRY_MIRROR:+"$BALLOON_TRY_MIRROR"} >"$place/debootstrap.log" 2>&1 ||
            { tail -n 20 "$place/debootstrap.log"; exit 1; }
    fi
    leave_root
    rm -rf "$root"
    cp -a "$place/fresh" "$root"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    [ -z "${BALLOON_TRY_APT_CONF:-}" ] || cp "$BALLOON_TRY_APT_CONF" "$root/etc/apt/apt.conf.d/"
    mount -t proc proc "$root/proc"
    trap leave_root EXIT
    mkdir -p "$root/dev/shm"
    chmod 1777 "$root/dev/shm" "$root/tmp"
    no_python
    inside useradd -m stranger
    mkdir -p "$root/home/stranger/Pictures/海边 beach"
    cp "$photos"/*.jpg "$root/home/stranger/Pictures/海边 beach"
    inside chown -R stranger:stranger /home/stranger
    inside apt-get update -qq
}

no_python() { inside sh -c '! command -v python3' || fail "there is Python: it proves nothing"; }

# Tools that look at a window; they bring libraries along, so whatever checks dependencies comes before.
install_screen() {
    install_quietly xvfb xauth xdotool procps imagemagick fonts-wqy-microhei locales
    for language in en_US zh_CN; do inside localedef -i "$language" -f UTF-8 "$language.UTF-8"; done
}

# Every library that the bundle in $1 asks for is there, but for those of CUDA.
check_libraries() {
    inside sh -c "find '$1' -name '*.so*' -type f | while read -r file; do LD_LIBRARY_PATH='$1/_internal' ldd \"\$file\"; done" \
        | grep 'not found' | grep -v -E "$OF_CUDA" | sort | uniq -c >"$place/missing" || true
    [ ! -s "$place/missing" ] || { cat "$place/missing"; fail "libraries are missing"; }
}

# The main job in words, with the program $1.
check_words() {
    as_user "$1 --version"
    as_user "$1 index Pictures --quiet"
    as_user "$1 status"
    as_user "$1 search dog --limit 3"
    as_user "$1 search 草地 --limit 3"
    first=$(ls "$root/home/stranger/Pictures/海边 beach" | head -n 1)
    as_user "$1 similar 'Pictures/海边 beach/$first' --limit 3"
    as_user "$1 captions 'Pictures/海边 beach/$first' --limit 3"
    as_user "$1 caption add 'Pictures/海边 beach/$first' '奶奶和豆豆'"
    as_user "$1 search 奶奶和豆豆 --limit 1" | grep -q "$first" || fail "the caption is not found"
    as_user "$1 check"
    # There is no graphics card in a bare system, whatever the package was built for: it computes on the processor and says so.
    as_user "$1 doctor" | tee "$place/doctor"
    grep -q 'provider *CPU ran the last batch' "$place/doctor" || fail "it does not fall back on the processor"
    as_user "$1 update" || true # nobody answers: one calm sentence
}

# The window, with the program $1; pictures of it come to $2 as $3-*.png.
check_window() {
    cp "$(dirname "$0")/try_window.sh" "$root/tmp/try_window.sh"
    rm -rf "$root/tmp/shots" && mkdir -m 777 "$root/tmp/shots"
    as_user "xvfb-run -a -s '-screen 0 1280x800x24' sh /tmp/try_window.sh '$1' /tmp/shots"
    for shot in "$root"/tmp/shots/*.png; do
        [ -z "$2" ] || cp "$shot" "$2/$3-$(basename "$shot")"
    done
    grep -q '^side_panel=captions' "$root/home/stranger/.config/balloon/desktop.ini" || fail "the captions panel did not open"
    # What was searched for is in the library: it went from the keyboard through the engine and back.
    for query in 'a dog on grass' '海边的人'; do
        LC_ALL=C.UTF-8 grep -aq "$query" "$root/home/stranger/.local/share/balloon/library"/library.db* || fail "no search for $query"
    done
}

# What the user "stranger" wrote since $1 (a file), outside the places that are theirs.
check_writes() {
    inside find / -xdev -newer "$1" -user stranger -not -path '/proc/*' -not -path '/tmp/*' -not -path '/dev/*' -not -type d \
        -not -path '/home/stranger/.local/share/balloon/*' -not -path '/home/stranger/.local/state/balloon/*' \
        -not -path '/home/stranger/.config/balloon/*' -not -path '/home/stranger/.cache/*' >"$place/written"
    [ ! -s "$place/written" ] || { cat "$place/written"; fail "written outside the user's folders"; }
    ls "$root/tmp" | grep -v -x -e shots -e try_window.sh -e 'balloon.*' -e '\..*' -e 'before' >"$place/tmp" || true
    [ ! -s "$place/tmp" ] || { cat "$place/tmp"; fail "left in /tmp"; }
}
