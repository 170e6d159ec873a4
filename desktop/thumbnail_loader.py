"""Reads the engine's thumbnails outside the GUI thread; keeps the newest ones, by photo id.

Workers make square ``QImage``s with rounded corners; only the GUI thread makes ``QPixmap``s of them.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, QRect, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import QBrush, QImage, QImageReader, QPainter, QPixmap

_CACHE_BYTES: Final = 160 * 1024 * 1024
_MAX_WANTED: Final = 300


@dataclass(frozen=True, slots=True)
class _Job:
    generation: int
    photo_id: int
    path: str
    edge: int
    radius: int


@dataclass(frozen=True, slots=True)
class _Kept:
    path: str
    pixmap: QPixmap


class ThumbnailLoader(QObject):
    """A least-recently-used store of tile pictures.

    What was asked for last is read first, so that a fast scroll shows where it ends. A result of an earlier
    generation (another tile size) is dropped.

    Signals:
        ready(object): the photo id of a picture that can be painted now.
    """

    ready = Signal(object)
    _read = Signal(object, QImage)

    def __init__(self, parent: QObject | None = None, *, cache_bytes: int = _CACHE_BYTES) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(2)
        self._cache_bytes = cache_bytes
        self._generation = 0
        self._edge, self._radius = 0, 0
        self._kept: OrderedDict[int, _Kept] = OrderedDict()
        self._wanted: OrderedDict[int, _Job] = OrderedDict()
        self._running: set[int] = set()
        self._failed: dict[int, str] = {}
        self._read.connect(self._on_read, Qt.ConnectionType.QueuedConnection)

    def set_size(self, edge: int, radius: int) -> None:
        """Tiles are ``edge`` device pixels wide from now on; pictures of another size are kept until replaced."""
        if (edge, radius) != (self._edge, self._radius):
            self._edge, self._radius = edge, radius
            self._generation += 1
            self._wanted.clear()

    def pixmap(self, photo_id: int, path: str) -> QPixmap | None:
        """The photo's tile, or None; what is missing, or of another size, is read and announced by ``ready``."""
        kept = self._kept.get(photo_id)
        if kept is not None:
            self._kept.move_to_end(photo_id)
        if kept is None or kept.path != path or kept.pixmap.width() != self._edge:
            self._want(photo_id, path)
        return kept.pixmap if kept is not None and kept.path == path else None

    def has_failed(self, photo_id: int) -> bool:
        """Whether the thumbnail could not be read."""
        return photo_id in self._failed

    def retry_failed(self) -> None:
        """Forget what could not be read: the engine may have written it by now."""
        self._failed.clear()

    def stop(self) -> None:
        """Drop what is wanted and wait for what is being read."""
        self._wanted.clear()
        self._generation += 1
        self._pool.waitForDone()

    def _want(self, photo_id: int, path: str) -> None:
        if photo_id in self._running or self._failed.get(photo_id) == path or self._edge <= 0:
            return
        self._wanted[photo_id] = _Job(self._generation, photo_id, path, self._edge, self._radius)
        self._wanted.move_to_end(photo_id)
        if len(self._wanted) > _MAX_WANTED:
            self._wanted.popitem(last=False)
        self._start_next()

    def _start_next(self) -> None:
        while self._wanted and len(self._running) < 2 * self._pool.maxThreadCount():
            photo_id, job = self._wanted.popitem()
            self._running.add(photo_id)
            self._pool.start(partial(self._work, job))

    def _work(self, job: _Job) -> None:
        self._read.emit(job, read_tile(job.path, job.edge, job.radius))

    def _on_read(self, job: _Job, image: QImage) -> None:
        self._running.discard(job.photo_id)
        if job.generation == self._generation:
            if image.isNull():
                self._failed[job.photo_id] = job.path
            else:
                self._failed.pop(job.photo_id, None)
                self._keep(job, QPixmap.fromImage(image))
        self._start_next()
        self.ready.emit(job.photo_id)

    def _keep(self, job: _Job, pixmap: QPixmap) -> None:
        self._kept[job.photo_id] = _Kept(job.path, pixmap)
        self._kept.move_to_end(job.photo_id)
        while len(self._kept) * 4 * self._edge**2 > self._cache_bytes:
            self._kept.popitem(last=False)


def read_tile(path: str, edge: int, radius: int) -> QImage:
    """Read one of the engine's JPEGs as a square with rounded corners, ``edge`` pixels; null when it cannot be read."""
    # Only JPEG: the engine writes nothing else, and no other decoder of Qt shall ever see a file.
    reader = QImageReader(path, b"jpeg")
    reader.setDecideFormatFromContent(False)
    size = reader.size()
    if size.isEmpty():
        return QImage()
    wanted = size.scaled(QSize(edge, edge), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
    reader.setScaledSize(wanted)
    picture = reader.read()
    return picture if picture.isNull() else _rounded(picture, edge, radius)


def _rounded(picture: QImage, edge: int, radius: int) -> QImage:
    left, top = (picture.width() - edge) // 2, (picture.height() - edge) // 2
    square = picture.copy(QRect(left, top, edge, edge))
    tile = QImage(edge, edge, QImage.Format.Format_ARGB32_Premultiplied)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(square))
    painter.drawRoundedRect(QRect(0, 0, edge, edge), radius, radius)
    painter.end()
    return tile
