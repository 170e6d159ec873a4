"""The thread that looks every few seconds whether each folder's own directory is there: disks come and go.

File events tell nothing of a disk that is unplugged, and a look at everything takes its time. A ``stat`` takes none.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from engine.library.folders import Folder

LOOK_EVERY_S = 5.0

Identity: TypeAlias = tuple[int, int] | None
"""Device and inode of a directory, None while there is none: a mount point left behind is another directory."""


class RootsThread:
    """Calls ``ask`` with the ids of folders whose root went, came back or became another directory."""

    def __init__(self, ask: Callable[[Collection[int]], None], look_every_s: float = LOOK_EVERY_S) -> None:
        self._ask = ask
        self._look_every_s = look_every_s
        self._sole = threading.Lock()
        self._seen: dict[tuple[int, str], Identity] = {}
        self._closing = threading.Event()
        self.thread = threading.Thread(target=self._work, name="roots", daemon=True)

    def follow(self, folders: Collection[Folder], to_scan: Collection[Folder]) -> None:
        """Look after these folders instead of those before; from any thread, before those ``to_scan`` are scanned.

        What a scan is about to find is what later looks compare with: a root that went and is back before the next
        look is then told, and not left as the scan in between saw it.
        """
        places: list[tuple[int, str]] = [(folder.id, str(folder.path)) for folder in folders]
        afresh = {folder.id for folder in to_scan}
        with self._sole:
            known = {place: seen for place, seen in self._seen.items() if place[0] not in afresh}
        seen = {place: known[place] if place in known else identity(place[1]) for place in places}
        with self._sole:
            self._seen = seen

    def look(self) -> set[int]:
        """The ids of the folders whose root is not what it was at the last look."""
        with self._sole:
            before = dict(self._seen)
        found = {place: identity(place[1]) for place in before}  # outside the lock: a dead network drive takes its time
        with self._sole:
            self._seen |= {place: now for place, now in found.items() if place in self._seen}
        return {id_ for (id_, path), now in found.items() if now != before[id_, path]}

    def start(self) -> None:
        """Start the thread."""
        self.thread.start()

    def stop(self) -> None:
        """Let the thread end."""
        self._closing.set()

    def _work(self) -> None:
        while not self._closing.wait(self._look_every_s):
            changed = self.look()
            if changed:
                self._ask(changed)


def identity(path: str) -> Identity:
    """Which directory ``path`` is now."""
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return facts.st_dev, facts.st_ino
