"""The thread that indexes: it sleeps until something is worth a look, then brings the library up to date in one run.

A run that the surroundings stop (a full disk, a library that may not be written) is not tried again before a person
asks for it, or the full disk has room again; a run that is interrupted for another wish is made up for by the next.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import KnownError
from engine.protocol import ErrorKind, FolderState, IndexProgress
from engine.protocol.methods import IndexState, LibraryChanged
from engine.server.lanes import OwnEngine
from engine.server.reports import RunReports, stopped, waiting
from engine.server.room import ROOM_LOOK_EVERY_S, Room
from engine.server.roots import RootsThread
from engine.server.waiting import WaitingThread, Wishes
from engine.server.watching import WatchThread

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from engine.api import Engine
    from engine.indexing.indexer import Indexer
    from engine.library.folders import Folder
    from engine.server.model_choice import ModelChoice
    from engine.server.reports import Notify
    from engine.server.waiting import Surroundings

logger = logging.getLogger(__name__)

REST_AFTER_S = 60.0
"""Without a photo to look at; then the image tower's memory is given back."""
LOOK_EVERY_S = 20.0

_DISK_TROUBLE = {
    errno.ENOSPC: ErrorKind.DISK_FULL,
    errno.EDQUOT: ErrorKind.DISK_FULL,
    errno.EROFS: ErrorKind.LIBRARY_READ_ONLY,
    errno.EACCES: ErrorKind.LIBRARY_READ_ONLY,
    errno.EPERM: ErrorKind.LIBRARY_READ_ONLY,
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What to look at: these folders, or all (None), and whether a person waits for the outcome."""

    folders: frozenset[int] | None
    is_awaited: bool

    def together_with(self, other: Wish | None) -> Wish:
        """Both wishes in one."""
        if other is None:
            return self
        either = None if self.folders is None or other.folders is None else self.folders | other.folders
        return Wish(either, self.is_awaited or other.is_awaited)

    def covers(self, folder: Folder) -> bool:
        """Whether ``folder`` is to be scanned."""
        return folder.state is not FolderState.PAUSED and (self.folders is None or folder.id in self.folders)


class IndexingThread:
    """Owns the indexing thread, its engine and the watch. The methods may be called from any thread."""

    def __init__(self, models: ModelChoice, notify: Notify, surroundings: Surroundings | None = None) -> None:
        self._models = models
        self._own = OwnEngine(models.open_indexing, models.is_current_for_indexing)
        self._notify = notify
        self._watch = WatchThread(self.ask)
        self._roots = RootsThread(self.ask)
        self._waiting = WaitingThread(self._on_waiting, surroundings)
        self._changed = threading.Condition()
        self._wish: Wish | None = None
        self._running: Indexer | None = None
        self._reports: RunReports | None = None
        self._is_urgent = False
        self._holds = 0
        self._is_paused = False
        self._goes_anyway = False
        self._trouble: IndexProgress | None = None
        self._library: Path | None = None
        self._room: Room | None = None
        self._is_closing = False
        self.threads = [threading.Thread(target=self._work, name="indexer", daemon=True)]
        self.threads += [self._watch.thread, self._roots.thread, self._waiting.thread]

    def start(self) -> None:
        """Look at all folders now, and follow them from then on."""
        self.ask(None)
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        """Let the threads end after what is in hand."""
        self._watch.stop()
        self._roots.stop()
        self._waiting.stop()
        with self._changed:
            self._is_closing = True
            self._interrupt()

    def ask(self, folders: Collection[int] | None, *, at_once: bool = False, is_awaited: bool = False) -> None:
        """Scan these folders (None: all), and work off what is pending, after the current run or ``at_once``.

        The end of a run that ``is_awaited`` is told even when it changed nothing.
        """
        wish = Wish(None if folders is None else frozenset(folders), is_awaited)
        with self._changed:
            is_news = self._wish is None
            self._wish = wish.together_with(self._wish)
            if at_once:
                self._is_urgent = True
                self._interrupt()
            self._changed.notify_all()
        if is_news:
            self._tell_waiting()  # if there is anything to wait for

    def pause(self) -> None:
        """Rest until ``resume``; what was stored so far stays."""
        with self._changed:
            self._is_paused = True
            self._interrupt()

    def resume(self) -> None:
        """Go on, also after a trouble, and this once though the person's wishes say to wait."""
        with self._changed:
            self._is_paused = False
            self._goes_anyway = self._waiting.reason is not None
            self._trouble = self._room = None
        self.ask(None, is_awaited=True)

    def want(self, wishes: Wishes) -> None:
        """Follow the person's wishes when to index; they may begin or end a wait at once."""
        self._waiting.want(wishes)

    @contextlib.contextmanager
    def at_rest(self) -> Iterator[None]:
        """While inside, no run goes on: one that did is stopped and made up for afterwards."""
        with self._changed:
            self._holds += 1
            self._interrupt()
            self._changed.wait_for(lambda: self._running is None)
        try:
            yield
        finally:
            with self._changed:
                self._holds -= 1
                self._changed.notify_all()

    def state(self, provider: str | None) -> IndexState:
        """What goes on now, on ``provider``."""
        with self._changed:
            if self._trouble is not None:
                return IndexState(paused=True, progress=self._trouble, provider=provider)
            progress = None if self._reports is None else self._reports.latest
            reason = self._waiting.reason if self._has_to_wait() and self._wish is not None else None
            return IndexState(self._is_paused, progress, provider, reason)

    def _interrupt(self) -> None:
        if self._running is not None:
            self._running.stop()
        self._changed.notify_all()

    def _has_to_wait(self) -> bool:
        return self._waiting.reason is not None and not self._goes_anyway

    def _on_waiting(self) -> None:
        with self._changed:
            reason = self._waiting.reason
            self._goes_anyway = False
            if reason is not None:
                self._interrupt()
            has_work = self._wish is not None or self._running is not None
        if reason is None:
            self.ask(None, is_awaited=True)
        elif has_work:
            self._tell_waiting()

    def _tell_waiting(self) -> None:
        with self._changed:
            reason = self._waiting.reason if self._has_to_wait() else None
            latest = None if self._reports is None else self._reports.latest
        if reason is not None:
            self._notify("index.progress", waiting(latest, reason))

    # The thread

    def _work(self) -> None:
        try:
            while (wish := self._next()) is not None:
                self._run(wish)
        finally:
            self._own.close()

    def _next(self) -> Wish | None:
        while not self._wait_for_work():
            self._models.rest(REST_AFTER_S)
            self._go_on_if_there_is_room()
        with self._changed:
            self._changed.wait_for(self._may_run)
            wish, self._wish = self._wish, None
            self._is_urgent = False
            return None if self._is_closing else wish

    def _wait_for_work(self) -> bool:
        """False now and then, while there is none."""
        with self._changed:
            every_s = LOOK_EVERY_S if self._room is None else ROOM_LOOK_EVERY_S
            return self._changed.wait_for(self._may_run, every_s)

    def _go_on_if_there_is_room(self) -> None:
        with self._changed:
            if self._room is not None and self._room.has_come():
                logger.info("there is room on the disk again")
                self._trouble = self._room = None
                self._wish = Wish(None, is_awaited=True)  # whoever was told of the stop is told how it went on

    def _may_run(self) -> bool:
        is_held = self._is_paused or self._trouble is not None or self._holds > 0 or self._has_to_wait()
        return self._is_closing or (self._wish is not None and not is_held)

    def _run(self, wish: Wish) -> None:
        try:
            self._index(self._own(), wish)
        except KnownError as error:
            logger.warning("indexing stops: %s", error)
            self._give_up(error.kind)
        except OSError as error:
            logger.exception("indexing stops")
            self._give_up(_DISK_TROUBLE.get(error.errno or 0, ErrorKind.INTERNAL))
        except Exception:  # the border of this thread: a bug stops the run, not the engine
            logger.exception("indexing stops")
            self._give_up(ErrorKind.INTERNAL)

    def _index(self, engine: Engine, wish: Wish) -> None:
        self._waiting.want(Wishes.of(engine))
        self._library = engine.paths.root
        folders = engine.folders()
        engine.note_polled(self._watch.polled())
        covered = [folder for folder in folders if wish.covers(folder)]
        self._roots.follow(_followed(folders), covered)
        self._watch.watch(_reachable(folders))
        reports = RunReports(engine, self._notify, is_awaited=wish.is_awaited, status=self._models.status)
        indexer = engine.indexer()
        with self._in_hand(indexer, reports, wish) as may_run:
            if not may_run:
                self._tell_waiting()
                return
            report = indexer.run(covered, reports.progress)
        if report.interrupted:
            reports.break_off(report, is_paused=self._is_paused or self._has_to_wait())
        else:
            self._goes_anyway = False
            engine.remember_run()
            reports.finish(report)
            if self._models.on_seen_all(engine):
                self._notify("library.changed", LibraryChanged(engine.status()))
            if report.unchanged + report.added > 0:
                # Now, so that the first question for captions need not wait; the first folder must not wait for it.
                engine.prepare_captions()
        self._watch.watch(_reachable(engine.folders()))

    @contextlib.contextmanager
    def _in_hand(self, indexer: Indexer, reports: RunReports, wish: Wish) -> Iterator[bool]:
        """The indexer can be interrupted while inside; False when it must not even begin."""
        with self._changed:
            is_held = self._is_paused or self._is_urgent or self._holds > 0 or self._has_to_wait()
            may_run = not (self._is_closing or is_held)
            if may_run:
                self._running, self._reports = indexer, reports
            else:
                self._wish = wish.together_with(self._wish)
        try:
            yield may_run
        finally:
            with self._changed:
                self._running = None
                if indexer.is_stopped:
                    again = Wish(wish.folders, wish.is_awaited or reports.latest is not None)
                    self._wish = again.together_with(self._wish)
                self._changed.notify_all()

    def _give_up(self, kind: ErrorKind) -> None:
        with self._changed:
            latest = None if self._reports is None else self._reports.latest
            self._trouble = stopped(latest, kind)
            is_full = kind is ErrorKind.DISK_FULL and self._library is not None
            self._room = Room(self._library) if is_full and self._library is not None else None
            self._wish = Wish(None, is_awaited=False)
        self._notify("index.progress", self._trouble)
        self._own.close()


def _followed(folders: Collection[Folder]) -> list[Folder]:
    return [folder for folder in folders if folder.state is not FolderState.PAUSED]


def _reachable(folders: Collection[Folder]) -> list[Folder]:
    return [folder for folder in _followed(folders) if os.path.isdir(folder.path)]
