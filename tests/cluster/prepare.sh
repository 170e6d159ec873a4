#!/bin/sh
# Puts PostgreSQL and pgvector in place for `make test-cluster`, from Debian's packages: pgvector's own package where this
# release has it, else built from Debian's source package of it. Does nothing where both are there.
set -eu

programs() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1; }

as_root() { [ "$(id -u)" = 0 ] || { echo "PostgreSQL or pgvector is missing: install them, or run this once as root." >&2; exit 1; }; }

bin=$(programs)
if [ -z "$bin" ] || ! [ -x "$bin/initdb" ]; then
    as_root
    apt-get update -q >/dev/null
    # The package must not start a server of its own: the tests start theirs.
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends postgresql openssl >/dev/null
    bin=$(programs)
fi
version=$(basename "$(dirname "$bin")")
share=/usr/share/postgresql/$version/extension
[ -e "$share/vector.control" ] && exit 0

as_root
apt-get update -q >/dev/null
if apt-cache show "postgresql-$version-pgvector" >/dev/null 2>&1; then
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q "postgresql-$version-pgvector" >/dev/null
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
# The same mirror as this system's, asked for the sources of the release that has the package.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
keys=$(ls /usr/share/keyrings/debian-archive-keyring.* | head -n 1)
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
echo "deb-src [signed-by=$keys] $mirror trixie main" > "$work/sources.list"
cat > "$work/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$work/lists";
Dir::Cache "$work/cache";
APT::Sandbox::User "root";
CONF
cd "$work"
APT_CONFIG="$work/apt.conf" apt-get update -q >/dev/null
APT_CONFIG="$work/apt.conf" apt-get source -q --download-only pgvector >/dev/null
mkdir source && tar xf pgvector_*.orig.tar.gz -C source --strip-components 1
# The server's headers alone: their package would bring a whole compiler suite along.
apt-get download -q "postgresql-server-dev-$version" libpq-dev >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" headers; done
include=headers/usr/include/postgresql
for file in source/src/*.c; do
    cc -O2 -fPIC -ftree-vectorize -fassociative-math -fno-signed-zeros -fno-trapping-math -fno-strict-aliasing -fwrapv \
        -D_GNU_SOURCE -I"$include/$version/server" -I"$include/internal" -I"$include" -c "$file" -o "${file%.c}.o"
done
cc -shared -o vector.so source/src/*.o -lm
number=$(sed -n "s/^default_version = '\(.*\)'/\1/p" source/vector.control)
install -m 755 vector.so "/usr/lib/postgresql/$version/lib/vector.so"
install -m 644 source/sql/vector--*--*.sql "$share/"
install -m 644 source/sql/vector.sql "$share/vector--$number.sql"
install -m 644 source/vector.control "$share/vector.control"
