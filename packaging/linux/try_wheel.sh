#!/bin/sh
# Make the wheel and the source archive, and try both as a person would who has Python: try_wheel.sh OUT [PHOTOS]
# pipx installs the wheel, if there is a pipx; pip installs the source archive into an environment of its own.
set -eu
out="$1" photos="${2:-}"
python="${PYTHON:-python3}"
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir -p "$out"
rm -f "$out"/balloon_photos-*

"$python" -m venv "$place/tools"
"$place/tools/bin/pip" --disable-pip-version-check -q install build pipx
"$place/tools/bin/python" -m build --outdir "$out" . >"$place/build.log" 2>&1 || { tail -n 20 "$place/build.log"; exit 1; }
wheel=$(ls "$out"/balloon_photos-*.whl) archive=$(ls "$out"/balloon_photos-*.tar.gz)

try() {
    echo "== $1"
    [ "$(command -v "$2")" ] || { echo "no command balloon"; exit 1; }
    (cd "$place" && "$2" --version)
    (cd "$place" && "$2" --version | grep -qv 'from source') || { echo "the stamp is missing"; exit 1; }
    if [ -n "$photos" ]; then
        (cd "$place" && "$2" index "$3" --library "$place/library" --quiet && "$2" search dog --limit 1 --library "$place/library")
    fi
    (cd "$place" && QT_QPA_PLATFORM=offscreen HOME="$place/home" timeout 8 "$2" open) || [ $? = 124 ] || { echo "the window does not open"; exit 1; }
    rm -rf "$place/library" "$place/home"
}

[ -z "$photos" ] || photos=$(realpath "$photos")
export PIPX_HOME="$place/pipx" PIPX_BIN_DIR="$place/bin" PIPX_MAN_DIR="$place/man"
"$place/tools/bin/pipx" install --quiet "$(realpath "$wheel")"
try "pipx, $(basename "$wheel")" "$place/bin/balloon" "$photos"
rm -rf "$place/pipx"
"$python" -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check -q install "$(realpath "$archive")"
try "pip, $(basename "$archive")" "$place/venv/bin/balloon" "$photos"
echo "ok"
