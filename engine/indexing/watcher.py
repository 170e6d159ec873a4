"""Watching folders: file events, gathered until they calm down, as "these folders are worth another scan"."""

from __future__ import annotations

import errno
import functools
import logging
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from watchdog.events import FileSystemEvent, FileSystemEventHandler

from engine.imaging.formats import PHOTO_SUFFIXES
from engine.indexing.events import CHANGES, is_exhausted, is_remote, observer
from engine.indexing.exclusion import Exclusion
from engine.indexing.scanner import is_marked, is_passed_over

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from watchdog.observers.api import BaseObserver

    from engine.library.folders import Folder, FolderId

logger = logging.getLogger(__name__)

QUIET_S = 0.7  # how long a folder must be calm: a copy in progress writes several times a second
PATIENCE_S = 10.0  # a folder that is never calm is scanned all the same
POLL_S = 60.0  # a folder without file events is scanned as often as this
WATCHED_SUFFIXES = PHOTO_SUFFIXES | {".txt", ".xmp"}

NETWORK, LIMIT, NO_EVENTS = "network", "limit", "no events"
"""Why a folder is looked at now and then: others change it over a network, or the system gives no (more) watches."""


class Watcher:
    """Watches folders while used as a context manager; ``wait`` may be called from one thread."""

    def __init__(self, folders: Sequence[Folder]) -> None:
        self._changed = threading.Condition()
        self._dirty: dict[FolderId, tuple[float, float]] = {}
        self._observers: list[BaseObserver] = []
        self._closed = False
        self._folders = folders
        self._next_look: dict[FolderId, float] = {}
        self.polled: dict[FolderId, str] = {}

    def __enter__(self) -> Watcher:
        for folder in self._folders:
            self._watch(folder)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        for events in self._observers:
            events.stop()
        for events in self._observers:
            events.join()

    def close(self) -> None:
        """Wake ``wait`` for the last time; safe from any thread and from a signal handler's thread."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait(self, timeout_s: float) -> set[FolderId]:
        """Folders that changed and are calm again; empty after ``timeout_s`` or once closed."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while not self._closed:
                moment = time.monotonic()
                found = self._calm(moment) | self._to_look_at(moment)
                if found or moment >= deadline:
                    return found
                patience = min([deadline, *self._next_look.values()]) - moment
                self._changed.wait(min(patience, QUIET_S) if self._dirty else patience)
        return set()

    def _calm(self, moment: float) -> set[FolderId]:
        calm = {folder for folder, due in self._dirty.items() if min(due[0] + PATIENCE_S, due[1] + QUIET_S) <= moment}
        for folder in calm:
            del self._dirty[folder]
        return calm

    def _to_look_at(self, moment: float) -> set[FolderId]:
        due = {folder for folder, next_look in self._next_look.items() if next_look <= moment}
        self._next_look.update(dict.fromkeys(due, moment + POLL_S))
        return due

    def _watch(self, folder: Folder) -> None:
        if is_remote(folder.path):
            self._poll(folder, NETWORK)
            return
        events = observer(functools.partial(self.mark, folder.id))
        try:
            events.schedule(_Handler(self, folder), str(folder.path), recursive=True, event_filter=CHANGES)
            events.start()
        except OSError as error:
            self._poll(folder, LIMIT if error.errno in {errno.ENOSPC, errno.EMFILE} else NO_EVENTS)
            return
        if is_exhausted(folder.path):  # directories deep inside may have got none
            events.stop()
            events.join()
            self._poll(folder, LIMIT)
            return
        self._observers.append(events)

    def _poll(self, folder: Folder, reason: str) -> None:
        logger.warning("%s is looked at every %d s (%s)", folder.path, POLL_S, reason)
        self.polled[folder.id] = reason
        self._next_look[folder.id] = time.monotonic() + POLL_S

    def mark(self, folder: FolderId) -> None:
        """Something happened in ``folder``."""
        moment = time.monotonic()
        with self._changed:
            first, _ = self._dirty.get(folder, (moment, moment))
            self._dirty[folder] = (first, moment)
            self._changed.notify_all()


class _Handler(FileSystemEventHandler):
    def __init__(self, watcher: Watcher, folder: Folder) -> None:
        self._watcher = watcher
        self._folder = folder
        self._exclusion = Exclusion.of_text(folder.excluded)

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.is_directory and event.event_type == "modified":
            return  # it only repeats what its entries say
        paths = [Path(os.fsdecode(path)) for path in (event.src_path, event.dest_path) if path]
        if any(self._concerns(path, is_directory=event.is_directory) for path in paths):
            self._watcher.mark(self._folder.id)

    def _concerns(self, path: Path, *, is_directory: bool) -> bool:
        """Photos, what may lie beside them, and directories (whole trees come and go), where a scan would look."""
        try:
            inside = path.relative_to(self._folder.path)
        except ValueError:
            return True  # a link's other side: look rather than miss it
        names = [os.fsencode(part) for part in inside.parts]
        if any(is_passed_over(name) for name in names) or self._is_marked(inside.parts) or self._is_excluded(names):
            return False
        return is_directory or path.suffix.lower() in WATCHED_SUFFIXES

    def _is_excluded(self, names: Sequence[bytes]) -> bool:
        return any(os.path.join(*names[:depth]) in self._exclusion for depth in range(1, len(names) + 1))

    def _is_marked(self, parts: Sequence[str]) -> bool:
        folders = (self._folder.path.joinpath(*parts[:depth]) for depth in range(1, len(parts)))
        return any(is_marked(os.fsencode(folder)) for folder in folders)
