"""Makes true camera RAW files: a DNG with a Bayer mosaic and, if wanted, a JPEG preview (Adobe DNG 1.4)."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

BYTE, ASCII, SHORT, LONG, SRATIONAL = 1, 2, 3, 4, 10
_SIZES = {BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, SRATIONAL: 8}

Tags = dict[int, tuple[int, bytes]]


def write_dng(path: Path, stored: Image.Image, *, orientation: int = 1, preview: Image.Image | None = None) -> Path:
    """Write ``stored`` as a 16-bit Bayer mosaic (RGGB); ``preview`` goes in as a JPEG, as cameras do it."""
    file = bytearray(b"II*\0\0\0\0\0")
    mosaic = _append(file, _mosaic(stored))
    width, height = stored.size
    raw: Tags = {
        254: _longs(0), 256: _longs(width), 257: _longs(height), 258: _shorts(16), 259: _shorts(1), 262: _shorts(32803),
        273: _longs(mosaic), 277: _shorts(1), 278: _longs(height), 279: _longs(2 * width * height),
        33421: _shorts(2, 2), 33422: (BYTE, b"\0\1\1\2"), 50717: _longs(65535),
    }  # fmt: skip
    first: Tags = {
        271: _text("Balloon"), 272: _text("Balloon Test Camera"), 274: _shorts(orientation),
        306: _text("2022:02:02 02:02:02"), 50706: (BYTE, b"\1\4\0\0"), 50708: _text("Balloon Test Camera"),
        50721: (SRATIONAL, struct.pack("<18i", 1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1)),  # camera is XYZ
    }  # fmt: skip
    if preview is None:
        first |= raw
    else:
        data = io.BytesIO()
        preview.save(data, "JPEG", quality=95)
        at = _append(file, data.getvalue())
        first |= {
            254: _longs(1), 256: _longs(preview.width), 257: _longs(preview.height), 258: _shorts(8, 8, 8),
            259: _shorts(7), 262: _shorts(6), 273: _longs(at), 277: _shorts(3), 278: _longs(preview.height),
            279: _longs(len(data.getvalue())), 330: _longs(_append_directory(file, raw)),
        }  # fmt: skip
    struct.pack_into("<I", file, 4, _append_directory(file, first))
    path.write_bytes(file)
    return path


def _mosaic(picture: Image.Image) -> bytes:
    pixels = np.asarray(picture.convert("RGB"), dtype=np.uint16) * 257
    mosaic = pixels[..., 1].copy()
    mosaic[::2, ::2] = pixels[::2, ::2, 0]
    mosaic[1::2, 1::2] = pixels[1::2, 1::2, 2]
    return mosaic.astype("<u2").tobytes()


def _append(file: bytearray, data: bytes) -> int:
    file += b"\0" * (len(file) % 2)
    at = len(file)
    file += data
    return at


def _append_directory(file: bytearray, tags: Tags) -> int:
    entries = b""
    for tag, (kind, data) in sorted(tags.items()):
        value = data.ljust(4, b"\0") if len(data) <= 4 else struct.pack("<I", _append(file, data))
        entries += struct.pack("<HHI", tag, kind, len(data) // _SIZES[kind]) + value
    return _append(file, struct.pack("<H", len(tags)) + entries + b"\0\0\0\0")


def _shorts(*values: int) -> tuple[int, bytes]:
    return SHORT, struct.pack(f"<{len(values)}H", *values)


def _longs(*values: int) -> tuple[int, bytes]:
    return LONG, struct.pack(f"<{len(values)}I", *values)


def _text(text: str) -> tuple[int, bytes]:
    return ASCII, text.encode("ascii") + b"\0"
