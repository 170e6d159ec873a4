"""The month beside the scroll bar while a list by date is scrolled."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QAbstractScrollArea, QLabel

_SHOWN_MS: Final = 1200
_GAP: Final = 8


class DatePill(QLabel):
    """Shows itself at the height of the scroll bar's handle and goes away by itself."""

    def __init__(self, area: QAbstractScrollArea) -> None:
        super().__init__(area)
        self.setObjectName("datePill")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._area = area
        self._timer = QTimer(self, singleShot=True, interval=_SHOWN_MS)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def show_words(self, words: str) -> None:
        """Say this for a moment."""
        self.setText(words)
        self.adjustSize()
        bar = self._area.verticalScrollBar()
        share = bar.value() / max(1, bar.maximum())
        left = self._area.width() - bar.width() - self.width() - _GAP
        self.move(left, _GAP + round(share * (self._area.height() - self.height() - 2 * _GAP)))
        self.show()
        self._timer.start()
