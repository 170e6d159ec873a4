"""A list of calm two-line rows (a text, a smaller detail, a thin bar) for captions, folders and issues.

Models answer the roles of ``RowRole``. All colours come from palette roles, so both themes keep their contrast.
"""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPalette,
    QPen,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

ModelIndex = QModelIndex | QPersistentModelIndex

MARGIN = 8
GAP = 3
BAR_WIDTH = 64
BAR_HEIGHT = 5
MAX_LINES = 5
DETAIL_ALPHA = 0.78  # quieter than the text, yet above 4.5 : 1 in both themes
SELECTED_ALPHA = 0.18
ACTIVATING_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class RowRole(IntEnum):
    """What a row shows beside its text, and what it stands for."""

    DETAIL = Qt.ItemDataRole.UserRole + 1  # str: the second line
    SHARE = Qt.ItemDataRole.UserRole + 2  # float in 0..1: the bar, None for no bar
    HEADING = Qt.ItemDataRole.UserRole + 3  # bool: a heading over the rows that follow
    VALUE = Qt.ItemDataRole.UserRole + 4  # object: the protocol value behind the row


class RowDelegate(QStyledItemDelegate):
    """Paints rows and headings. Long texts wrap, up to ``MAX_LINES`` lines."""

    def sizeHint(self, option: QStyleOptionViewItem, index: ModelIndex) -> QSize:
        """As high as the wrapped text needs at the view's width."""
        view = option.widget
        width = view.viewport().width() if isinstance(view, QListView) else option.rect.width()
        if index.data(RowRole.HEADING):
            return QSize(width, QFontMetrics(_heading_font(option)).height() + 2 * MARGIN)
        lines = len(_wrapped(option, width - 2 * MARGIN, str(index.data())))
        height = lines * QFontMetrics(option.font).lineSpacing()
        if index.data(RowRole.DETAIL) or index.data(RowRole.SHARE) is not None:
            height += GAP + QFontMetrics(_small_font(option)).height()
        return QSize(width, height + 2 * MARGIN)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        """Paint the background, the text, the detail and the bar."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inner = option.rect.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        if index.data(RowRole.HEADING):
            painter.setFont(_heading_font(option))
            painter.setPen(option.palette.color(QPalette.ColorRole.Text))
            flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
            painter.drawText(inner, flags, str(index.data()))
        else:
            _paint_background(painter, option)
            _paint_row(painter, option, inner, index)
        painter.restore()

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        """Edit over the whole row, not over the small text rectangle that the style would give."""
        height = max(editor.sizeHint().height(), option.rect.height() - MARGIN)
        editor.setGeometry(QRect(option.rect.left() + 2, option.rect.top() + 2, option.rect.width() - 4, height))


def _small_font(option: QStyleOptionViewItem) -> QFont:
    font = QFont(option.font)
    font.setPointSizeF(max(7.0, option.font.pointSizeF() * 0.88))
    return font


def _heading_font(option: QStyleOptionViewItem) -> QFont:
    font = _small_font(option)
    font.setBold(True)
    return font


def _wrapped(option: QStyleOptionViewItem, width: int, text: str) -> list[str]:
    """The text in lines: broken between words, inside a word only where that is longer than a line."""
    metrics = QFontMetrics(option.font)
    layout = QTextLayout(text.replace("\n", " "), option.font)
    wrap = QTextOption()
    wrap.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(wrap)
    layout.beginLayout()
    lines: list[str] = []
    while (line := layout.createLine()).isValid():
        line.setLineWidth(max(40, width))
        rest = layout.text()[line.textStart() :]
        if len(lines) + 1 == MAX_LINES:
            lines.append(metrics.elidedText(rest, Qt.TextElideMode.ElideRight, max(40, width)))
            break
        lines.append(rest[: line.textLength()])
    layout.endLayout()
    return lines


def _paint_background(painter: QPainter, option: QStyleOptionViewItem) -> None:
    area = QRectF(option.rect).adjusted(2, 1, -2, -1)
    accent = option.palette.color(QPalette.ColorRole.Highlight)
    state = option.state
    if state & QStyle.StateFlag.State_Selected or state & QStyle.StateFlag.State_MouseOver:
        tint = option.palette.color(QPalette.ColorRole.Highlight)
        tint.setAlphaF(SELECTED_ALPHA if state & QStyle.StateFlag.State_Selected else 0.08)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint)
        painter.drawRoundedRect(area, 6, 6)
    if state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(QPen(accent, 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), 6, 6)


def _paint_row(painter: QPainter, option: QStyleOptionViewItem, inner: QRect, index: ModelIndex) -> None:
    enabled = bool(option.state & QStyle.StateFlag.State_Enabled)
    group = QPalette.ColorGroup.Active if enabled else QPalette.ColorGroup.Disabled
    ink = option.palette.color(group, QPalette.ColorRole.Text)
    painter.setFont(option.font)
    painter.setPen(ink)
    lines = _wrapped(option, inner.width(), str(index.data()))
    spacing = QFontMetrics(option.font).lineSpacing()
    for number, text in enumerate(lines):
        painter.drawText(QPoint(inner.left(), inner.top() + number * spacing + painter.fontMetrics().ascent()), text)
    detail, share = index.data(RowRole.DETAIL), index.data(RowRole.SHARE)
    small = QFontMetrics(_small_font(option))
    line = QRect(inner.left(), inner.top() + len(lines) * spacing + GAP, inner.width(), small.height())
    if share is not None:
        _paint_bar(painter, option, line, float(share))
        line.setRight(line.right() - BAR_WIDTH - MARGIN)
    if detail:
        ink.setAlphaF(DETAIL_ALPHA)
        painter.setPen(ink)
        painter.setFont(_small_font(option))
        shown = small.elidedText(str(detail), Qt.TextElideMode.ElideRight, line.width())
        painter.drawText(line, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), shown)


def _paint_bar(painter: QPainter, option: QStyleOptionViewItem, line: QRect, share: float) -> None:
    top = line.center().y() - BAR_HEIGHT / 2 + 1
    whole = QRectF(line.right() - BAR_WIDTH, top, BAR_WIDTH, BAR_HEIGHT)
    track = option.palette.color(QPalette.ColorRole.Text)
    track.setAlphaF(0.14)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(track)
    painter.drawRoundedRect(whole, BAR_HEIGHT / 2, BAR_HEIGHT / 2)
    filled = QRectF(whole)
    filled.setWidth(max(BAR_HEIGHT, BAR_WIDTH * min(1.0, max(0.0, share))))
    painter.setBrush(option.palette.color(QPalette.ColorRole.Highlight))
    painter.drawRoundedRect(filled, BAR_HEIGHT / 2, BAR_HEIGHT / 2)


class RowList(QListView):
    """A list view for such rows.

    Signals:
        chosen(index): clicked with the left button, or Enter.
        menu_wanted(index, where): right click or the menu key; ``where`` is a global position.
    """

    chosen = Signal(QModelIndex)
    menu_wanted = Signal(QModelIndex, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setItemDelegate(RowDelegate(self))
        self.setWordWrap(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setMinimumWidth(200)
        self.clicked.connect(self.chosen)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter chooses the current row; the rest is the list's own."""
        index = self.currentIndex()
        if event.key() in ACTIVATING_KEYS and index.isValid() and self.state() != QListView.State.EditingState:
            self.chosen.emit(index)
            return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the row under the pointer, or of the current row when the menu key was pressed."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        if index.isValid() and not index.data(RowRole.HEADING):
            self.setCurrentIndex(index)
            where = self.visualRect(index).center() if by_key else event.pos()
            self.menu_wanted.emit(index, self.viewport().mapToGlobal(where))
        event.accept()

    def changeEvent(self, event: QEvent) -> None:
        """Another font means other row heights."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.scheduleDelayedItemsLayout()
