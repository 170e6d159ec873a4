"""The photos as tiles: choosing, keys, dragging out, the menu. It knows photo ids and says what is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QWidget

from desktop.date_pill import DatePill
from desktop.photo_actions import PhotoAction
from desktop.photo_delegate import GAP, RADIUS, PhotoDelegate, paint_heading
from desktop.photo_menu import PhotoMenu
from desktop.tile_view import TileView

if TYPE_CHECKING:
    from desktop.photo_model import PhotoModel
    from desktop.thumbnail_loader import ThumbnailLoader

_MARGIN: Final = 16


@dataclass(frozen=True, slots=True)
class _Kept:
    """What outlives a new list: the chosen photos, the current one, the place."""

    chosen: tuple[int, ...]
    current: int | None
    scrolled: int


class PhotoGrid(TileView):
    """A list view of square tiles that fill each line.

    Signals:
        action_asked(object, object, object): a ``PhotoAction``, the photo ids it is for, and its further value or None.
        chosen(object): the current photo id, or None.
        rows_wanted(object, object): offset and limit of a page that is seen and not known yet.
        rows_seen(object): the first row in view.
        typed(object): text typed over the photos; it belongs into the search field.
    """

    action_asked = Signal(object, object, object)
    chosen = Signal(object)
    rows_wanted = Signal(object, object)
    rows_seen = Signal(object)
    typed = Signal(object)

    def __init__(self, model: PhotoModel, loader: ThumbnailLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("photoGrid")
        self.setAccessibleName(self.tr("Photos"))
        self.is_search = False
        self._photos = model
        self._loader = loader
        self._tile_edge = 176
        self._columns = 2
        self._kept: _Kept | None = None
        self._delegate = PhotoDelegate(loader, self)
        self._set_up_view()
        self.setModel(model)
        self.setItemDelegate(self._delegate)
        self._pill = DatePill(self)
        self._settle = QTimer(self, singleShot=True, interval=30)
        self._settle.timeout.connect(self._ask_for_rows)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        loader.ready.connect(self._on_thumbnail)
        model.modelAboutToBeReset.connect(self._remember)
        model.modelReset.connect(self._on_reset)
        model.sections_changed.connect(self._arrange)
        self.selectionModel().currentChanged.connect(self._on_current)
        self.doubleClicked.connect(lambda index: self._ask(PhotoAction.OPEN, index))

    def set_tile_edge(self, edge: int) -> None:
        """Make tiles about ``edge`` logical pixels wide."""
        self._tile_edge = edge
        self._fit()

    def selected_ids(self) -> tuple[int, ...]:
        """The chosen photos in the order shown."""
        rows = sorted(index.row() for index in self.selectedIndexes())
        hits = (self._photos.hit_at(row) for row in rows)
        return tuple(hit.photo_id for hit in hits if hit is not None)

    def current_id(self) -> int | None:
        """The photo that has the focus."""
        hit = self._photos.hit_at(self.currentIndex().row())
        return None if hit is None else hit.photo_id

    def choose(self, photo_id: int) -> None:
        """Make a photo, or the tile it is shown under, the current and only chosen one, and bring it into view."""
        row = self._photos.row_showing(photo_id)
        if row is not None:
            self.setCurrentIndex(self._photos.index(row))

    def enter(self) -> None:
        """Take the focus, with a photo to start from."""
        self.setFocus()
        self._choose_something()

    def visible_rows(self) -> tuple[int, int]:
        """First and last row in view; the last is -1 when there is none."""
        rows = self.rows_in_view()
        return rows.start, rows.stop - 1

    def paint_heading(self, painter: QPainter, rect: QRect, title: str) -> None:
        """The month, or that what follows is only possible."""
        paint_heading(painter, rect, title, self.font())

    def open_menu(self, position: QPoint) -> PhotoMenu | None:
        """Show the menu for the chosen photos at a place of the screen; None when nothing is chosen."""
        ids = self.selected_ids()
        hits = [hit for hit in map(self._photos.hit, ids) if hit is not None]
        if not hits:
            return None
        menu = PhotoMenu(
            hits, lambda name, value: self.action_asked.emit(name, ids, value), is_search=self.is_search, parent=self
        )
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(position)
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Show the menu over the photo, or beside the current one when the menu key was pressed."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            place = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).center())
        else:
            place = event.globalPos()
        if self.open_menu(place) is not None:
            event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens, Space previews, Ctrl+C copies files, Alt+Enter shows properties. Delete does nothing."""
        key, modifiers = event.key(), event.modifiers()
        if event.matches(QKeySequence.StandardKey.Copy):
            self._ask(PhotoAction.COPY_FILES)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            with_alt = bool(modifiers & Qt.KeyboardModifier.AltModifier)
            self._ask(PhotoAction.PROPERTIES if with_alt else PhotoAction.OPEN, self.currentIndex())
        elif key == Qt.Key.Key_Space and modifiers == Qt.KeyboardModifier.NoModifier:
            self._ask(PhotoAction.PREVIEW, self.currentIndex())
        elif key not in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            super().keyPressEvent(event)

    def keyboardSearch(self, text: str) -> None:
        """Pass typing on. (Qt would compare the names of all photos, however many there are.)"""
        if text.strip():
            self.typed.emit(text)

    def startDrag(self, _actions: Qt.DropAction) -> None:
        """Let the chosen files be dropped on other programs, and on the search field."""
        drag = QDrag(self)
        drag.setMimeData(self._photos.mimeData(self.selectedIndexes()))
        hit = self._photos.hit_at(self.currentIndex().row())
        pixmap = self._loader.pixmap(hit.photo_id, hit.thumbnail) if hit and hit.thumbnail else None
        if pixmap is not None:
            drag.setPixmap(pixmap.scaledToWidth(96, Qt.TransformationMode.SmoothTransformation))
        drag.exec(Qt.DropAction.CopyAction)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fill the lines anew; the current photo, when in view, stays in view: a panel that opens moves the tiles."""
        place = self.visualRect(self.currentIndex())
        is_seen = place.isValid() and place.bottom() >= 0 and place.top() < event.oldSize().height()
        super().resizeEvent(event)
        self._fit()
        if is_seen:
            QTimer.singleShot(0, self, lambda: self.scrollTo(self.currentIndex()))

    def showEvent(self, event: QShowEvent) -> None:
        """Fill the lines for the first time, or for another screen."""
        super().showEvent(event)
        self._fit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Choose a photo when the keyboard brought the focus, so that the keys have one to work on."""
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._choose_something()

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask for nothing that is not seen."""
        super().hideEvent(event)
        self._settle.stop()

    def _choose_something(self) -> None:
        # Qt makes a photo current when the focus comes, and chooses none.
        if not self.selectedIndexes():
            current = self.currentIndex()
            self.setCurrentIndex(current if current.isValid() else self._photos.index(0))

    def _set_up_view(self) -> None:
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setDragEnabled(True)  # after setMovement, which turns it off
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setViewportMargins(_MARGIN, 0, 0, 0)
        self.setMouseTracking(True)

    def _fit(self) -> None:
        # Room for the scroll bar is kept, so that its coming and going does not move the tiles.
        width = self.width() - 2 * _MARGIN - 1
        self._columns = max(2, round(width / (self._tile_edge + GAP)))
        cell = self._delegate.cell_edge = max(1, width // self._columns)
        self._arrange()
        ratio = self.devicePixelRatioF()
        self._loader.set_size(round((cell - GAP) * ratio), round(RADIUS * ratio))
        self._look_soon()

    def _arrange(self) -> None:
        self.arrange(self._photos.sections, self._columns, self._delegate.cell_edge)

    def _ask(self, name: PhotoAction, index: QModelIndex | None = None) -> None:
        hit = None if index is None else self._photos.hit_at(index.row())
        ids = self.selected_ids() if index is None else (hit.photo_id,) if hit else ()
        if ids:
            self.action_asked.emit(name, ids, None)

    def _on_scrolled(self) -> None:
        self._look_soon()
        if words := self.tiles.title_at(self.verticalScrollBar().value() + self.viewport().height() // 3):
            self._pill.show_words(words)

    def _look_soon(self) -> None:
        if self.isVisible():
            self._settle.start()

    def _ask_for_rows(self) -> None:
        first, last = self.visible_rows()
        self.rows_seen.emit(first)
        page = self._photos.missing_page(first, last)
        if page is not None:
            self.rows_wanted.emit(*page)

    def _on_thumbnail(self, photo_id: int) -> None:
        row = self._photos.row_of(photo_id)
        if row is not None:
            self.viewport().update(self.visualRect(self._photos.index(row)))

    def _on_current(self, _current: QModelIndex, _previous: QModelIndex) -> None:
        self.chosen.emit(self.current_id())

    def _remember(self) -> None:
        self._kept = _Kept(self.selected_ids(), self.current_id(), self.verticalScrollBar().value())

    def _on_reset(self) -> None:
        self._arrange()
        kept, self._kept = self._kept, None
        if kept is not None and kept.chosen:
            self._choose_again(kept)
        if kept is not None:
            self.verticalScrollBar().setValue(kept.scrolled)
        self._look_soon()

    def _choose_again(self, kept: _Kept) -> None:
        rows = [row for row in map(self._photos.row_of, kept.chosen) if row is not None]
        for row in rows:
            self.selectionModel().select(self._photos.index(row), QItemSelectionModel.SelectionFlag.Select)
        focus = None if kept.current is None else self._photos.row_of(kept.current)
        if focus is not None:
            flag = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(self._photos.index(focus), flag)

    def sizeHint(self) -> QSize:
        """Four by three tiles."""
        return QSize(4 * self._tile_edge, 3 * self._tile_edge)
