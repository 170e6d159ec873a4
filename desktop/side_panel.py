"""The right-hand side of the window: one panel at a time, made when it is first wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from desktop.icons import wear_icon

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QKeyEvent


@dataclass(frozen=True, slots=True)
class PanelEntry:
    """A panel that can be opened: its key for the settings, its title, and how to make it."""

    key: str
    title: str
    make: Callable[[], QWidget]


class SidePanel(QFrame):
    """A registry of panels, and the place where one of them is shown.

    Signals:
        opened(object): the key of the panel that is shown now, "" for none.
    """

    opened = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidePanel")
        self.key = ""
        self._entries: dict[str, PanelEntry] = {}
        self._made: dict[str, QWidget] = {}
        self._title = QLabel()
        self._title.setObjectName("heading")
        close = QToolButton()
        wear_icon(close, "close", 16)
        close.setAccessibleName(self.tr("Close the panel"))
        close.setToolTip(close.accessibleName())
        close.clicked.connect(self.close_panel)
        self._stack = QStackedWidget()
        head = QHBoxLayout()
        head.setContentsMargins(8, 0, 0, 0)
        head.addWidget(self._title, 1)
        head.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.addLayout(head)
        column.addWidget(self._stack, 1)
        self.setMinimumWidth(300)
        self.hide()

    def register(self, entry: PanelEntry) -> None:
        """Make a panel known; nothing is built yet."""
        self._entries[entry.key] = entry

    def panel(self, key: str) -> QWidget:
        """The panel, made if need be, shown or not."""
        if key not in self._made:
            self._made[key] = self._entries[key].make()
            self._stack.addWidget(self._made[key])
        return self._made[key]

    def open_panel(self, key: str) -> QWidget:
        """Show a panel and give it back."""
        panel = self.panel(key)
        self._stack.setCurrentWidget(panel)
        self._title.setText(self._entries[key].title)
        self.setAccessibleName(self._entries[key].title)
        self.show()
        self._set_key(key)
        return panel

    def toggle_panel(self, key: str) -> None:
        """Show a panel, or take it away when it is the one shown."""
        if self.key == key:
            self.close_panel()
        else:
            self.open_panel(key)

    def close_panel(self) -> None:
        """Show none."""
        self.hide()
        self._set_key("")

    def has_panel(self, key: str) -> bool:
        """Whether there is a panel of this key to open."""
        return key in self._entries

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_panel()
        else:
            super().keyPressEvent(event)

    def _set_key(self, key: str) -> None:
        if key != self.key:
            self.key = key
            self.opened.emit(key)
