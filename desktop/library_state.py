"""What the desktop knows of the library as a whole: its numbers, whether it is being indexed, what is offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.protocol import FolderState, IndexProgress, LibraryStatus

if TYPE_CHECKING:
    from desktop.engine_client import EngineClient
    from engine.protocol.methods import FolderList, IndexState, LibraryChanged


class LibraryState(QObject):
    """Keeps the newest status; asks for it at each start of the engine.

    Signals:
        changed(): ``status``, ``progress`` or ``offline_roots`` is new.
    """

    changed = Signal()

    def __init__(self, client: EngineClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.status: LibraryStatus | None = None
        self.progress: IndexProgress | None = None
        self.offline_roots: tuple[str, ...] = ()
        self._client = client
        client.welcomed.connect(self.reload)
        client.library_changed.connect(self._on_library_changed)
        client.index_progress.connect(self._on_progress)
        client.index_finished.connect(self._on_finished)

    @property
    def is_indexing(self) -> bool:
        """Whether photos are being looked at now."""
        return self.progress is not None

    def reload(self) -> None:
        """Ask for all of it."""
        self._client.request("status").finished.connect(self._on_status)
        self._client.request("index.state").finished.connect(self._on_index_state)
        self._ask_folders()

    def _ask_folders(self) -> None:
        self._client.request("folders.list").finished.connect(self._on_folders)

    def _on_status(self, status: LibraryStatus) -> None:
        self.status = status
        self.changed.emit()

    def _on_index_state(self, state: IndexState) -> None:
        self.progress = None if state.paused else state.progress
        self.changed.emit()

    def _on_library_changed(self, changed: LibraryChanged) -> None:
        self._on_status(changed.status)
        self._ask_folders()

    def _on_progress(self, progress: IndexProgress) -> None:
        was_indexing, self.progress = self.is_indexing, progress
        if not was_indexing:
            self.changed.emit()

    def _on_finished(self, _report: object) -> None:
        self.progress = None
        self._client.request("status").finished.connect(self._on_status)

    def _on_folders(self, folders: FolderList) -> None:
        offline = (folder for folder in folders.folders if folder.state == FolderState.OFFLINE)
        roots = tuple(folder.path.path for folder in offline)
        if roots != self.offline_roots:
            self.offline_roots = roots
            self.changed.emit()
