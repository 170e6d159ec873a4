"""The icon in the tray, where there is one: brings the window forward, and says when a long indexing has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon

from desktop.icons import icon_pixmap

if TYPE_CHECKING:
    from engine.protocol import IndexReport


class Tray(QObject):
    """Does nothing where there is no tray.

    Signals:
        raise_asked(): the person wants to see the window.
    """

    raise_asked = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._menu: QMenu | None = None
        self._icon: QSystemTrayIcon | None = None
        if QSystemTrayIcon.isSystemTrayAvailable():
            self._show_icon()

    def tell_finished(self, report: IndexReport) -> None:
        """Say that a long indexing has ended, unless the person is looking at the window anyway."""
        if self._icon is not None and QApplication.activeWindow() is None:
            self._icon.showMessage("Balloon", self.finished_text(report), self._icon.icon())

    def finished_text(self, report: IndexReport) -> str:
        """The words of the notification."""
        return self.tr("%Ln new photo(s) can be searched", "", report.embedded)

    def _show_icon(self) -> None:
        self._icon = QSystemTrayIcon(QIcon(icon_pixmap("balloon", 64, "#000000")), self)
        self._icon.setToolTip("Balloon")
        self._menu = QMenu()
        self._menu.addAction(self.tr("Show Balloon")).triggered.connect(self.raise_asked)
        self._menu.addAction(self.tr("Quit")).triggered.connect(QApplication.quit)
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._on_activated)
        self._icon.messageClicked.connect(self.raise_asked)
        self._icon.show()

    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason == QSystemTrayIcon.ActivationReason.Trigger:
            self.raise_asked.emit()
