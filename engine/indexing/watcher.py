"""Watching folders: file events, gathered until they calm down, as "these folders are worth another scan"."""

from __future__ import annotations

import logging
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.polling import PollingObserver

from engine.imaging.formats import PHOTO_SUFFIXES
from engine.indexing.scanner import SKIPPED_NAMES
from engine.library.database import NO_MEDIA

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from watchdog.observers.api import BaseObserver

    from engine.library.folders import Folder, FolderId

logger = logging.getLogger(__name__)

QUIET_S = 0.7  # how long a folder must be calm: a copy in progress writes several times a second
PATIENCE_S = 10.0  # a folder that is never calm is scanned all the same
POLL_S = 10.0
WATCHED_SUFFIXES = PHOTO_SUFFIXES | {".txt", ".xmp"}
_READING = frozenset({"opened", "closed_no_write"})


class Watcher:
    """Watches folders while used as a context manager; ``wait`` may be called from one thread."""

    def __init__(self, folders: Sequence[Folder]) -> None:
        self._changed = threading.Condition()
        self._dirty: dict[FolderId, tuple[float, float]] = {}
        self._observers: list[BaseObserver] = []
        self._closed = False
        self._folders = folders
        self.polled: list[Folder] = []

    def __enter__(self) -> Watcher:
        for folder in self._folders:
            self._watch(folder)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        for observer in self._observers:
            observer.stop()
        for observer in self._observers:
            observer.join()

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
                calm = {
                    folder
                    for folder, due in self._dirty.items()
                    if min(due[0] + PATIENCE_S, due[1] + QUIET_S) <= moment
                }
                if calm or moment >= deadline:
                    for folder in calm:
                        del self._dirty[folder]
                    return calm
                self._changed.wait(min(deadline - moment, QUIET_S if self._dirty else timeout_s))
        return set()

    def _watch(self, folder: Folder) -> None:
        handler = _Handler(self, folder)
        observer: BaseObserver = Observer()
        try:
            observer.schedule(handler, str(folder.path), recursive=True)
            observer.start()
        except OSError as error:
            # The inotify limit, or a file system without events: look every few seconds instead.
            logger.warning("%s is looked at every %d s: %s", folder.path, POLL_S, error)
            observer = PollingObserver(timeout=POLL_S)
            observer.schedule(handler, str(folder.path), recursive=True)
            observer.start()
            self.polled.append(folder)
        self._observers.append(observer)

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

    def on_any_event(self, event: FileSystemEvent) -> None:
        # A directory's own "modified" only repeats what its entries say.
        if event.event_type in _READING or (event.is_directory and event.event_type == "modified"):
            return
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
        if any(name.startswith(b".") or name in SKIPPED_NAMES for name in names) or self._is_marked(inside.parts):
            return False
        return is_directory or path.suffix.lower() in WATCHED_SUFFIXES

    def _is_marked(self, parts: Sequence[str]) -> bool:
        folders = (self._folder.path.joinpath(*parts[:depth]) for depth in range(1, len(parts)))
        return any((folder / NO_MEDIA).exists() for folder in folders)
