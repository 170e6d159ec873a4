"""Chips under the search field: what was understood, each with a cross that takes it out of the text."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QLocale, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from desktop.dates import month_text
from desktop.flow_layout import FlowLayout
from desktop.icons import wear_icon
from desktop.picture_loader import PictureLoader
from desktop.theme import grown
from desktop.wording import file_name, short_date
from engine.protocol import Clause, DateFilter, ExactClause, NegatedClause, TypeFilter, WordsClause

if TYPE_CHECKING:
    from collections.abc import Sequence

    from desktop.search_query import PhotoTerm

_PICTURE: Final = 24


class Chip(QFrame):
    """A rounded label with a cross.

    Signals:
        removed(): the cross was pressed.
    """

    removed = Signal()

    def __init__(self, text: str, kind: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chip")
        self.setProperty("kind", kind)
        self.text = text
        self.picture = QLabel()
        self.picture.hide()
        label = QLabel(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, grown(260)))
        label.setTextFormat(Qt.TextFormat.PlainText)
        self.cross = QToolButton()
        wear_icon(self.cross, "close", 12)
        self.cross.setAccessibleName(self.tr("Remove “{chip}”").format(chip=text))
        self.cross.setToolTip(self.cross.accessibleName())
        self.cross.clicked.connect(self.removed)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 4, 2)
        row.setSpacing(6)
        row.addWidget(self.picture)
        row.addWidget(label)
        row.addWidget(self.cross)


class PhotoChip(Chip):
    """A chip with the photo on it."""

    def __init__(self, photo: PhotoTerm, parent: QWidget | None = None) -> None:
        super().__init__(file_name(photo.path), "photo", parent)
        self.picture.setFixedSize(_PICTURE, _PICTURE)
        wear_icon(self.picture, "photo", _PICTURE)
        self.picture.show()
        self._loader = PictureLoader(self)
        self._loader.loaded.connect(self._on_loaded)
        if photo.thumbnail:
            self._loader.load(photo.path, photo.thumbnail, 4 * _PICTURE)

    def _on_loaded(self, _key: object, picture: QImage) -> None:
        edge = min(picture.width(), picture.height())
        square = picture.copy((picture.width() - edge) // 2, (picture.height() - edge) // 2, edge, edge)
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap.fromImage(square).scaledToWidth(
            round(_PICTURE * ratio), Qt.TransformationMode.SmoothTransformation
        )
        pixmap.setDevicePixelRatio(ratio)
        self.picture.setPixmap(pixmap)


class ChipRow(QWidget):
    """The chips of one text, hidden while there is nothing worth a chip.

    Signals:
        removed(object): the ``Clause`` to take out of the text.
    """

    removed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = FlowLayout(self)
        self.setAccessibleName(self.tr("What was understood"))
        self.hide()

    def show_clauses(self, clauses: Sequence[Clause]) -> None:
        """Show these. Plain words alone say nothing that the search field does not say."""
        self.clear()
        if all(isinstance(clause, WordsClause) for clause in clauses):
            return
        for clause in clauses:
            chip = Chip(clause_text(clause), clause.kind, self)
            chip.removed.connect(lambda clause=clause: self.removed.emit(clause))
            self._layout.addWidget(chip)
        self.show()

    def clear(self) -> None:
        """Take all chips away."""
        while (item := self._layout.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.hide()

    def chips(self) -> list[Chip]:
        """The chips shown."""
        items = (self._layout.itemAt(place) for place in range(self._layout.count()))
        return [widget for item in items if item is not None and isinstance(widget := item.widget(), Chip)]


def clause_text(clause: Clause) -> str:
    """Say in the interface's language what a clause means."""
    if isinstance(clause, DateFilter):
        return _date_text(clause)
    if isinstance(clause, TypeFilter):
        return ", ".join(clause.formats)
    if isinstance(clause, WordsClause):
        return clause.text
    if isinstance(clause, ExactClause):
        return f"“{clause.text}”"
    pattern = {
        "negated": QCoreApplication.translate("chips", "without {text}"),
        "folder": QCoreApplication.translate("chips", "in folder {text}"),
        "name": QCoreApplication.translate("chips", "named {text}"),
        "camera": QCoreApplication.translate("chips", "camera {text}"),
    }[clause.kind]
    return pattern.format(text=clause.text)


def is_filter(clause: Clause) -> bool:
    """Whether a clause leaves photos out, rather than moving them up or down."""
    return not isinstance(clause, (WordsClause, NegatedClause))


def _date_text(clause: DateFilter) -> str:
    first = clause.start
    if clause.start and clause.end and (whole := _whole_period(clause.start, clause.end)):
        return whole
    last = _day_before(clause.end) if clause.end else None
    if first and last:
        return short_date(first) if first == last else f"{short_date(first)} – {short_date(last)}"
    if first:
        return QCoreApplication.translate("chips", "since {date}").format(date=short_date(first))
    return QCoreApplication.translate("chips", "until {date}").format(date=short_date(last or ""))


def _whole_period(start: str, end: str) -> str | None:
    first, after = date.fromisoformat(start[:10]), date.fromisoformat(end[:10])
    if (first.month, first.day) == (1, 1) and after == first.replace(year=first.year + 1):
        return f"{first.year}年" if QLocale().language() == QLocale.Language.Chinese else str(first.year)
    next_month = (first.replace(day=1) + timedelta(days=31)).replace(day=1)
    return month_text(start) if first.day == 1 and after == next_month else None


def _day_before(day: str) -> str:
    return (date.fromisoformat(day[:10]) - timedelta(days=1)).isoformat()
