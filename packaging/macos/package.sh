#!/bin/sh
# The disk image of dist/Balloon.app: package.sh VERSION
# The app is signed while PyInstaller makes it (balloon.spec) when BALLOON_SIGN_IDENTITY is set ("Developer ID Application: ...");
# without it the signature is ad hoc, and a person has to allow the app once in System Settings.
# To notarise, set BALLOON_NOTARY_PROFILE (a profile that `xcrun notarytool store-credentials` made), or BALLOON_APPLE_ID,
# BALLOON_APPLE_TEAM and BALLOON_APPLE_PASSWORD (a password for this app alone, from the Apple account's page).
set -eu
version="$1"
app=dist/Balloon.app
image="dist/balloon-$version-macos-$(uname -m).dmg"
stage=build/dmg

codesign --verify --deep --strict "$app"
rm -rf "$stage" "$image"
mkdir -p "$stage"
ditto "$app" "$stage/Balloon.app"
ln -s /Applications "$stage/Applications"
hdiutil create -quiet -volname Balloon -srcfolder "$stage" -fs HFS+ -format ULFO "$image"

[ -z "${BALLOON_SIGN_IDENTITY:-}" ] || codesign --sign "$BALLOON_SIGN_IDENTITY" --timestamp "$image"
if [ -n "${BALLOON_NOTARY_PROFILE:-}" ]; then
    xcrun notarytool submit "$image" --wait --keychain-profile "$BALLOON_NOTARY_PROFILE"
elif [ -n "${BALLOON_APPLE_ID:-}" ]; then
    xcrun notarytool submit "$image" --wait --apple-id "$BALLOON_APPLE_ID" --team-id "$BALLOON_APPLE_TEAM" --password "$BALLOON_APPLE_PASSWORD"
else
    echo "Not notarised: see the top of packaging/macos/package.sh."
    exit 0
fi
xcrun stapler staple "$image"
spctl --assess --type open --context context:primary-signature --verbose "$image"
