"""The line over a large photo: back, name, position, zoom, the map and the facts, each also behind a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from desktop.elided_label import ElidedLabel
from desktop.wording import number, percent_text

if TYPE_CHECKING:
    from collections.abc import Sequence

Key = Qt.Key


class ViewerBar(QWidget):
    """Buttons and labels; what the buttons do is the viewer's."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.back = _button("←", self.tr("Back to the photos"), Key.Key_Escape)
        self.previous = _button("‹", self.tr("Previous photo"), Key.Key_Left)
        self.next = _button("›", self.tr("Next photo"), Key.Key_Right)
        self.zoom_out = _button("−", self.tr("Zoom out"), Key.Key_Minus)
        self.zoom_in = _button("+", self.tr("Zoom in"), Key.Key_Plus)
        self.fit = _button(self.tr("Fit"), self.tr("Show the whole photo"), Key.Key_0)
        self.map = _button(self.tr("Why?"), self.tr("Show where the words of the query are seen"), Key.Key_R)
        self.map.setCheckable(True)
        self.map.setEnabled(False)
        self.facts = _button(self.tr("Facts"), self.tr("Show the facts"), Key.Key_I)
        self.facts.setCheckable(True)
        self.facts.setChecked(True)
        self.title = ElidedLabel()
        self.zoom = QLabel()
        self.zoom.setAccessibleName(self.tr("Zoom"))
        self.position = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.addWidget(self.back)
        row.addWidget(self.title, 1)
        for widget in (self.previous, self.position, self.next, self.zoom_out, self.zoom, self.zoom_in):
            row.addWidget(widget)
        for button in (self.fit, self.map, self.facts):
            row.addWidget(button)

    def show_position(self, photo_id: int | None, order: Sequence[int]) -> None:
        """Say where in the order the photo stands; at an end one button rests."""
        place = order.index(photo_id) if photo_id in order else 0
        self.position.setText(self.tr("{n} of {all}").format(n=number(place + 1), all=number(max(1, len(order)))))
        self.previous.setEnabled(place > 0)
        self.next.setEnabled(place + 1 < len(order))

    def show_zoom(self, zoom: float) -> None:
        """Say how large the photo is shown, 1.0 for pixel by pixel."""
        self.zoom.setText(percent_text(round(zoom * 100)))


def _button(text: str, hint: str, key: Qt.Key) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setAutoRaise(True)
    shown = QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
    button.setToolTip(f"{hint} ({shown})")
    button.setAccessibleName(hint)
    return button
