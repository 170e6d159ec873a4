#!/bin/sh
# Use Balloon's window as a person would, on the screen there is: try_window.sh PROGRAM SHOTS
# Measures starts, searches in English and Chinese, asks for captions with the right mouse button, hands a picture over.
set -eu
program="$1" shots="$2"

now_ms() { echo $(($(date +%s%N) / 1000000)); }
shoot() { import -window root "$shots/$1.png"; }
# Wait until the picture of the screen has been the same for a second, 30 seconds at most.
settle() {
    last="" same=0 tries=0
    while [ "$same" -lt 3 ] && [ "$tries" -lt 60 ]; do
        sleep 0.5
        this=$(import -window root rgb:- | md5sum)
        if [ "$this" = "$last" ]; then same=$((same + 1)); else same=0; fi
        last="$this" tries=$((tries + 1))
    done
}
open_window() {
    started=$(now_ms)
    $program &
    pid=$!
    window=$(timeout 60 xdotool search --sync --onlyvisible --name '^Balloon' | tail -n 1)
    shown=$(now_ms)
    # Fields 14 and 15 of the process's line: its own processor time, which a busy machine does not lengthen, in hundredths.
    processor=$(awk '{ print ($14 + $15) * 10 }' "/proc/$pid/stat")
    echo "window on the screen after $((shown - started)) ms ($processor ms of processor time)"
    xdotool windowsize --sync "$window" 1280 800 windowmove "$window" 0 0 windowfocus "$window" || true
    settle
}
close_window() {
    xdotool key ctrl+q
    tries=0
    while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 40 ]; do sleep 0.25; tries=$((tries + 1)); done
    kill -0 "$pid" 2>/dev/null && { echo "it does not quit"; kill "$pid"; exit 1; }
    wait "$pid" || { echo "it ended badly"; exit 1; }
}
search_for() {
    xdotool key ctrl+f key ctrl+a type --delay 40 "$1"
    xdotool key Return
    settle
    shoot "$2"
}

export LC_ALL=en_US.UTF-8
open_window # the first start, cold
pgrep -f balloon-engine >/dev/null || { echo "no engine"; exit 1; }
close_window
open_window # a warm one
search_for 'a dog on grass' english
search_for '海边的人' chinese
xdotool mousemove 100 190 click 3 # the first photo of the grid, whatever parts it has
settle
shoot menu
xdotool key Down Down Return # "Find similar captions"
settle
shoot captions
# What a file manager does for "open with": the window that is open takes the picture.
$program open "$(find "$HOME/Pictures" -name '*.jpg' | sort | head -n 1)"
settle
shoot open-with
close_window
export LC_ALL=zh_CN.UTF-8
open_window
search_for '滑雪的人' interface-chinese
close_window
