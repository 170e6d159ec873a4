#!/bin/sh
# Make an RPM of an installed tree: rpm.sh TREE VERSION SUFFIX OUT
set -eu
tree="$(realpath "$1")" version="$2" suffix="$3" out="$4"
here="$(dirname "$0")"
work="$(realpath build)/rpm"
rm -rf "$work"
mkdir -p "$work"
# Fedora and openSUSE keep zsh's completions elsewhere than Debian.
cp -r "$tree" "$work/tree"
mv "$work/tree/usr/share/zsh/vendor-completions" "$work/tree/usr/share/zsh/site-functions"
install -m 644 LICENSE "$work/tree/usr/share/doc/balloon/LICENSE"
rivals="balloon-cuda" cuda=0
[ "$suffix" != -cuda ] || rivals="balloon" cuda=1
rpmbuild -bb --quiet --target x86_64 --define "_topdir $work" --define "_rpmdir $out" --define "tree $work/tree" \
    --define "balloon_name balloon$suffix" --define "balloon_version $version" --define "balloon_rivals $rivals" \
    --define "balloon_cuda $cuda" \
    --define "_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm" --define "_binary_payload $rpm_payload" \
    --define "use_source_date_epoch_as_buildtime 1" --define "clamp_mtime_to_source_date_epoch 1" "$here/balloon.rpm.spec"
