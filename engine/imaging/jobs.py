"""What goes into the decode pool and what comes out (values only; a worker imports this before it restricts itself)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from engine.imaging.metadata import PhotoFacts
    from engine.imaging.preprocess import InputSpec
    from engine.protocol import IssueReason


THUMBNAIL_EDGE = 320


@dataclass(frozen=True, slots=True)
class DecodeJob:
    """One photo to decode, for the image towers of ``specs``. ``key`` is the caller's own and comes back unchanged.

    ``thumbnail_edge`` is the thumbnail's longest side in pixels: a preview is a large thumbnail.
    """

    key: int
    path: Path
    specs: tuple[InputSpec, ...]
    thumbnail: bool = True
    thumbnail_edge: int = THUMBNAIL_EDGE


@dataclass(frozen=True, slots=True)
class Decoded:
    """A photo that was decoded: per spec uint8 pixels of shape (size, size, 3), and the thumbnail as a JPEG file.

    ``pixel_digest`` is None where no image tower was to see the photo.
    """

    key: int
    facts: PhotoFacts
    inputs: tuple[NDArray[np.uint8], ...]
    thumbnail: bytes | None
    pixel_digest: bytes | None = None


@dataclass(frozen=True, slots=True)
class Packed:
    """The same as a worker sends it: ``decoded`` without inputs, and the bytes of those.

    A worker needs no arrays: importing NumPy would take a third of the time it needs to start, and 20 MB of memory.
    """

    decoded: Decoded
    inputs: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """A photo that could not be decoded. ``detail`` is for the log and the issue list, at most 300 characters."""

    key: int
    reason: IssueReason
    detail: str
