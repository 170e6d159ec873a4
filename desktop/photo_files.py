"""Photos as files for other programs: on the clipboard, in a drag, and taken from what is dropped or pasted here."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QImage

from desktop.places import pasted_dir

if TYPE_CHECKING:
    from collections.abc import Sequence

RAW_SUFFIXES: Final = (".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2", ".pef", ".srw")
_RENDERED: Final = ("jpg", "jpeg", "jpe", "png", "webp", "heic", "heif", "avif", "gif", "bmp", "tif", "tiff", "jp2")
PHOTO_SUFFIXES: Final = (*RAW_SUFFIXES, *(f".{name}" for name in _RENDERED))
MAX_PHOTOS: Final = 8


def files_mime(paths: Sequence[Path]) -> QMimeData:
    """The files for pasting or dropping: as files, and as text for programs that want text."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    mime.setText("\n".join(str(path) for path in paths))
    return mime


def has_photos(mime: QMimeData) -> bool:
    """Whether there is something to search by."""
    return mime.hasImage() or bool(_photo_files(mime))


def photos_of(mime: QMimeData) -> tuple[Path, ...]:
    """Photo files of a drop or a paste, at most ``MAX_PHOTOS``; a picture without a file is written to one first."""
    files = _photo_files(mime)
    if files or not mime.hasImage():
        return files
    return _write_picture(QImage(mime.imageData()))


def forget_pasted() -> None:
    """Delete the pictures pasted earlier."""
    for file in pasted_dir().glob("*.png"):
        file.unlink(missing_ok=True)


def photo_files(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Those that are named like photos, at most ``MAX_PHOTOS``."""
    return tuple(path for path in paths if path.suffix.lower() in PHOTO_SUFFIXES and not path.is_dir())[:MAX_PHOTOS]


def folders_of(mime: QMimeData) -> tuple[str, ...]:
    """The folders of a drop."""
    return tuple(str(path) for path in _local_paths(mime) if path.is_dir())


def _photo_files(mime: QMimeData) -> tuple[Path, ...]:
    return photo_files(_local_paths(mime))


def _local_paths(mime: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()] if mime.hasUrls() else []


def _write_picture(picture: QImage) -> tuple[Path, ...]:
    pasted_dir().mkdir(parents=True, exist_ok=True)
    file = pasted_dir() / f"{uuid.uuid4().hex}.png"
    return (file,) if not picture.isNull() and picture.save(str(file), "PNG") else ()  # type: ignore[call-overload]  # the stub wants bytes, Qt takes text
