"""The line at the bottom: what indexing does, and the size of the tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSlider, QWidget

from desktop.icons import wear_icon
from desktop.settings import TILE_EDGES

if TYPE_CHECKING:
    from desktop.index_status import IndexStatus

_HEIGHT: Final = 40  # so that the Pause button, which comes and goes, does not move the photos


class Footer(QFrame):
    """Holds the index status and the slider.

    Signals:
        tile_edge_changed(object): the edge that the slider says.
    """

    tile_edge_changed = Signal(object)

    def __init__(self, status: IndexStatus, tile_edge: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("footer")
        self.setMinimumHeight(_HEIGHT)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(TILE_EDGES.start, TILE_EDGES.stop - 1)
        self.slider.setPageStep(32)
        self.slider.setSingleStep(16)
        self.slider.setValue(tile_edge)
        self.slider.setFixedSize(120, 22)
        self.slider.setAccessibleName(self.tr("Size of the tiles"))
        self.slider.setToolTip(self.slider.accessibleName())
        self.slider.valueChanged.connect(self.tile_edge_changed.emit)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 16, 4)
        row.addWidget(status)
        row.addStretch(1)
        row.addWidget(_picture("grid-small"))
        row.addWidget(self.slider)
        row.addWidget(_picture("grid-large"))


def _picture(name: str) -> QLabel:
    label = QLabel()
    wear_icon(label, name, 16)
    return label
