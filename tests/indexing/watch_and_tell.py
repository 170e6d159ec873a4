"""Watch a folder and print "changed" for each wake, after "watching POLLED": watch_and_tell.py FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from engine.indexing.watcher import Watcher
from engine.library.folders import Folder, FolderId
from engine.protocol import FolderState


def main(folder: str) -> None:
    with Watcher([Folder(FolderId(1), Path(folder), FolderState.ONLINE, None)]) as watcher:
        sys.stdout.write(f"watching {','.join(watcher.polled.values())}\n")
        sys.stdout.flush()
        while True:
            if watcher.wait(60.0):
                sys.stdout.write("changed\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
