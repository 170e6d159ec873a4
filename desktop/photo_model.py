"""The rows of the grid: hits of a search with a divider before the possible ones, or all photos, page by page.

``data`` never does I/O: a row whose page has not come yet shows as a placeholder, and the grid asks for its page.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from desktop import notices
from desktop.photo_files import files_mime
from desktop.wording import file_name, short_date
from engine.protocol import Confidence, Hit

if TYPE_CHECKING:
    from collections.abc import Sequence

ModelIndex = QModelIndex | QPersistentModelIndex

_PAGE = 300
_AHEAD = 100


class PhotoRole(IntEnum):
    """What a row has beside Qt's own roles."""

    PHOTO_ID = Qt.ItemDataRole.UserRole + 1  # int, None for a divider or a placeholder
    HIT = Qt.ItemDataRole.UserRole + 2  # Hit, likewise
    DIVIDER = Qt.ItemDataRole.UserRole + 3  # str: the words of a divider, None for a photo


@dataclass(frozen=True, slots=True)
class Divider:
    """A row that is no photo: a line of text over the photos that follow."""

    text: str


Row = Hit | Divider | None


class PhotoModel(QAbstractListModel):
    """Rows over hits. ``generation`` changes with each new list: a page asked for before belongs to nothing now."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.generation = 0
        self.has_divider = False
        self._is_paged = False
        self._rows: list[Row] = []
        self._row_of: dict[int, int] = {}

    def show_hits(self, hits: Sequence[Hit], possible_from: int | None = None) -> None:
        """Show these; before hit number ``possible_from`` (from 0) comes the divider."""
        rows: list[Row] = list(hits)
        if possible_from is not None:
            rows.insert(possible_from, Divider(self.tr("Possible matches")))
        self._replace(rows, in_place=[_key(row) for row in rows] == [_key(row) for row in self._rows])
        self._is_paged = False

    def show_pages(self, total: int, offset: int, hits: Sequence[Hit]) -> None:
        """Show ``total`` photos, of which those from ``offset`` on are known. As many as before keep their places."""
        rows: list[Row] = [None] * total
        rows[offset : offset + len(hits)] = hits
        is_refresh = self._is_paged and total == len(self._rows)
        self._replace(rows[:total], in_place=is_refresh)
        self._is_paged = True

    def fill(self, generation: int, offset: int, hits: Sequence[Hit]) -> None:
        """Put a page into its place, unless the list is another one by now."""
        if generation != self.generation or not hits or offset >= len(self._rows):
            return
        end = min(offset + len(hits), len(self._rows))
        self._rows[offset:end] = hits[: end - offset]
        self._row_of.update((hit.photo_id, offset + place) for place, hit in enumerate(hits[: end - offset]))
        self.dataChanged.emit(self.index(offset), self.index(end - 1))

    def missing_page(self, first: int, last: int) -> tuple[int, int] | None:
        """Offset and limit of the page to ask for when rows ``first`` to ``last`` are seen; None when all are known."""
        if not any(row is None for row in self._rows[first : last + 1]):
            return None
        offset = max(0, first - _AHEAD)
        return offset, max(_PAGE, last + 1 + _AHEAD - offset)

    def hit(self, photo_id: int) -> Hit | None:
        """The hit of a photo that is in the list and known."""
        row = self._row_of.get(photo_id)
        value = self._rows[row] if row is not None else None
        return value if isinstance(value, Hit) else None

    def hit_at(self, row: int) -> Hit | None:
        """The hit in a row; None for a divider or a placeholder."""
        value = self._rows[row] if 0 <= row < len(self._rows) else None
        return value if isinstance(value, Hit) else None

    def row_of(self, photo_id: int) -> int | None:
        """Where a photo is."""
        return self._row_of.get(photo_id)

    def row_showing(self, photo_id: int) -> int | None:
        """Where a photo is, or the tile that it is shown under."""
        row = self._row_of.get(photo_id)
        if row is not None:
            return row
        tiles = (place for place, hit in enumerate(self._rows) if isinstance(hit, Hit) and photo_id in hit.group)
        return next(tiles, None)

    def photo_ids(self) -> list[int]:
        """All known photos in the order shown."""
        return [row.photo_id for row in self._rows if isinstance(row, Hit)]

    def viewing_order(self) -> list[int]:
        """The same with each photo's near-copies after it: what a person steps through."""
        return [photo_id for row in self._rows if isinstance(row, Hit) for photo_id in (row.photo_id, *row.group)]

    @property
    def photo_count(self) -> int:
        """Photos in the list, known or not."""
        return len(self._rows) - (1 if self.has_divider else 0)

    def rowCount(self, parent: ModelIndex | None = None) -> int:
        """Photos and the divider."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Names, tool tips and words for a screen reader; pictures are the delegate's affair."""
        row = self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None
        if isinstance(row, Divider):
            is_text = role in (PhotoRole.DIVIDER, Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)
            return row.text if is_text else None
        return None if row is None else self._photo_data(row, role)

    def flags(self, index: ModelIndex) -> Qt.ItemFlag:
        """Photos can be chosen and dragged; placeholders chosen only; the divider neither."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        row = self._rows[index.row()]
        if isinstance(row, Divider):
            return Qt.ItemFlag.ItemNeverHasChildren
        photo = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return photo if row is None else photo | Qt.ItemFlag.ItemIsDragEnabled

    def mimeTypes(self) -> list[str]:
        """What a drag carries."""
        return ["text/uri-list", "text/plain"]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The files of these photos."""
        hits = (self.hit_at(index.row()) for index in sorted(indexes, key=lambda index: index.row()))
        return files_mime([hit.path.to_path() for hit in hits if hit is not None])

    def _photo_data(self, hit: Hit, role: int) -> Any:
        if role == PhotoRole.PHOTO_ID:
            return hit.photo_id
        if role == PhotoRole.HIT:
            return hit
        if role == Qt.ItemDataRole.DisplayRole:
            return file_name(hit.path)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return self._describe(hit, ", " if role == Qt.ItemDataRole.AccessibleTextRole else "\n")
        return None

    def _describe(self, hit: Hit, separator: str) -> str:
        parts = [file_name(hit.path)]
        if hit.taken_at:
            parts.append(short_date(hit.taken_at))
        if hit.caption:
            parts.append(hit.caption)
        parts += [notices.channel_text(channel) for channel in hit.channels if channel != "vectors"]
        if hit.group:
            parts.append(self.tr("%Ln more like it", "", len(hit.group)))
        if self.has_divider and hit.confidence == Confidence.POSSIBLE:
            parts.append(self.tr("possible match"))
        if hit.is_offline:
            parts.append(self.tr("its folder cannot be reached now"))
        return separator.join(parts)

    def _replace(self, rows: list[Row], *, in_place: bool) -> None:
        self.generation += 1
        if not in_place:
            self.beginResetModel()
        self._rows = rows
        self._row_of = {row.photo_id: place for place, row in enumerate(rows) if isinstance(row, Hit)}
        self.has_divider = any(isinstance(row, Divider) for row in rows[: len(self._row_of) + 1])
        if not in_place:
            self.endResetModel()
        elif rows:
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))


def _key(row: Row) -> int | str | None:
    return row.photo_id if isinstance(row, Hit) else None if row is None else row.text
