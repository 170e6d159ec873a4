#!/bin/sh
# The Linux packages of a bundle: package.sh BUNDLE VERSION [SUFFIX]   (SUFFIX: -cuda)
# Makes the bundle smaller in place, then the archive, the .deb and, where rpmbuild is, the RPM, into dist/.
# Needs binutils, zstd and dpkg-deb; build/icons and build/words (see build.py). SOURCE_DATE_EPOCH is honoured.
# BALLOON_PACKAGE_QUICKLY=1 compresses little, to try the packages at once.
set -eu
bundle="$1" version="$2" suffix="${3:-}"
here="$(dirname "$0")"
out="$(dirname "$bundle")"
for tool in dpkg-deb zstd strip as ld; do
    command -v "$tool" >/dev/null || { echo "Packaging needs $tool (sudo apt-get install dpkg zstd binutils)."; exit 1; }
done
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || date +%s)}"
if [ -n "${BALLOON_PACKAGE_QUICKLY:-}" ]; then
    zstd_level=1 deb_options="-Zxz -z0" rpm_payload="w.ufdio"
else
    zstd_level=19 deb_options="-Zxz -z9 -Sextreme --threads-max=1" rpm_payload="w19.zstdio"
fi
export SOURCE_DATE_EPOCH deb_options rpm_payload

# Strip what compilers made and nobody patched since: libraries that auditwheel moved (*.libs and their users) break by it.
find "$bundle/_internal" -maxdepth 1 -type f -name 'libpython*' -exec strip --strip-unneeded {} +
for part in "$bundle"/_internal/python3.[0-9]* "$bundle"/_internal/tokenizers "$bundle"/_internal/apsw \
    "$bundle"/_internal/psutil "$bundle"/_internal/PySide6/Qt/lib; do
    [ ! -d "$part" ] || find "$part" -type f -name '*.so*' -exec strip --strip-unneeded {} +
done
# NumKong comes with 40 MB for debuggers; taking only that away leaves alone what was patched.
find "$bundle/_internal" -path '*/numkong/*.so' -exec strip --strip-debug {} +
find "$bundle/_internal/PySide6" -name 'libicudata.so.*' ! -type l -size +20M -exec "${PYTHON:-python3}" "$here/trim_icu.py" {} \;
find "$bundle" -type f \( -name '*.pyi' -o -name py.typed \) -delete
cp "$here/README.txt" "$bundle/README.txt"
# The permissions of a package do not depend on the umask of who built it.
chmod -R u=rwX,go=rX "$bundle"
find "$bundle/_internal" -type f -exec chmod 644 {} +

name="balloon$suffix-$version-linux-x86_64"
tar --create --directory "$out" --owner 0 --group 0 --numeric-owner --sort name --mtime "@$SOURCE_DATE_EPOCH" \
    --transform "flags=r;s,^balloon,$name," balloon | zstd -q -f -T0 "-$zstd_level" -o "$out/$name.tar.zst"
sh "$here/tree.sh" "$bundle" build/tree
sh "$here/deb.sh" build/tree "$version" "$suffix" "$out"
if command -v rpmbuild >/dev/null; then
    sh "$here/rpm.sh" build/tree "$version" "$suffix" "$out"
else
    echo "No RPM: rpmbuild is not here (sudo apt-get install rpm)."
fi
