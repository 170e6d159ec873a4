"""What the desktop knows of the library as a whole: its numbers, and whether it is being indexed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from desktop.engine_client import EngineClient
    from engine.protocol import IndexProgress, LibraryStatus
    from engine.protocol.methods import IndexState, LibraryChanged

# Phases of ``IndexProgress`` in which nothing goes on.
_WAITING: Final = "waiting"
_RESTING: Final = ("rest", "paused", "stopped", _WAITING)
_GRACE_MS: Final = 3000


class LibraryState(QObject):
    """Keeps the newest status; asks for it at each start of the engine.

    Signals:
        changed(): ``status`` is new, or indexing has begun or ended.
    """

    changed = Signal()

    def __init__(self, client: EngineClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.status: LibraryStatus | None = None
        self.progress: IndexProgress | None = None
        self.waits_for: str | None = None  # "mains" or "idle", when the person wants indexing to wait
        self._client = client
        client.welcomed.connect(self.reload)
        client.library_changed.connect(self._on_library_changed)
        client.index_progress.connect(self._on_progress)
        client.index_finished.connect(self._on_finished)
        # A folder that was just added is not called empty before somebody has looked.
        self._news = QTimer(self, singleShot=True, interval=_GRACE_MS)
        self._news.timeout.connect(self.changed)

    @property
    def is_indexing(self) -> bool:
        """Whether photos are being looked at now."""
        return self.progress is not None or self._news.isActive()

    @property
    def is_growing(self) -> bool:
        """Whether more photos are on their way to being searchable."""
        return self.is_indexing or (self.status is not None and self.status.pending > 0)

    def stop(self) -> None:
        """Let nothing run on."""
        self._news.stop()

    def reload(self) -> None:
        """Ask for all of it."""
        self._client.request("status").finished.connect(self._on_status)
        self._client.request("index.state").finished.connect(self._on_index_state)

    def _on_status(self, status: LibraryStatus) -> None:
        if self.status is not None and status.folders > self.status.folders:
            self._news.start()
        self.status = status
        self.changed.emit()

    def _on_index_state(self, state: IndexState) -> None:
        self.progress = None if state.paused else _under_way(state.progress)
        self.waits_for = None if state.paused else state.waiting
        self.changed.emit()

    def _on_library_changed(self, changed: LibraryChanged) -> None:
        self._on_status(changed.status)

    def _on_progress(self, progress: IndexProgress) -> None:
        before = self.is_indexing, self.waits_for
        self.progress = _under_way(progress)
        self.waits_for = progress.current if progress.phase == _WAITING else None
        if before != (self.is_indexing, self.waits_for):
            self.changed.emit()

    def _on_finished(self, _report: object) -> None:
        self.progress = None
        self._news.stop()
        self.reload()


def _under_way(progress: IndexProgress | None) -> IndexProgress | None:
    return None if progress is None or progress.phase in _RESTING else progress
