"""Shows one picture with zoom and pan. Scene units are pixels of the original photo.

So a thumbnail, a preview and a sharper preview of the same photo replace each other without a jump.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QPixmap, QResizeEvent, QTransform, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsPixmapItem, QGraphicsScene, QGraphicsView, QWidget

ZOOM_STEP = 1.25
WHEEL_NOTCH = 120.0
MAX_ZOOM = 8.0
MIN_EDGE_PX = 64  # a photo is never made smaller than this
PAN_STEP_PX = 80
Mode = Qt.TransformationMode


class PhotoCanvas(QGraphicsView):
    """A picture, fitted to the window until somebody zooms.

    Signals:
        zoom_changed(zoom): screen pixels per pixel of the original photo.
        sharper_wanted(edge): the picture is shown larger than it is; ``edge`` pixels would be sharp.
    """

    zoom_changed = Signal(float)
    sharper_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene = QGraphicsScene(self)
        self._photo = QGraphicsPixmapItem()
        self._photo.setTransformationMode(Mode.SmoothTransformation)
        self._heat = QGraphicsPixmapItem()
        self._heat.setTransformationMode(Mode.SmoothTransformation)
        self._heat.setZValue(1)
        self._scene.addItem(self._photo)
        self._scene.addItem(self._heat)
        self._full = QSize()
        self._is_fitted = True
        self.setScene(self._scene)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.AnchorViewCenter)
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    @property
    def zoom(self) -> float:
        """Screen pixels per pixel of the original photo."""
        return self.transform().m11() * self.devicePixelRatioF()

    @property
    def is_fitted(self) -> bool:
        """True while the whole photo is kept in sight."""
        return self._is_fitted

    @property
    def has_heat(self) -> bool:
        """True while a relevance map lies over the photo."""
        return not self._heat.pixmap().isNull()

    def picture_size(self) -> QSize:
        """Pixels of the picture that is shown, empty for none."""
        return self._photo.pixmap().size()

    def clear(self) -> None:
        """Show nothing and fit the next photo."""
        self._photo.setPixmap(QPixmap())
        self._heat.setPixmap(QPixmap())
        self._full = QSize()
        self._is_fitted = True

    def set_picture(self, image: QImage, original_edge: int | None) -> None:
        """Show ``image``; ``original_edge`` is the photo's longer edge in pixels, None while it is unknown."""
        edge = max(image.width(), image.height())
        full = image.size() * (max(original_edge or edge, 1) / max(edge, 1))
        heat = self._heat.pixmap()
        self._photo.setPixmap(QPixmap.fromImage(image))
        self._photo.setTransform(QTransform.fromScale(full.width() / image.width(), full.height() / image.height()))
        if full != self._full:
            self._full = full
            self._scene.setSceneRect(QRectF(0, 0, full.width(), full.height()))
            self._place_heat(heat)
        self._settle()

    def set_heat(self, image: QImage | None) -> None:
        """Lay a relevance map over the whole photo, or take it away."""
        self._place_heat(QPixmap() if image is None else QPixmap.fromImage(image))

    def fit(self) -> None:
        """Keep the whole photo in sight; a small one is not blown up."""
        self._is_fitted = True
        self._settle()

    def show_actual_size(self) -> None:
        """One pixel of the photo on one pixel of the screen."""
        self._zoom_to(1.0)

    def zoom_by(self, factor: float) -> None:
        """Make it ``factor`` times as large."""
        self._zoom_to(self.zoom * factor)

    def pan(self, right: int, down: int) -> None:
        """Move the window over the photo by steps."""
        across, along = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() + right * PAN_STEP_PX)
        along.setValue(along.value() + down * PAN_STEP_PX)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel zooms where the pointer is; a touch pad's small steps zoom little."""
        if event.angleDelta().y():
            self.zoom_by(ZOOM_STEP ** (event.angleDelta().y() / WHEEL_NOTCH))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """All keys belong to the viewer."""
        event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A fitted photo stays fitted."""
        super().resizeEvent(event)
        self._settle()

    def _fitting_zoom(self) -> float:
        ratio = self.devicePixelRatioF()
        width, height = self.viewport().width() * ratio, self.viewport().height() * ratio
        return min(width / max(1, self._full.width()), height / max(1, self._full.height()), 1.0)

    def _zoom_to(self, zoom: float) -> None:
        if self._full.isEmpty():
            return
        smallest = min(self._fitting_zoom(), MIN_EDGE_PX / max(self._full.width(), self._full.height()))
        self._is_fitted = False
        self._apply(min(max(zoom, smallest), MAX_ZOOM))

    def _settle(self) -> None:
        if self._full.isEmpty():
            return
        self._apply(self._fitting_zoom() if self._is_fitted else self.zoom)

    def _apply(self, zoom: float) -> None:
        scale = zoom / self.devicePixelRatioF()
        self.setTransform(QTransform.fromScale(scale, scale))
        self.zoom_changed.emit(zoom)
        edge = round(zoom * max(self._full.width(), self._full.height()))
        if edge > max(self.picture_size().width(), self.picture_size().height()):
            self.sharper_wanted.emit(edge)

    def _place_heat(self, pixmap: QPixmap) -> None:
        self._heat.setPixmap(pixmap)
        if not pixmap.isNull() and not self._full.isEmpty():
            across, down = self._full.width() / pixmap.width(), self._full.height() / pixmap.height()
            self._heat.setTransform(QTransform.fromScale(across, down))
