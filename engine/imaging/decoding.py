"""One file becomes one upright sRGB picture and its facts, or a ``PhotoError`` that says why not.

Meant for the decode worker: it trusts nothing in the file. The format is told from the bytes, only the formats named in
``formats`` are ever tried, and the declared size is checked before anything is decoded.
"""

from __future__ import annotations

import errno
import stat
import struct
import warnings
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PIL import Image, UnidentifiedImageError

from engine.errors import PhotoError
from engine.imaging.colour import to_srgb
from engine.imaging.formats import HEAD_SIZE, PHOTO_SUFFIXES, RAW_SUFFIXES, load_plugins, sniff
from engine.imaging.metadata import PhotoFacts, read_exif, read_facts, read_orientation
from engine.protocol import IssueReason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["PHOTO_SUFFIXES", "DecodeLimits", "decode"]

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_QUARTER_TURN = 5  # from this orientation on, width and height change places
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESTALE})
_DECODER_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
_LONGEST_DETAIL = 300
_BAD_SEEK = frozenset({errno.EINVAL, errno.EOVERFLOW, errno.EFBIG})  # a decoder followed an offset in a broken file


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """What is refused before decoding: pixels as the header declares them, bytes as the file system does."""

    max_pixels: int = 250_000_000
    max_byte_size: int = 512 * 1024 * 1024


DEFAULT_LIMITS = DecodeLimits()


def decode(path: Path, *, min_edge: int, limits: DecodeLimits = DEFAULT_LIMITS) -> tuple[Image.Image, PhotoFacts]:
    """Decode the photo at ``path`` to an upright RGB picture in sRGB, without metadata, and its facts.

    The picture may be scaled down by a whole factor where that is cheap (JPEG: while decoding), but its shorter side
    stays at least ``min_edge`` pixels long if the photo's is. Of an animation the first frame is taken.
    Not for several threads at once: Pillow's pixel limit is process-wide. Raises ``PhotoError``.
    """
    with _errors_as_issues(), _pixel_limit(limits.max_pixels):
        _check_file(path, limits)
        with path.open("rb") as stream:
            sniffed = sniff(stream.read(HEAD_SIZE))
            stream.seek(0)
            if path.suffix.lower() in RAW_SUFFIXES and sniffed.plugins in {(), ("TIFF",)}:
                return _decode_raw(path, stream, min_edge, limits)
            return _decode_picture(stream, sniffed.plugins, min_edge, limits)


def _check_file(path: Path, limits: DecodeLimits) -> None:
    """Refuse what must not even be opened: a named pipe would wait forever."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise PhotoError(IssueReason.NOT_AN_IMAGE, "not a regular file")
    if status.st_size == 0:
        raise PhotoError(IssueReason.EMPTY)
    if status.st_size > limits.max_byte_size:
        raise PhotoError(IssueReason.TOO_LARGE, f"{status.st_size} bytes")


def _decode_picture(
    stream: BinaryIO, plugins: tuple[str, ...], min_edge: int, limits: DecodeLimits
) -> tuple[Image.Image, PhotoFacts]:
    if not plugins:
        raise PhotoError(IssueReason.NOT_AN_IMAGE, "its first bytes belong to no known format")
    load_plugins(plugins)
    try:
        image = Image.open(stream, formats=plugins)
    except UnidentifiedImageError as error:
        raise PhotoError(IssueReason.DAMAGED, f"a broken {plugins[-1]} header") from error
    with image:
        size = _checked_size(image, limits)
        _load(image, min_edge)
        exif = read_exif(image)
        orientation = read_orientation(exif)  # after loading: Pillow turns a TIFF upright by itself, and says so
        upright = size[::-1] if orientation >= _QUARTER_TURN else size
        return _turned(to_srgb(image, min_edge), orientation), read_facts(image, exif, upright)


def _decode_raw(path: Path, stream: BinaryIO, min_edge: int, limits: DecodeLimits) -> tuple[Image.Image, PhotoFacts]:
    from engine.imaging.raw import UnknownRawError, open_raw, read_raw_exif

    try:
        image, orientation, size = open_raw(stream, min_edge)
    except UnknownRawError:
        stream.seek(0)
        return _decode_picture(stream, sniff(stream.read(HEAD_SIZE)).plugins, min_edge, limits)
    with image:
        _checked_size(image, limits)
        _load(image, min_edge)
        facts = read_facts(image, read_raw_exif(stream, image), size)
        picture = _turned(to_srgb(image, min_edge), orientation)
        return picture, replace(facts, format=path.suffix[1:].upper())


def _checked_size(image: Image.Image, limits: DecodeLimits) -> tuple[int, int]:
    width, height = image.size
    if width * height > limits.max_pixels:
        raise PhotoError(IssueReason.TOO_LARGE, f"{width} x {height} pixels")
    if width < 1 or height < 1:
        raise PhotoError(IssueReason.DAMAGED, "no pixels")
    return width, height


def _load(image: Image.Image, min_edge: int) -> None:
    """Decode; a JPEG at the smallest of 1/8, 1/4, 1/2 and 1 that keeps the shorter side at ``min_edge``."""
    image.draft(None, (min_edge, min_edge))
    image.load()


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


@contextmanager
def _pixel_limit(max_pixels: int) -> Iterator[None]:
    """Let Pillow itself refuse more than ``max_pixels`` (it does at twice its limit), also for inner pictures."""
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = max_pixels // 2
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd metadata, and about pictures above half the limit
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


@contextmanager
def _errors_as_issues() -> Iterator[None]:
    """Say what an exception means for the photo; the types are those that Pillow and its plugins are seen to raise."""
    try:
        yield
    except PhotoError:
        raise
    except MemoryError as error:
        raise PhotoError(IssueReason.MEMORY, "decoding needed more memory than a worker may have") from error
    except Image.DecompressionBombError as error:
        raise PhotoError(IssueReason.TOO_LARGE, str(error)) from error
    except OSError as error:
        raise PhotoError(_reason_of(error), error.strerror or str(error)) from error
    except _DECODER_ERRORS as error:
        raise PhotoError(IssueReason.DAMAGED, f"{type(error).__name__}: {error}"[:_LONGEST_DETAIL]) from error


def _reason_of(error: OSError) -> IssueReason:
    """Tell the system's errors, which carry a number, from a decoder's, which do not."""
    if error.errno is None or error.errno in _BAD_SEEK:
        return IssueReason.DAMAGED
    if error.errno in _GONE:
        return IssueReason.VANISHED
    return IssueReason.MEMORY if error.errno == errno.ENOMEM else IssueReason.UNREADABLE
