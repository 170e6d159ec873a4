"""What indexing tells the desktop, and how often: progress five times a second, what is new every two seconds."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from engine.protocol import IndexProgress
from engine.protocol.methods import LibraryChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.api import Engine
    from engine.protocol import ErrorKind, FolderStatus, IndexReport, LibraryStatus

    Notify: TypeAlias = Callable[[str, Any], None]

PROGRESS_EVERY_S = 0.2
CHANGED_EVERY_S = 2.0
COUNTING_SHARE = 0.05
"""The part of indexing's time that counting the library for ``library.changed`` may take."""

STOPPED = "stopped"
"""A phase beside the indexer's own "scan" and "index": trouble, until someone resumes; ``current`` is its kind."""

WAITING = "waiting"
"""Another: the person wants indexing to wait; ``current`` says for what (``engine.server.waiting``)."""


class RunReports:
    """The reports of one indexing run. Belongs to the indexing thread; ``latest`` may be read from any.

    Whoever was told of progress is told of the end. A run that nobody awaits does not tell that it looks at folders:
    that happens after every file event, and mostly comes to nothing.
    """

    def __init__(
        self,
        engine: Engine,
        notify: Notify,
        *,
        is_awaited: bool,
        status: Callable[[Engine], LibraryStatus] = lambda engine: engine.status(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.latest: IndexProgress | None = None
        self._engine = engine
        self._notify = notify
        self._is_awaited = is_awaited
        self._status = status
        self._clock = clock
        self._progress_due = clock()
        self._unsent: IndexProgress | None = None
        self._changed_due = clock() + CHANGED_EVERY_S
        self._done_at_last_change = 0
        self._before = self._counts()

    def progress(self, progress: IndexProgress) -> None:
        """Pass on where the run stands, unless the last report was a moment ago."""
        if progress.phase == "scan" and not self._is_awaited:
            return
        self.latest = self._unsent = progress
        moment = self._clock()
        if moment >= self._progress_due:
            self._progress_due = moment + PROGRESS_EVERY_S
            self._flush()
        if moment >= self._changed_due and progress.done not in {0, self._done_at_last_change}:
            self._done_at_last_change = progress.done
            self._tell_changed()

    def finish(self, report: IndexReport) -> None:
        """Say how the run ended, if someone waits for it or it changed something."""
        changed = self._has_changed(report)
        self._end(report, is_worth_it=self._is_awaited or changed)
        if changed:
            self._tell_changed()

    def break_off(self, report: IndexReport, *, is_paused: bool) -> None:
        """The run was interrupted: for long when ``is_paused``, else the next one goes on at once."""
        if is_paused:
            self._end(report, is_worth_it=False)
        if self._has_changed(report):
            self._tell_changed()

    def _end(self, report: IndexReport, *, is_worth_it: bool) -> None:
        self._flush()
        last, self.latest = self.latest, None
        if is_worth_it or last is not None:
            self._notify("index.finished", report)

    def _flush(self) -> None:
        progress, self._unsent = self._unsent, None
        if progress is not None:
            self._notify("index.progress", progress)

    def _tell_changed(self) -> None:
        started = self._clock()
        self._notify("library.changed", LibraryChanged(self._status(self._engine)))
        took_s = self._clock() - started
        self._changed_due = self._clock() + max(CHANGED_EVERY_S, took_s / COUNTING_SHARE)

    def _has_changed(self, report: IndexReport) -> bool:
        return _did_something(report) or self._counts() != self._before

    def _counts(self) -> list[FolderStatus]:
        # Photos that came back and disks that went are in no report: the counts tell.
        return [replace(folder, full_scan_at=None) for folder in self._engine.folder_status()]


def stopped(last: IndexProgress | None, kind: ErrorKind) -> IndexProgress:
    """What is left to say of a run whose last word was ``last`` when trouble of this ``kind`` ended it."""
    return _resting(last, STOPPED, kind.value)


def waiting(last: IndexProgress | None, reason: str) -> IndexProgress:
    """What is left to say of a run whose last word was ``last`` when it had to wait for ``reason``."""
    return _resting(last, WAITING, reason)


def _resting(last: IndexProgress | None, phase: str, current: str) -> IndexProgress:
    done, pending, issues = (0, 0, 0) if last is None else (last.done, last.pending, last.issues)
    return IndexProgress(phase, done, pending, issues, 0.0, current)


def _did_something(report: IndexReport) -> bool:
    counts = (report.added, report.changed, report.moved, report.missing, report.decoded, report.embedded)
    return any(counts) or bool(report.issues)
