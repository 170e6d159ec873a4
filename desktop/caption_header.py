"""Which photo a panel talks about: its thumbnail, name, date and camera."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from desktop.picture_loader import PictureLoader
from desktop.wording import breakable, file_name, short_date

if TYPE_CHECKING:
    from engine.protocol.methods import PhotoDetails

THUMBNAIL_EDGE = 72


class CaptionHeader(QWidget):
    """A thumbnail beside the photo's name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture = QLabel()
        self.picture.setFixedSize(THUMBNAIL_EDGE, THUMBNAIL_EDGE)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.title = QLabel()
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setWordWrap(True)
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.detail = QLabel()
        self.detail.setObjectName("muted")
        self.detail.setTextFormat(Qt.TextFormat.PlainText)
        self.detail.setWordWrap(True)
        for label in (self.title, self.detail):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        words = QVBoxLayout()
        words.addStretch()
        words.addWidget(self.title)
        words.addWidget(self.detail)
        words.addStretch()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.picture)
        row.addLayout(words, 1)
        self._loader = PictureLoader(self)
        self._loader.loaded.connect(self._on_loaded)

    def clear(self) -> None:
        """Show no photo."""
        self._loader.drop()
        self.picture.clear()
        self.title.clear()
        self.detail.clear()

    def show_details(self, details: PhotoDetails) -> None:
        """Show a photo; its thumbnail follows when it is read."""
        name = file_name(details.paths[0]) if details.paths else ""
        self.title.setText(breakable(name))
        facts = [short_date(details.taken_at), details.camera or ""]
        self.detail.setText(" · ".join(fact for fact in facts if fact))
        self.picture.setAccessibleName(self.tr("Thumbnail of {name}").format(name=name))
        if details.thumbnail is not None:
            self._loader.load(details.photo_id, details.thumbnail, THUMBNAIL_EDGE * 2)

    def _on_loaded(self, _photo_id: object, image: QImage) -> None:
        ratio = self.devicePixelRatioF()
        edge = round(THUMBNAIL_EDGE * ratio)
        pixmap = QPixmap.fromImage(image).scaled(
            QSize(edge, edge), Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        pixmap.setDevicePixelRatio(ratio)
        self.picture.setPixmap(pixmap)
