"""Reads pictures that the engine wrote (thumbnails, previews) off the GUI thread; never an original photo."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import QImage, QImageReader

READ_PRIORITY = 10  # before thumbnails that somebody else may have queued in the same pool


class _Messenger(QObject):
    """Carries an image over the thread border. It outlives the loader for as long as a read is running."""

    read = Signal(object, QImage)


class PictureLoader(QObject):
    """Loads one picture at a time for one widget: the newest wanted one wins.

    Signals:
        loaded(key, image): the picture that was asked for last, with the key it was asked under.
        failed(key): that file is no picture that can be read.
    """

    loaded = Signal(object, QImage)
    failed = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._generation = 0
        self._key: object = None
        self._messenger = _Messenger()
        self._messenger.read.connect(self._on_read, Qt.ConnectionType.QueuedConnection)

    def load(self, key: object, path: str, max_edge: int | None = None) -> None:
        """Read ``path``, at most ``max_edge`` pixels long; ``key`` says later what it was for."""
        self._generation += 1
        self._key = key
        job = partial(_read, self._messenger, self._generation, path, max_edge)
        QThreadPool.globalInstance().start(job, READ_PRIORITY)

    def drop(self) -> None:
        """Want nothing any more."""
        self._generation += 1
        self._key = None

    def _on_read(self, generation: object, image: QImage) -> None:
        if generation != self._generation:
            return
        if image.isNull():
            self.failed.emit(self._key)
        else:
            self.loaded.emit(self._key, image)


def _read(messenger: _Messenger, generation: int, path: str, max_edge: int | None) -> None:
    reader = QImageReader(path)
    size = reader.size()
    if max_edge is not None and size.isValid() and max(size.width(), size.height()) > max_edge:
        reader.setScaledSize(size.scaled(QSize(max_edge, max_edge), Qt.AspectRatioMode.KeepAspectRatio))
    messenger.read.emit(generation, reader.read())
