"""The thread that follows the watched folders: file events, and now and then a look at everything all the same."""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import TYPE_CHECKING

from engine.indexing.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from engine.library.folders import Folder, FolderId

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 600.0  # events can be missed, and a disk that was unplugged may be back


class WatchThread:
    """Calls ``ask`` with the ids of folders worth a scan, None for all of them."""

    def __init__(self, ask: Callable[[Collection[int] | None], None], look_every_s: float = LOOK_EVERY_S) -> None:
        self._ask = ask
        self._look_every_s = look_every_s
        self._sole = threading.Lock()
        self._wanted: tuple[Folder, ...] = ()
        self._watcher: Watcher | None = None
        self._is_closing = False
        self.thread = threading.Thread(target=self._work, name="watch", daemon=True)

    def watch(self, folders: Sequence[Folder]) -> None:
        """Watch these folders instead of those before; from any thread."""
        with self._sole:
            if _places(folders) == _places(self._wanted):
                return
            self._wanted = tuple(folders)
            self._let_go()

    def polled(self) -> dict[FolderId, str]:
        """Which of the folders are looked at now and then, and why; from any thread."""
        with self._sole:
            return {} if self._watcher is None else dict(self._watcher.polled)

    def start(self) -> None:
        """Start the thread."""
        self.thread.start()

    def stop(self) -> None:
        """Let the thread end."""
        with self._sole:
            self._is_closing = True
            self._let_go()

    def _let_go(self) -> None:
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.close()

    def _work(self) -> None:
        seen: set[tuple[int, str, str]] = set()
        while (taken := self._take()) is not None:
            folders, watcher = taken
            with contextlib.ExitStack() as stack:
                stack.push(watcher)  # before it starts: a folder that goes while it does must not leave threads behind
                _enter(watcher)
                new = {id_ for id_, *_ in _places(folders) - seen}
                seen = _places(folders)
                if new:
                    self._ask(new)  # what changed after the last scan and before the watch
                self._follow(watcher)

    def _take(self) -> tuple[tuple[Folder, ...], Watcher] | None:
        with self._sole:
            if self._is_closing:
                return None
            self._watcher = Watcher(self._wanted)
            return self._wanted, self._watcher

    def _follow(self, watcher: Watcher) -> None:
        while True:
            changed = watcher.wait(self._look_every_s)
            if not self._is_current(watcher):
                return
            self._ask(changed or None)

    def _is_current(self, watcher: Watcher) -> bool:
        with self._sole:
            return self._watcher is watcher


def _enter(watcher: Watcher) -> None:
    try:
        watcher.__enter__()
    except OSError as error:
        logger.warning("a folder cannot be watched, it is looked at every %d s: %s", LOOK_EVERY_S, error)


def _places(folders: Sequence[Folder]) -> set[tuple[int, str, str]]:
    return {(folder.id, str(folder.path), folder.excluded) for folder in folders}
