#!/bin/sh
# What the distributions' own checkers say of the packages in a folder: check_metadata.sh DIST
set -eu
dist="$1"
here="$(dirname "$0")"
check() { printf '%s: ' "$1"; shift; "$@" && echo "clean"; }
has() { command -v "$1" >/dev/null || { echo "$1: not installed, not asked"; return 1; }; }

! has desktop-file-validate || check desktop-file-validate desktop-file-validate "$here/balloon.desktop"
# cid-desktopapp-is-not-rdns: the project owns no domain to name its id after, and one made up would be someone else's.
! has appstreamcli || check appstreamcli appstreamcli validate --no-net --override cid-desktopapp-is-not-rdns=info "$here/balloon.metainfo.xml"
for deb in "$dist"/*.deb; do
    ! has lintian || check "lintian $(basename "$deb")" lintian --fail-on error,warning --tag-display-limit 0 "$deb"
done
