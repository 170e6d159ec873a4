"""The rows of the folders panel: a watched folder, its state in words, and how much of it can be searched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt

from desktop import notices
from desktop.row_view import RowRole
from desktop.wording import file_name, percent
from engine.protocol import FolderState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from desktop.row_view import ModelIndex
    from engine.protocol import FolderStatus

ROOT = QModelIndex()


def indexed_share(folder: FolderStatus) -> float:
    """How much of the folder's photos can be searched or never will be, 0..1."""
    settled = folder.indexed + folder.issues
    return min(1.0, settled / folder.photos) if folder.photos else 1.0


class FolderModel(QAbstractListModel):
    """The watched folders, in the engine's order. Rows that stay keep their place and their selection."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folders: list[FolderStatus] = []

    def show(self, folders: Sequence[FolderStatus]) -> None:
        """Replace all rows; where only counts changed, nothing is reset."""
        same = [folder.folder_id for folder in folders] == [folder.folder_id for folder in self._folders]
        if not same:
            self.beginResetModel()
        self._folders = list(folders)
        if not same:
            self.endResetModel()
        elif self._folders:
            self.dataChanged.emit(self.index(0), self.index(len(self._folders) - 1))

    def row_of(self, folder_id: int) -> int:
        """The row of a folder, -1 for none."""
        return next((row for row, folder in enumerate(self._folders) if folder.folder_id == folder_id), -1)

    def rowCount(self, parent: ModelIndex = ROOT) -> int:
        """One row per folder."""
        return 0 if parent.isValid() else len(self._folders)

    def flags(self, index: ModelIndex) -> Qt.ItemFlag:
        """Rows can be chosen and have nothing below them."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What ``RowDelegate`` paints and screen readers say."""
        if not index.isValid() or index.row() >= len(self._folders):
            return None
        folder = self._folders[index.row()]
        texts: dict[int, str] = {
            Qt.ItemDataRole.DisplayRole: file_name(folder.path),
            Qt.ItemDataRole.ToolTipRole: "\n".join((folder.path.path, " · ".join(self._details(folder)))),
            Qt.ItemDataRole.AccessibleTextRole: ", ".join((folder.path.path, *self._details(folder))),
            Qt.ItemDataRole.AccessibleDescriptionRole: notices.polled_text(folder.polled),
            RowRole.DETAIL: " · ".join(self._details(folder)),
        }
        if role == RowRole.SHARE:
            return indexed_share(folder) if indexed_share(folder) < 1.0 else None
        return folder if role == RowRole.VALUE else texts.get(role)

    def state_text(self, folder: FolderStatus) -> str:
        """The folder's state in two or three words."""
        if folder.state == FolderState.OFFLINE:
            return self.tr("Offline")
        if folder.state == FolderState.PAUSED:
            return self.tr("Paused")
        share = indexed_share(folder)
        if share < 1.0:
            return self.tr("Indexing {share}").format(share=percent(share))
        return self.tr("Looking for photos…") if folder.full_scan_at is None else self.tr("Up to date")

    def _details(self, folder: FolderStatus) -> list[str]:
        photos, missing, issues = folder.photos, folder.missing, folder.issues
        texts = [self.state_text(folder), self.tr("%Ln photo file(s)", "", photos)]
        if missing:
            texts.append(self.tr("%Ln missing", "", missing))
        if issues:
            texts.append(self.tr("%Ln problem file(s)", "", issues))
        if folder.polled and folder.state == FolderState.ONLINE:
            texts.append(self.tr("looked at once a minute"))
        return texts
