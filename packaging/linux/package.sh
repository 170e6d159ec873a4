#!/bin/sh
# Build Balloon's bundle, the portable archive and the .deb into dist/, in a virtual environment of their own.
#   package.sh            the CPU flavour
# Needs Python 3.11 or newer with venv, zstd, dpkg-deb and binutils on the machine; the rest comes into build/venv.
set -eu
cd "$(dirname "$0")/../.."
python="${PYTHON:-python3}"
venv=build/venv
out=dist

for tool in dpkg-deb zstd objcopy; do
    command -v "$tool" >/dev/null || { echo "Packaging needs $tool (sudo apt-get install dpkg zstd binutils)."; exit 1; }
done

# onnxruntime-gpu, which pyproject.toml names for Linux, weighs 200 MB more: the bundle takes the build for the CPU.
if [ ! -e "$venv/.ready" ] || [ pyproject.toml -nt "$venv/.ready" ]; then
    rm -rf "$venv"
    "$python" -m venv "$venv"
    "$venv/bin/python" packaging/requirements.py >build/requirements.txt
    "$venv/bin/pip" --disable-pip-version-check -q install -r build/requirements.txt 'pyinstaller>=6.16,<7'
    touch "$venv/.ready"
fi
"$venv/bin/pip" --disable-pip-version-check -q install --no-deps --force-reinstall .
version=$("$venv/bin/python" -c 'from importlib.metadata import version; print(version("balloon-photos"))')

rm -rf "$out/balloon" build/icons
QT_QPA_PLATFORM=offscreen "$venv/bin/python" packaging/icons/render.py packaging/icons/balloon.svg build/icons
"$venv/bin/pyinstaller" --noconfirm --log-level WARN --distpath "$out" --workpath build/pyinstaller packaging/balloon.spec
find "$out/balloon/_internal" -maxdepth 1 -name "libpython*" -exec strip --strip-unneeded {} +
# The permissions of a package do not depend on the umask of who built it.
chmod -R u=rwX,go=rX "$out/balloon"
find "$out/balloon/_internal" -type f -name '*.so*' -exec chmod 644 {} +

name="balloon-$version-linux-x86_64"
tar --create --directory "$out" --owner 0 --group 0 --numeric-owner --sort name --transform "s,^balloon,$name," balloon \
    | zstd -q -f -T0 -19 -o "$out/$name.tar.zst"
sh packaging/linux/deb.sh "$out/balloon" build/icons "$version" "$out/balloon_${version}_amd64.deb"
(cd "$out" && sha256sum "$name.tar.zst" "balloon_${version}_amd64.deb" >SHA256SUMS)
ls -l "$out"/*.zst "$out"/*.deb
