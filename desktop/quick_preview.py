"""A look at one photo over the grid, as long as a person wants: Space shows it, Space or Escape takes it away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from desktop import notices
from desktop.asking import Asker
from desktop.picture_loader import PictureLoader
from desktop.theme import current_tokens
from engine.protocol.methods import PreviewRequest, PreviewResult

if TYPE_CHECKING:
    from desktop.engine_client import EngineClient, EngineFailure
    from desktop.photo_grid import PhotoGrid
    from desktop.photo_model import PhotoModel

_MARGIN: Final = 40
_CLOSING: Final = (Qt.Key.Key_Space, Qt.Key.Key_Escape)
_STEPS: Final[dict[int, int]] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class QuickPreview(QWidget):
    """Covers the grid; the arrow keys go on moving through the grid beneath, through near-copies first."""

    def __init__(self, client: EngineClient, photos: PhotoModel, grid: PhotoGrid) -> None:
        super().__init__(grid)
        self._photos = photos
        self._grid = grid
        self._asker = Asker(client, self)
        self._loader = PictureLoader(self)
        self._loader.loaded.connect(self._on_loaded)
        self._pixmap = QPixmap()
        self._words = ""
        self._members: tuple[int, ...] = ()  # the photos of the current tile
        self._place = 0
        self.setAccessibleName(self.tr("Preview"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.hide()
        grid.installEventFilter(self)
        grid.chosen.connect(self._on_chosen)

    def show_photo(self, photo_id: int) -> None:
        """Show this photo over the grid."""
        self.setGeometry(self._grid.rect())
        self.show()
        self.raise_()
        self.setFocus()
        self._show_tile(photo_id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close, step through the photos of one tile, or let the grid move."""
        place = self._place + _STEPS.get(event.key(), len(self._members))
        if event.key() in _CLOSING:
            self._close()
        elif 0 <= place < len(self._members):
            self._place = place
            self._ask(self._members[place])
        else:
            self._grid.keyPressEvent(event)

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        """Close."""
        self._close()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Stay as large as the grid."""
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._grid.rect())
        return False

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Dim the grid and paint the photo in the middle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        ground = QColor(current_tokens().window)
        ground.setAlpha(235)
        painter.fillRect(self.rect(), ground)
        if self._pixmap.isNull():
            painter.setPen(QColor(current_tokens().muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._words)
            return
        room = self.size() - QSize(2 * _MARGIN, 2 * _MARGIN)
        size = self._pixmap.size().scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
        target = QRectF((self.width() - size.width()) / 2, (self.height() - size.height()) / 2, *size.toTuple())
        painter.drawPixmap(target, self._pixmap, QRectF(self._pixmap.rect()))

    def _show_tile(self, photo_id: int) -> None:
        hit = self._photos.hit(photo_id)
        self._members, self._place = (photo_id, *(hit.group if hit is not None else ())), 0
        self._ask(photo_id)

    def _ask(self, photo_id: int) -> None:
        self._words = self.tr("One moment…")
        edge = max(256, round(max(self.width(), self.height()) * self.devicePixelRatioF()))
        request = PreviewRequest(photo_id, min(2048, edge))
        self._asker.ask_anew("preview", request, self._on_preview, self._on_failed)

    def _on_preview(self, preview: PreviewResult) -> None:
        self._loader.load(preview.path, preview.path, max(self.width(), self.height()) * 2)

    def _on_loaded(self, _key: object, picture: QImage) -> None:
        self._pixmap = QPixmap.fromImage(picture)
        self.update()

    def _on_failed(self, failure: EngineFailure) -> None:
        self._pixmap = QPixmap()
        self._words = notices.sentence(failure)
        self.update()

    def _on_chosen(self, photo_id: int | None) -> None:
        if self.isVisible() and photo_id is not None:
            self._show_tile(photo_id)

    def _close(self) -> None:
        self._asker.drop()
        self._loader.drop()
        self._pixmap = QPixmap()
        self.hide()
        self._grid.setFocus()
