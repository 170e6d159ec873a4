"""The line of the search field: typing, and photos that are pasted into it or dropped on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
)
from PySide6.QtWidgets import QLineEdit, QWidget

from desktop.photo_files import folders_of, has_photos, photos_of

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData


class SearchEdit(QLineEdit):
    """A line edit that takes photos too.

    Signals:
        photos_given(object): paths of photo files, a tuple.
        down_pressed(): the arrow key; the bar decides where to.
        focus_changed(object): whether the line has the focus.
    """

    photos_given = Signal(object)
    down_pressed = Signal()
    focus_changed = Signal(object)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Paste photos, go down, or clear with Escape; all else is typing."""
        if event.matches(QKeySequence.StandardKey.Paste) and self.paste_photos(QGuiApplication.clipboard().mimeData()):
            return
        if event.key() == Qt.Key.Key_Down:
            self.down_pressed.emit()
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)

    def paste_photos(self, mime: QMimeData) -> bool:
        """Take photos from the clipboard; False when there are none, and the text is to be pasted."""
        paths = photos_of(mime) if has_photos(mime) else ()
        if paths:
            self.photos_given.emit(paths)
        return bool(paths)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Photos are welcome, and so is text."""
        if has_photos(event.mimeData()):
            event.acceptProposedAction()
        else:
            super().dragEnterEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Take photos, else the text."""
        if self.paste_photos(event.mimeData()):
            event.acceptProposedAction()
        else:
            super().dropEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tell the frame, which wears the ring."""
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell the frame."""
        super().focusOutEvent(event)
        self.focus_changed.emit(False)


class PhotoDrops(QObject):
    """Takes photos dropped on a widget that does not know of drops. For an item view give its viewport.

    Signals:
        photos_given(object): paths of photo files, a tuple.
        folders_given(object): paths of folders, a tuple of texts.
    """

    photos_given = Signal(object)
    folders_given = Signal(object)

    def __init__(self, target: QWidget, own_source: QObject | None = None) -> None:
        super().__init__(target)
        self._own_source = own_source
        target.setAcceptDrops(True)
        target.installEventFilter(self)

    def eventFilter(self, _target: QObject, event: QEvent) -> bool:
        """Handle drops of photos from elsewhere; leave all other events alone."""
        if isinstance(event, QDropEvent) and self._is_ours(event):
            if event.type() == QEvent.Type.Drop and not isinstance(event, (QDragEnterEvent, QDragMoveEvent)):
                self._tell(event.mimeData())
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            return True
        return False

    def _tell(self, mime: QMimeData) -> None:
        if folders := folders_of(mime):
            self.folders_given.emit(folders)
        if has_photos(mime):
            self.photos_given.emit(photos_of(mime))

    def _is_ours(self, event: QDropEvent) -> bool:
        mime = event.mimeData()
        has_ours = has_photos(mime) or bool(folders_of(mime))
        return has_ours and (self._own_source is None or event.source() is not self._own_source)
