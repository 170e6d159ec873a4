"""Indexing in one line of the status bar: how far, how fast, how long still, on what, and what could not be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from desktop import notices
from desktop.asking import Asker
from desktop.issues_view import IssuesView
from desktop.wording import number, provider_name
from engine.protocol.methods import Empty, IndexState, LibraryChanged

if TYPE_CHECKING:
    from desktop.engine_client import EngineClient
    from desktop.reply_decoder import EngineFailure
    from engine.protocol import IndexProgress, IndexReport, LibraryStatus

# Phases of ``IndexProgress``; ``current`` is the kind of error of "stopped", and what "waiting" waits for.
SCAN, STOPPED, WAITING = "scan", "stopped", "waiting"
LONG_RUN_S = 60.0
MINUTE_S = 60
HOUR_S = 3600
BAR_WIDTH = 96
MIN_LABEL_WIDTH = 120
ROUND_RATE = 10.0  # photos per second from which decimals say nothing
SLOWEST = 0.05  # photos per second below which a time left would be a guess


class IndexStatus(QWidget):
    """A widget for the status bar.

    Signals:
        finished_long_run(report): an ``IndexReport``; indexing that took over a minute has ended.
    """

    finished_long_run = Signal(object)

    def __init__(self, client: EngineClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._states = Asker(client, self)
        self._statuses = Asker(client, self)
        self._changes = Asker(client, self)
        self._is_paused = False
        self._waiting: str | None = None
        self._progress: IndexProgress | None = None
        self._status: LibraryStatus | None = None
        self.issues_view: IssuesView | None = None
        self._make_parts()
        client.index_progress.connect(self._on_progress)
        client.index_finished.connect(self._on_finished)
        client.library_changed.connect(self._on_library_changed)
        client.welcomed.connect(self.reload)
        self._show()

    def reload(self) -> None:
        """Ask what indexing does and what the library holds."""
        self._states.ask_anew("index.state", Empty(), self._on_state)
        self._statuses.ask_anew("status", Empty(), self._on_status)

    def open_issues(self) -> None:
        """Show the files that could not be used."""
        if self.issues_view is None:
            self.issues_view = IssuesView(self._client, self.window())
        self.issues_view.show()
        self.issues_view.raise_()
        self.issues_view.activateWindow()

    def _make_parts(self) -> None:
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setMinimumWidth(MIN_LABEL_WIDTH)  # a long sentence must not widen the window
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(BAR_WIDTH, 8)
        self.bar.setAccessibleName(self.tr("Progress of indexing"))
        self.pause = QToolButton()
        self.pause.setAutoRaise(True)
        self.pause.clicked.connect(self._pause_or_resume)
        self.issues = QToolButton()
        self.issues.setAutoRaise(True)
        self.issues.clicked.connect(self.open_issues)
        self.provider = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 4, 0)
        row.setSpacing(8)
        for widget in (self.label, self.bar, self.pause, self.issues, self.provider):
            row.addWidget(widget)

    def _on_state(self, state: IndexState) -> None:
        self._is_paused, self._waiting = state.paused, state.waiting
        self._progress = None if state.waiting else state.progress
        name = provider_name(state.provider)
        self.provider.setText(name)
        self.provider.setVisible(bool(name))
        hint = self.tr("Photos and words are encoded on: {provider}").format(provider=name)
        self.provider.setToolTip(hint)
        self.provider.setAccessibleName(hint)
        self._show()

    def _on_status(self, status: LibraryStatus) -> None:
        self._status = status
        self._show()

    def _on_progress(self, progress: IndexProgress) -> None:
        self._waiting = progress.current if progress.phase == WAITING else None
        self._progress = None if self._waiting else progress
        self._show()

    def _on_finished(self, report: IndexReport) -> None:
        self._progress = None
        self._show()
        self.reload()
        if report.seconds > LONG_RUN_S and not report.interrupted:
            self.finished_long_run.emit(report)

    def _on_library_changed(self, change: LibraryChanged) -> None:
        self._on_status(change.status)

    def _pause_or_resume(self) -> None:
        method = "index.resume" if self._rests() else "index.pause"
        self.pause.setEnabled(False)
        self._changes.ask_anew(method, Empty(), self._on_paused, self._on_failed)

    def _on_paused(self, state: IndexState) -> None:
        self.pause.setEnabled(True)
        self._on_state(state)

    def _on_failed(self, failure: EngineFailure) -> None:
        self.pause.setEnabled(True)
        self._say(notices.sentence(failure))

    def _show(self) -> None:
        progress, pending = self._progress, self._status.pending if self._status is not None else 0
        rests = self._rests()
        self._say(self._sentence(), "" if rests or progress is not None else self._files())
        self.bar.setVisible(progress is not None and not rests)
        if progress is not None:
            is_counted = progress.phase != SCAN and progress.done + progress.pending > 0
            self.bar.setRange(0, progress.done + progress.pending if is_counted else 0)
            self.bar.setValue(progress.done)
        self.pause.setVisible(progress is not None or rests or pending > 0)
        if self._waiting is not None and not self._is_paused:
            self.pause.setText(self.tr("Index now"))
            self.pause.setToolTip(self.tr("Do not wait this time"))
        else:
            self.pause.setText(self.tr("Resume") if rests else self.tr("Pause"))
            self.pause.setToolTip(self.tr("Resume indexing") if rests else self.tr("Pause indexing"))
        self.pause.setAccessibleName(self.pause.toolTip())
        self._show_issues()

    def _say(self, sentence: str, more: str = "") -> None:
        self.label.setText(sentence)
        self.label.setToolTip(f"{sentence}\n{more}".rstrip())

    def _rests(self) -> bool:
        return self._is_paused or self._waiting is not None or self._trouble() is not None

    def _trouble(self) -> str | None:
        """The kind of trouble that stopped indexing until somebody resumes it."""
        return self._progress.current if self._progress is not None and self._progress.phase == STOPPED else None

    def _show_issues(self) -> None:
        known = self._status.issues if self._status is not None else 0
        count = max(known, self._progress.issues if self._progress is not None else 0)
        self.issues.setText(self.tr("%Ln file(s) with problems", "", count))
        self.issues.setToolTip(self.tr("Show which files could not be used, and why"))
        self.issues.setVisible(count > 0)

    def _sentence(self) -> str:
        progress, trouble = self._progress, self._trouble()
        if trouble is not None:
            return notices.sentence_for(trouble)
        if self._is_paused:
            return self.tr("Indexing is paused")
        if self._waiting is not None:
            return notices.waiting_text(self._waiting)
        if progress is not None:
            return self.tr("Looking for photos…") if progress.phase == SCAN else self._progress_sentence(progress)
        return self._at_rest()

    def _at_rest(self) -> str:
        if self._status is None or not (self._status.folders or self._status.photos):
            return ""
        indexed, known = self._status.indexed, self._status.contents
        if indexed < known:  # the grid shows them all, and the problem files stand beside this
            words = self.tr("{indexed} of %Ln photo(s) can be searched", "", known)
            return words.format(indexed=number(indexed))
        return self.tr("%Ln photo(s) can be searched", "", indexed)

    def _files(self) -> str:
        """Why the folders count more: they count files."""
        status = self._status
        if status is None or status.photos <= status.contents:
            return ""
        files = self.tr("%Ln file(s) in your folders.", "", status.photos)
        return f"{files} {self.tr('A picture that lies in several files counts once.')}"

    def _progress_sentence(self, progress: IndexProgress) -> str:
        phases = {
            "index": self.tr("Indexing {done} of {total}"),
            "text": self.tr("Reading text in photos, {done} of {total}"),
            "captions": self.tr("Learning captions, {done} of {total}"),
        }
        words = phases.get(progress.phase, phases["index"])
        parts = [words.format(done=number(progress.done), total=number(progress.done + progress.pending))]
        if progress.rate >= SLOWEST:
            if progress.phase != "captions":
                rate = f"{progress.rate:.1f}" if progress.rate < ROUND_RATE else f"{progress.rate:.0f}"
                parts.append(self.tr("{rate} photos/s").format(rate=rate))
            parts.append(self._time_left(progress.pending / progress.rate))
        return " · ".join(parts)

    def _time_left(self, seconds: float) -> str:
        """How long it still takes, no more exact than it can be known."""
        if seconds < MINUTE_S:
            return self.tr("under a minute left")
        minutes, hours = round(seconds / MINUTE_S), round(seconds / HOUR_S)
        if seconds < HOUR_S:
            return self.tr("about %n minute(s) left", "", minutes)
        return self.tr("about %n hour(s) left", "", hours)
