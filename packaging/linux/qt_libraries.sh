#!/bin/sh
# Make sure that Qt finds the system libraries it needs: install them where we may, else print the one line to type.
set -u
python="$1"
packages="libglib2.0-0 libgl1 libegl1 libxkbcommon0 libdbus-1-3 libfontconfig1 fonts-wqy-microhei"
fonts=/usr/share/fonts/truetype/wqy/wqy-microhei.ttc

if QT_QPA_PLATFORM=offscreen "$python" -c 'import PySide6.QtWidgets' 2>/dev/null && { [ "$(uname)" != Linux ] || [ -e "$fonts" ]; }; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
    exit 0
fi
echo "The window's tests need a few system libraries. On Debian or Ubuntu type:"
echo "    sudo apt-get install $packages"
