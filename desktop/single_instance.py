"""One window for each person and library: a second start leaves a note in a file, and the first one comes forward.

There is no socket: a lock file says who is first, and a watched file carries the call.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QFileSystemWatcher, QLockFile, QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Sequence


class SingleInstance(QObject):
    """Held by the first window for life.

    Signals:
        called(object): another start wants to see this window, and these paths in it (a tuple, mostly empty).
    """

    called = Signal(object)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        folder.mkdir(parents=True, exist_ok=True)
        self._call = folder / "call"
        self._lock = QLockFile(str(folder / "desktop.lock"))
        self._lock.setStaleLockTime(0)  # only the death of its owner makes a lock stale
        self._watcher: QFileSystemWatcher | None = None
        self._last_call = ""

    def claim(self) -> bool:
        """Become the first; False when there is one already."""
        if not self._lock.tryLock(0):
            return False
        self._call.write_text("", encoding="ascii")
        self._watcher = QFileSystemWatcher([str(self._call)], self)
        self._watcher.fileChanged.connect(self._on_changed)
        return True

    def call_first(self, paths: Sequence[Path] = ()) -> None:
        """Ask the first window to come forward and show these."""
        call = {"at": time.time_ns(), "paths": [os.fsencode(path).hex() for path in paths]}
        self._call.write_text(json.dumps(call), encoding="ascii")

    def release(self) -> None:
        """Be the first no more."""
        if self._watcher is not None:
            self._watcher.deleteLater()
            self._watcher = None
        self._lock.unlock()

    def _on_changed(self, _path: str) -> None:
        try:
            call = self._call.read_text(encoding="ascii")
        except OSError:
            return
        # Truncating and writing are two changes of the file, and one call.
        if call and call != self._last_call:
            self._last_call = call
            self.called.emit(_paths(call))


def _paths(call: str) -> tuple[Path, ...]:
    try:
        return tuple(Path(os.fsdecode(bytes.fromhex(path))) for path in json.loads(call)["paths"])
    except (ValueError, KeyError, TypeError):  # an older program, or half a file
        return ()
