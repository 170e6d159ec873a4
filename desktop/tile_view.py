"""A list view whose tiles lie where ``TileLayout`` says: nothing is computed for tiles that are not in view.

It is a ``QListView`` for the sake of screen readers, which know that class as a list; of Qt's own layout nothing is
used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import QPainter, QRegion
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QRubberBand,
    QStyle,
    QStyleOptionRubberBand,
    QStyleOptionViewItem,
    QWidget,
)

from desktop.tile_layout import Section, TileLayout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from PySide6.QtGui import QMouseEvent, QPaintEvent

ModelIndex = QModelIndex | QPersistentModelIndex
Cursor = QAbstractItemView.CursorAction

HEADING_HEIGHT: Final = 42
_BOTTOM: Final = 8


class TileView(QListView):
    """Square tiles in sections. ``arrange`` says how; a new model or list is arranged by whoever made it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tiles = TileLayout(0, (), 1, 1, HEADING_HEIGHT)
        self._pressed = QPoint()
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionRectVisible(True)
        self.setMovement(QListView.Movement.Static)

    @property
    def tiles(self) -> TileLayout:
        """Where the tiles are."""
        return self._tiles

    def arrange(self, sections: Sequence[Section], columns: int, cell: int) -> None:
        """Lay the rows of the model out in ``columns`` tiles of ``cell`` logical pixels."""
        count = self.model().rowCount() if self.model() is not None else 0
        self._tiles = TileLayout(count, sections, columns, cell, HEADING_HEIGHT)
        self.updateGeometries()
        self.viewport().update()

    def rows_in_view(self) -> range:
        """The rows that can be seen, in part or wholly."""
        top = self.verticalOffset()
        return self._tiles.rows_between(top, top + self.viewport().height() - 1)

    def paint_heading(self, painter: QPainter, rect: QRect, title: str) -> None:
        """Paint the title of a section; for subclasses."""

    # What QListView asks for

    def doItemsLayout(self) -> None:
        """There is nothing to compute: Qt's own layout is left out."""
        QAbstractItemView.doItemsLayout(self)

    def updateGeometries(self) -> None:
        """Fit the scroll bar to the height of all tiles."""
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setSingleStep(max(1, self._tiles.cell // 3))
        bar.setPageStep(height)
        bar.setRange(0, max(0, self._tiles.height + _BOTTOM - height))
        self.horizontalScrollBar().setRange(0, 0)

    def visualRect(self, index: ModelIndex) -> QRect:
        """Where a tile is, in the viewport's coordinates."""
        if not index.isValid() or index.row() >= self._tiles.count:
            return QRect()
        box = self._tiles.box(index.row())
        return QRect(box.left, box.top - self.verticalOffset(), box.width, box.height)

    def indexAt(self, point: QPoint) -> QModelIndex:
        """The tile at a point of the viewport."""
        row = self._tiles.row_at(point.x(), point.y() + self.verticalOffset())
        return QModelIndex() if row is None else self.model().index(row, 0)

    def scrollTo(
        self, index: ModelIndex, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        """Bring a tile into view, with its heading where it is the first of its section."""
        if not index.isValid() or index.row() >= self._tiles.count:
            return
        box, height, bar = self._tiles.box(index.row()), self.viewport().height(), self.verticalScrollBar()
        top = box.top - (HEADING_HEIGHT if self._tiles.has_heading_over(index.row()) else 0)
        if hint == QAbstractItemView.ScrollHint.PositionAtCenter:
            bar.setValue(box.top + box.height // 2 - height // 2)
        elif hint == QAbstractItemView.ScrollHint.PositionAtTop or top < bar.value():
            bar.setValue(top)
        elif box.top + box.height > bar.value() + height:
            bar.setValue(box.top + box.height - height)

    def moveCursor(self, action: Cursor, _modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Where a key leads to."""
        count = self._tiles.count
        if not count:
            return QModelIndex()
        row = self.currentIndex().row()
        if row < 0:
            return self.model().index(next(iter(self.rows_in_view()), 0), 0)
        moves: dict[Cursor, Callable[[int], int]] = {
            Cursor.MoveUp: self._tiles.above, Cursor.MoveDown: self._tiles.below,
            Cursor.MovePageUp: lambda row: self._page(row, -1), Cursor.MovePageDown: lambda row: self._page(row, 1),
            Cursor.MoveHome: lambda _: 0, Cursor.MoveEnd: lambda _: count - 1,
            Cursor.MoveLeft: lambda row: row - 1, Cursor.MovePrevious: lambda row: row - 1,
        }  # fmt: skip
        target = moves[action](row) if action in moves else row + 1
        return self.model().index(min(max(target, 0), count - 1), 0)

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """Choose what a rubber band touches, or all from one corner of ``rect`` to the other."""
        if self.state() == QAbstractItemView.State.DragSelectingState:
            chosen = ranges(self._rows_touched(rect.translated(0, self.verticalOffset())))
        else:
            ends = [self.indexAt(point).row() for point in (rect.topLeft(), rect.bottomRight())]
            ends = [row if row >= 0 else self.currentIndex().row() for row in ends]
            chosen = [(min(ends), max(ends))] if min(ends) >= 0 and self.indexAt(rect.bottomRight()).isValid() else []
        selection = QItemSelection()
        for first, last in chosen:
            selection.select(self.model().index(first, 0), self.model().index(last, 0))
        self.selectionModel().select(selection, command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        """The part of the viewport that has to be painted when these change."""
        seen, region = self.rows_in_view(), QRegion()
        for part in (selection.at(place) for place in range(selection.count())):
            for row in range(max(part.top(), seen.start), min(part.bottom() + 1, seen.stop)):
                region += self.visualRect(self.model().index(row, 0))
        return region

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Move what is painted already."""
        if self.state() == QAbstractItemView.State.DragSelectingState:
            self.viewport().update()
        else:
            self.viewport().scroll(dx, dy)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a rubber band may begin."""
        self._pressed = event.position().toPoint() + QPoint(0, self.verticalOffset())
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw the rubber band anew while there is one."""
        super().mouseMoveEvent(event)
        if self.state() == QAbstractItemView.State.DragSelectingState:
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Take the rubber band away."""
        super().mouseReleaseEvent(event)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the headings and tiles that have a part in the area."""
        painter, offset, area = QPainter(self.viewport()), self.verticalOffset(), event.rect()
        top, bottom = area.top() + offset, area.bottom() + offset
        for title, at in self._tiles.headings_between(top, bottom):
            self.paint_heading(painter, QRect(0, at - offset, self.viewport().width(), HEADING_HEIGHT), title)
        self._paint_tiles(painter, self._tiles.rows_between(top, bottom))
        if self.state() == QAbstractItemView.State.DragSelectingState:
            self._paint_band(painter)
        painter.end()

    def _paint_tiles(self, painter: QPainter, rows: Iterable[int]) -> None:
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        plain, states = option.state, QStyle.StateFlag
        current = self.currentIndex().row() if self.hasFocus() else -1
        for row in rows:
            index = self.model().index(row, 0)
            option.rect = self.visualRect(index)
            option.state = plain & ~states.State_HasFocus
            if self.selectionModel().isSelected(index):
                option.state |= states.State_Selected
            if row == current:
                option.state |= states.State_HasFocus
            self.itemDelegate().paint(painter, option, index)

    def _paint_band(self, painter: QPainter) -> None:
        band = QStyleOptionRubberBand()
        band.initFrom(self)
        band.shape = QRubberBand.Shape.Rectangle
        band.opaque = False
        corner = self.viewport().mapFromGlobal(self.cursor().pos())
        band.rect = QRect(self._pressed - QPoint(0, self.verticalOffset()), corner).normalized()
        self.style().drawControl(QStyle.ControlElement.CE_RubberBand, band, painter)

    def _page(self, row: int, direction: int) -> int:
        box = self._tiles.box(row)
        wanted = box.top + box.height // 2 + direction * max(self._tiles.cell, self.viewport().height() - box.height)
        if wanted < 0 or wanted >= self._tiles.height:
            return 0 if direction < 0 else self._tiles.count - 1
        at = self._tiles.row_at(box.left + 1, wanted)
        if at is not None:
            return at
        rows = self._tiles.rows_between(wanted, wanted + self._tiles.cell)  # a heading, or beside a short line
        return rows.start if rows else row

    def _rows_touched(self, band: QRect) -> list[int]:
        rows = self._tiles.rows_between(band.top(), band.bottom())
        boxes = ((row, self._tiles.box(row)) for row in rows)
        return [row for row, box in boxes if band.intersects(QRect(box.left, box.top, box.width, box.height))]


def ranges(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Sorted rows as first and last of each unbroken run."""
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and runs[-1][1] == row - 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs
