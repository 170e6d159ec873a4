"""The rows of the grid: hits of a search, or all photos page by page, and the sections they are shown in.

``data`` never does I/O: a row whose page has not come yet shows as a placeholder, and the grid asks for its page.
"""

from __future__ import annotations

from enum import IntEnum
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from desktop import notices
from desktop.dates import month_text
from desktop.photo_files import files_mime
from desktop.tile_layout import Section
from desktop.wording import file_name, short_date
from engine.protocol import Confidence, Hit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.protocol.methods import MonthCount

ModelIndex = QModelIndex | QPersistentModelIndex

_PAGE = 300
_AHEAD = 100


class PhotoRole(IntEnum):
    """What a row has beside Qt's own roles."""

    PHOTO_ID = Qt.ItemDataRole.UserRole + 1  # int, None for a placeholder
    HIT = Qt.ItemDataRole.UserRole + 2  # Hit, likewise


Row = Hit | None


class PhotoModel(QAbstractListModel):
    """Rows over hits. ``generation`` changes with each new list: a page asked for before belongs to nothing now.

    Signals:
        sections_changed(): ``sections`` are others, though the rows may be the same.
    """

    sections_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.generation = 0
        self.sections: tuple[Section, ...] = ()
        self._is_paged = False
        self._has_possible = False
        self._rows: list[Row] = []
        self._row_of: dict[int, int] = {}

    def show_hits(self, hits: Sequence[Hit], possible_from: int | None = None, *, by_month: bool = False) -> None:
        """Show these; over hit number ``possible_from`` (from 0) a heading says that they are only possible.

        ``by_month``: the hits before it are sorted by date, and each month has its heading.
        """
        certain = len(hits) if possible_from is None else possible_from
        sections = months_of(hits[:certain]) if by_month else []
        if possible_from is not None:
            sections = [*(sections or [Section(0)]), Section(possible_from, self.tr("Possible matches"))]
        self._has_possible = possible_from is not None
        is_same = [_key(row) for row in hits] == [_key(row) for row in self._rows]
        self._replace(list(hits), sections, in_place=is_same)
        self._is_paged = False

    def show_pages(self, total: int, offset: int, hits: Sequence[Hit], months: Sequence[MonthCount] = ()) -> None:
        """Show ``total`` photos, of which those from ``offset`` on are known. As many as before keep their places."""
        rows: list[Row] = [None] * total
        rows[offset : offset + len(hits)] = hits
        self._has_possible = False
        self._replace(rows[:total], counted(months), in_place=self._is_paged and total == len(self._rows))
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
        return len(self._rows)

    def rowCount(self, parent: ModelIndex | None = None) -> int:
        """Photos."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Names, tool tips and words for a screen reader; pictures are the delegate's affair."""
        row = self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None
        return None if row is None else self._photo_data(row, role)

    def flags(self, index: ModelIndex) -> Qt.ItemFlag:
        """Photos can be chosen and dragged; placeholders chosen only."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        row = self._rows[index.row()]
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
        parts += [notices.channel_text(channel) for channel in notices.written_channels(hit.channels)]
        if hit.group:
            parts.append(self.tr("%Ln more like it", "", len(hit.group)))
        if self._has_possible and hit.confidence == Confidence.POSSIBLE:
            parts.append(self.tr("possible match"))
        if hit.is_offline:
            parts.append(self.tr("its folder cannot be reached now"))
        return separator.join(parts)

    def _replace(self, rows: list[Row], sections: Sequence[Section], *, in_place: bool) -> None:
        self.generation += 1
        if not in_place:
            self.beginResetModel()
        is_new = self.sections != tuple(sections)
        self._rows, self.sections = rows, tuple(sections)
        self._row_of = {row.photo_id: place for place, row in enumerate(rows) if row is not None}
        if not in_place:
            self.endResetModel()
        elif rows:
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
        if in_place and is_new:
            self.sections_changed.emit()


def months_of(hits: Sequence[Hit]) -> list[Section]:
    """A section for each month of hits that are sorted by date; one without a date stays with those before it."""
    sections: list[Section] = []
    for row, hit in enumerate(hits):
        title = month_text(hit.taken_at)
        if not sections or (title and title != sections[-1].title):
            sections.append(Section(row, title))
    return sections


def counted(months: Sequence[MonthCount]) -> list[Section]:
    """A section for each month, by how many photos each has."""
    firsts = accumulate((month.photos for month in months), initial=0)
    return [Section(first, month_text(f"{month.month}-01")) for first, month in zip(firsts, months, strict=False)]


def _key(row: Row) -> int | None:
    return None if row is None else row.photo_id
