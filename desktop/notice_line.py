"""One calm sentence inside a panel, with at most one thing to do about it. It never pops up and never blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable


class NoticeLine(QFrame):
    """Hidden until there is something to say; ``say`` replaces what was said before."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")  # the style sheet's names
        self._action: Callable[[], None] | None = None
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.button = QPushButton()
        self.button.setObjectName("link")
        self.button.clicked.connect(self._on_clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.addWidget(self.label, 1)
        row.addWidget(self.button)
        self.hide()

    def say(self, sentence: str, action: str = "", do: Callable[[], None] | None = None) -> None:
        """Show ``sentence``, and a button named ``action`` that calls ``do`` once and hides the line."""
        self._action = do
        self.label.setText(sentence)
        self.button.setText(action)
        self.button.setVisible(do is not None)
        self.setAccessibleName(sentence)
        self.show()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def clear(self) -> None:
        """Say nothing."""
        self._action = None
        self.label.clear()
        self.hide()

    def text(self) -> str:
        """What is being said, "" for nothing."""
        return self.label.text()

    def _on_clicked(self) -> None:
        action = self._action
        self.clear()
        if action is not None:
            action()
