"""A label whose text can be broken anywhere when it is shown, and is the true one when it is copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QClipboard, QGuiApplication, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QLabel, QMenu

from desktop.wording import BREAK

if TYPE_CHECKING:
    from PySide6.QtGui import QContextMenuEvent, QKeyEvent
    from PySide6.QtWidgets import QWidget

_QT, _ANY = "utf-16-le", "surrogatepass"
SELECTABLE = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard


class CopyableLabel(QLabel):
    """Plain text, wrapped, to be selected. ``shown`` is the same with zero-width spaces where it may be broken."""

    def __init__(self, text: str, shown: str | None = None, parent: QWidget | None = None) -> None:
        self._true = text.replace("\r\n", "\n")
        super().__init__(self._true if shown is None else shown, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setTextInteractionFlags(SELECTABLE)

    def copy(self, mode: QClipboard.Mode = QClipboard.Mode.Clipboard) -> None:
        """Put what is selected on the clipboard as it truly is; with nothing selected that stays as it was."""
        if self.hasSelectedText():
            QGuiApplication.clipboard().setText(self._selected(), mode)

    def _selected(self) -> str:
        start, length = self.selectionStart(), len(self.selectedText().encode(_QT, _ANY))
        units = self.text().encode(_QT, _ANY)  # Qt counts in UTF-16
        before = self._length(units[: 2 * start].decode(_QT, _ANY))
        return self._true[before : self._length(units[: 2 * start + length].decode(_QT, _ANY))]

    def _length(self, shown: str) -> int:
        """How many characters of the true text these first ones of the shown one are."""
        true = 0
        for character in shown:
            true += character != BREAK or self._true[true : true + 1] == BREAK
        return true

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy by ourselves: Qt's own would take the zero-width spaces along."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            event.accept()
            return
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """On X11 what is selected can be pasted by the middle button at once."""
        super().mouseReleaseEvent(event)
        if QGuiApplication.clipboard().supportsSelection():
            self.copy(QClipboard.Mode.Selection)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what Qt's own menu offers."""
        self.menu().popup(event.globalPos())

    def menu(self) -> QMenu:
        """Copy and Select all, for what is selected now."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = QAction(self.tr("Copy"), menu, enabled=self.hasSelectedText())
        copy.triggered.connect(lambda _checked: self.copy())
        select = QAction(self.tr("Select all"), menu, enabled=bool(self.text()))
        select.triggered.connect(lambda: self.setSelection(0, len(self.text().encode(_QT, _ANY)) // 2))
        menu.addActions([copy, select])
        return menu
