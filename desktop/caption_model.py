"""The rows of the captions panel: the photo's own captions first, then the nearest ones, best first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from PySide6.QtCore import QAbstractListModel, QCoreApplication, QModelIndex, QObject, Qt, Signal

from desktop.row_view import RowRole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from desktop.row_view import ModelIndex
    from engine.protocol.methods import CaptionRow

CaptionLanguage = Literal["en", "zh"]
LANGUAGE_NAMES = {"en": "English", "zh": "中文"}  # each in its own language, so never translated
ROOT = QModelIndex()


def source_name(source: str) -> str:
    """Where a caption comes from, in words."""
    names = {
        "user": QCoreApplication.translate("CaptionSource", "Yours"),
        "exif": QCoreApplication.translate("CaptionSource", "EXIF"),
        "iptc": QCoreApplication.translate("CaptionSource", "IPTC"),
        "xmp": QCoreApplication.translate("CaptionSource", "XMP"),
        "sidecar": QCoreApplication.translate("CaptionSource", "Sidecar file"),
        "imported": QCoreApplication.translate("CaptionSource", "Imported"),
        "ocr": QCoreApplication.translate("CaptionSource", "Text in the photo"),
        "bank": QCoreApplication.translate("CaptionSource", "Caption bank"),
    }
    return names.get(source, source)


def caption_language(row: CaptionRow) -> CaptionLanguage | None:
    """The row's language where it is one that the engine knows."""
    return cast("CaptionLanguage", row.language) if row.language in LANGUAGE_NAMES else None


@dataclass(frozen=True, slots=True)
class CaptionItem:
    """One row: a caption, or a heading. ``is_own`` when the caption belongs to the photo that is shown."""

    caption: CaptionRow | None
    is_own: bool
    heading: str = ""

    @property
    def is_editable(self) -> bool:
        """Only the photo's own captions can be changed here: others belong to another photo or to the bank."""
        return self.is_own and self.caption is not None and self.caption.caption_id is not None


class CaptionModel(QAbstractListModel):
    """Two groups under headings.

    Signals:
        edited(item, text): the person typed other words for one of the photo's own captions.
    """

    edited = Signal(object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._items: list[CaptionItem] = []
        self._best = 0.0

    def show(self, own: Sequence[CaptionRow], nearest: Sequence[CaptionRow]) -> None:
        """Replace all rows; a nearest caption that the photo has already is not shown twice."""
        self.beginResetModel()
        texts = {row.text.casefold() for row in own}
        others = [row for row in nearest if row.text.casefold() not in texts]
        self._best = max((row.score for row in others if row.score is not None), default=0.0)
        self._items = [
            *_group(self.tr("On this photo"), own, is_own=True),
            *_group(self.tr("Captions that fit"), others, is_own=False),
        ]
        self.endResetModel()

    def first_caption(self) -> QModelIndex:
        """The first row that is no heading, or an invalid index."""
        return next((self.index(row) for row, item in enumerate(self._items) if item.caption), QModelIndex())

    def rowCount(self, parent: ModelIndex = ROOT) -> int:
        """Rows, headings included."""
        return 0 if parent.isValid() else len(self._items)

    def flags(self, index: ModelIndex) -> Qt.ItemFlag:
        """Headings cannot be chosen."""
        if not index.isValid() or self._items[index.row()].caption is None:
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return flags | Qt.ItemFlag.ItemIsEditable if self._items[index.row()].is_editable else flags

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What ``RowDelegate`` paints and screen readers say."""
        if not index.isValid() or index.row() >= len(self._items):
            return None
        item = self._items[index.row()]
        row = item.caption
        if row is None:
            shown = role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)
            return item.heading if shown else (True if role == RowRole.HEADING else None)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return row.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._hint(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join((row.text, *_detail(row), *self._similarity(row)))
        return self._own_data(item, row, role)

    def setData(self, index: ModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Announce other words; the row changes when the engine has them."""
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        item, text = self._items[index.row()], str(value).strip()
        if not item.is_editable or item.caption is None or not text or text == item.caption.text:
            return False
        self.edited.emit(item, text)
        return True

    def _own_data(self, item: CaptionItem, row: CaptionRow, role: int) -> Any:
        if role == RowRole.DETAIL:
            score = [] if item.is_own or row.score is None else [f"{row.score:.2f}"]
            return " · ".join((*_detail(row), *score))
        if role == RowRole.SHARE and row.score is not None and not item.is_own:
            # Cosines of one photo lie close together and mean little by themselves: the bar compares the rows.
            return max(0.0, row.score) / self._best if self._best > 0 else 0.0
        return item if role == RowRole.VALUE else None

    def _hint(self, row: CaptionRow) -> str:
        lines = [row.text, *self._similarity(row)]
        if row.path is not None:
            lines.append(self.tr("From {photo}").format(photo=row.path.path))
        return "\n".join(lines)

    def _similarity(self, row: CaptionRow) -> list[str]:
        return [] if row.score is None else [self.tr("Similarity {score}").format(score=f"{row.score:.2f}")]


def _detail(row: CaptionRow) -> list[str]:
    return [source_name(row.source), *([LANGUAGE_NAMES[row.language]] if row.language in LANGUAGE_NAMES else [])]


def _group(heading: str, rows: Sequence[CaptionRow], *, is_own: bool) -> list[CaptionItem]:
    return [CaptionItem(None, is_own, heading), *(CaptionItem(row, is_own) for row in rows)] if rows else []
