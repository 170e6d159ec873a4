"""Camera RAW files: the preview the camera put inside, turned upright; developed only where there is no good one."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import rawpy
from PIL import Image, UnidentifiedImageError

from engine.errors import PhotoError
from engine.imaging.formats import load_plugins
from engine.imaging.metadata import METADATA_ERRORS, read_exif
from engine.protocol import IssueReason

if TYPE_CHECKING:
    from typing import BinaryIO

_MODEL, _EXIF_IFD, _GPS_IFD = 0x0110, 0x8769, 0x8825
QUARTER_TURNS = frozenset({5, 6})
_ORIENTATIONS = {0: 1, 3: 3, 5: 8, 6: 6}  # LibRaw's flip as an EXIF orientation


class UnknownRawError(Exception):
    """LibRaw does not know the file: it may still be a picture of another format."""


def open_raw(stream: BinaryIO, min_edge: int) -> tuple[Image.Image, int, tuple[int, int]]:
    """Open a RAW file's picture: (an opened image, its EXIF orientation, the upright size of the whole photo).

    Raises ``UnknownRawError``, or ``PhotoError`` (DAMAGED, MEMORY, TOO_LARGE).
    """
    try:
        with rawpy.imread(stream) as raw:
            return _picture(raw, min_edge)
    except rawpy.LibRawFileUnsupportedError as error:
        raise UnknownRawError from error
    except rawpy.LibRawUnsufficientMemoryError as error:
        raise PhotoError(IssueReason.MEMORY, "the RAW file needs more memory than a worker may have") from error
    except rawpy.LibRawTooBigError as error:
        raise PhotoError(IssueReason.TOO_LARGE, "the RAW file is larger than LibRaw allows") from error
    except (rawpy.LibRawError, rawpy.NotSupportedError) as error:
        raise PhotoError(IssueReason.DAMAGED, f"RAW: {type(error).__name__}") from error


def read_raw_exif(stream: BinaryIO, preview: Image.Image) -> Image.Exif:
    """Give the EXIF of the RAW file itself where it is built like a TIFF, else that of its preview."""
    stream.seek(0)
    exif = Image.Exif()
    try:
        exif.load_from_fp(stream)
        exif.get_ifd(_EXIF_IFD)
        exif.get_ifd(_GPS_IFD)
    except METADATA_ERRORS:
        return read_exif(preview)
    return exif if _MODEL in exif else read_exif(preview)


def _picture(raw: rawpy.RawPy, min_edge: int) -> tuple[Image.Image, int, tuple[int, int]]:
    sizes = raw.sizes
    turned = sizes.flip in QUARTER_TURNS
    size = (sizes.height, sizes.width) if turned else (sizes.width, sizes.height)
    preview = _preview(raw)
    if preview is None or min(preview.size) < min(min_edge, *size) // 2:
        developed = raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8)  # LibRaw turns it upright itself
        return Image.fromarray(developed), 1, size
    already_upright = turned and (preview.width > preview.height) == (size[0] > size[1])
    return preview, 1 if already_upright else _ORIENTATIONS.get(sizes.flip, 1), size


def _preview(raw: rawpy.RawPy) -> Image.Image | None:
    try:
        thumbnail = raw.extract_thumb()
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
        return None
    if isinstance(thumbnail.data, bytes):
        load_plugins(("JPEG",))
        try:
            return Image.open(io.BytesIO(thumbnail.data), formats=("JPEG",))
        except UnidentifiedImageError:
            return None
    return Image.fromarray(thumbnail.data)
