"""One line over the photos about the engine: it restarts, it is given up, another program writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable


class Banner(QFrame):
    """Hidden while there is nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._do: Callable[[], None] | None = None
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.button = QPushButton()
        self.button.setObjectName("link")
        self.button.clicked.connect(self._on_clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 8, 8)
        row.addWidget(self.label, 1)
        row.addWidget(self.button)
        self.hide()

    def say(self, sentence: str, tone: Literal["calm", "warn"] = "calm") -> None:
        """Show a sentence without anything to press."""
        self.offer(sentence, "", None, tone)

    def offer(
        self, sentence: str, action: str, do: Callable[[], None] | None, tone: Literal["calm", "warn"] = "warn"
    ) -> None:
        """Show a sentence and one thing to do about it."""
        self._do = do
        self.label.setText(sentence)
        self.setAccessibleName(sentence)
        self.button.setText(action)
        self.button.setVisible(do is not None)
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            for widget in (self, self.label, self.button):
                widget.style().unpolish(widget)
                widget.style().polish(widget)
        self.show()

    def _on_clicked(self) -> None:
        if self._do is not None:
            self._do()
