"""Previews: large JPEGs for the viewer, kept by size and digest, the longest unused removed when there are too many.

They are derived data, made again from the photo when it is looked at. Captions, vectors and thumbnails are not here.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.imaging.thumbnails import ThumbnailStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BYTES = 512 * 1024 * 1024  # about a thousand photos at the size of a large screen


@dataclass(frozen=True, slots=True)
class _Kept:
    """A preview on disk."""

    used_ns: int
    byte_size: int
    path: Path


class PreviewStore:
    """The folder of previews. Any process may remove one at any time: a preview that is gone is made again."""

    def __init__(self, root: Path, max_bytes: int = MAX_BYTES) -> None:
        self._root = root
        self._max_bytes = max_bytes

    def path_of(self, digest: bytes, edge: int) -> Path:
        """Where the preview of a content at most ``edge`` pixels long is, or would be."""
        return self._of_size(edge).path_of(digest)

    def has(self, digest: bytes, edge: int) -> bool:
        """True when the preview is there; it then counts as just used."""
        path = self.path_of(digest, edge)
        if not path.is_file():
            return False
        with contextlib.suppress(OSError):  # a library that may not be written has nothing removed either
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
        return True

    def write(self, digest: bytes, edge: int, data: bytes) -> None:
        """Write a preview, then remove the longest unused until ``max_bytes`` hold the rest. Raises ``OSError``."""
        self._of_size(edge).write(digest, data)
        self._trim(keep=self.path_of(digest, edge))

    def clear(self) -> int:
        """Remove every preview; the bytes that this freed. One that cannot be removed stays."""
        return sum(kept.byte_size for kept in list(self._kept()) if _remove(kept.path))

    def _trim(self, keep: Path) -> None:
        previews = sorted(self._kept(), key=lambda kept: kept.used_ns)
        excess = sum(kept.byte_size for kept in previews) - self._max_bytes
        for kept in previews:
            if excess <= 0:
                return
            if kept.path != keep and _remove(kept.path):
                excess -= kept.byte_size

    def _kept(self) -> Iterator[_Kept]:
        # Only files that carry the name of a preview: whatever else lies in the folder is somebody's, and stays.
        for folder in self._root.glob("*"):
            if not folder.name.isdecimal() or folder.is_symlink():
                continue
            store = ThumbnailStore(folder)
            for digest in store.digests():
                path = store.path_of(digest)
                with contextlib.suppress(FileNotFoundError):  # removed by another process meanwhile
                    facts = path.stat()
                    yield _Kept(facts.st_atime_ns, facts.st_size, path)

    def _of_size(self, edge: int) -> ThumbnailStore:
        return ThumbnailStore(self._root / str(edge))


def _remove(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:  # gone already, or open in the viewer on Windows
        return False
    return True
