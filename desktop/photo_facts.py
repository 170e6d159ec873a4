"""The facts side of the viewer: date, camera, size, place, every path with the same bytes, captions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from desktop.caption_model import LANGUAGE_NAMES, source_name
from desktop.copyable_label import CopyableLabel
from desktop.theme import grown
from desktop.wording import breakable, breakable_path, byte_size, file_name, long_date, number, place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.protocol.methods import CaptionRow, PhotoDetails

WIDTH = 272


class PhotoFacts(QScrollArea):
    """What is known about a photo, as text that can be selected.

    Signals:
        captions_wanted(): look for captions that fit.
    """

    captions_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedWidth(grown(WIDTH))
        self.setAccessibleName(self.tr("Facts about the photo"))
        self.clear()

    def clear(self) -> None:
        """Know nothing."""
        self.setWidget(QWidget())

    def show_details(self, details: PhotoDetails) -> None:
        """Show what is known; what is unknown takes no room."""
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(2)
        known_as = file_name(details.paths[0]) if details.paths else ""
        name = CopyableLabel(known_as, breakable(known_as))
        font = name.font()
        font.setBold(True)
        name.setFont(font)
        column.addWidget(name)
        if details.is_offline:
            column.addWidget(CopyableLabel(self.tr("The folder of this photo is not connected.")))
        for title, text in self._facts(details):
            _add_section(column, title, [CopyableLabel(text)])
        paths = self.tr("%Ln file(s) with this picture", "", len(details.paths))
        _add_section(column, paths, [_path_label(path.path) for path in details.paths])
        self._add_captions(column, details)
        column.addStretch()
        self.setWidget(page)

    def text(self) -> str:
        """All that is shown, line by line."""
        return "\n".join(label.text() for label in self.findChildren(QLabel))

    def _facts(self, details: PhotoDetails) -> list[tuple[str, str]]:
        facts = [(self.tr("Taken"), long_date(details.taken_at)), (self.tr("Camera"), details.camera or "")]
        size = [details.format or "", byte_size(details.byte_size)]
        if details.width and details.height:
            size.insert(0, f"{number(details.width)} × {number(details.height)}")
        facts.append((self.tr("Size"), " · ".join(part for part in size if part)))
        if details.latitude is not None and details.longitude is not None:
            facts.append((self.tr("Place"), place(details.latitude, details.longitude)))
        return [(title, text) for title, text in facts if text]

    def _add_captions(self, column: QVBoxLayout, details: PhotoDetails) -> None:
        labels = [CopyableLabel(_caption_text(row)) for row in details.captions]
        _add_section(column, self.tr("Captions"), labels or [CopyableLabel(self.tr("None yet"))])
        button = QPushButton(self.tr("Find similar captions"))
        button.clicked.connect(self.captions_wanted)
        column.addSpacing(8)
        column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)


def _path_label(path: str) -> QLabel:
    label = CopyableLabel(path, breakable_path(path))
    label.setToolTip(path)
    label.setAccessibleName(path)
    return label


def _caption_text(row: CaptionRow) -> str:
    parts = [source_name(row.source), LANGUAGE_NAMES.get(row.language or "", "")]
    return f"{row.text}\n{' · '.join(part for part in parts if part)}"


def _add_section(column: QVBoxLayout, title: str, labels: Sequence[QLabel]) -> None:
    heading = QLabel(title)
    heading.setObjectName("muted")
    font = heading.font()
    font.setPointSizeF(font.pointSizeF() * 0.85)
    font.setBold(True)
    heading.setFont(font)
    column.addSpacing(8)
    column.addWidget(heading)
    for label in labels:
        column.addWidget(label)
