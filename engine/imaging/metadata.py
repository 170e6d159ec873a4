"""What a file says about its photo: when, where and with which camera it was taken, and the captions inside it.

Broken metadata never makes a photo unusable: what cannot be read, or cannot be true, is None.
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PIL import Image

from engine.imaging.metadata_captions import (
    MetadataCaption,
    clean_text,
    exif_text,
    parse_xmp,
    read_captions,
    xmp_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MetadataCaption", "PhotoFacts", "read_exif", "read_facts", "read_orientation"]

METADATA_ERRORS = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)
"""Whatever Pillow lets out of broken EXIF."""

LONGEST_CAMERA = 100
_FORMAT_NAMES = {"MPO": "JPEG", "HEIF": "HEIC"}  # Pillow's name: what people call it
MAX_LATITUDE, MAX_LONGITUDE = 90, 180
_LAST_ORIENTATION = 8
_LARGEST_OFFSET_H = 14
_MAKE, _MODEL, _ORIENTATION, _EXIF_IFD, _GPS_IFD = 0x010F, 0x0110, 0x0112, 0x8769, 0x8825
_EXIF_DATES = ((0x9003, 0x9011), (0x9004, 0x9012))  # original, digitized: date and time, offset from UTC
_CHANGED, _CHANGED_OFFSET = 0x0132, 0x9010
_XMP_DATES = (
    "{http://ns.adobe.com/exif/1.0/}DateTimeOriginal",
    "{http://ns.adobe.com/photoshop/1.0/}DateCreated",
    "{http://ns.adobe.com/xap/1.0/}CreateDate",
)
_EXIF_DATE = re.compile(r"(\d{4})[:/-](\d{2})[:/-](\d{2})[ T](\d{2}):(\d{2})(?::(\d{2}))?")
_OFFSET = re.compile(r"[+-]\d{2}:\d{2}")


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """What is known about a photo without looking at it.

    ``width`` and ``height`` are pixels of the whole picture, upright. ``taken_at`` is ISO 8601 local time, with the
    offset from UTC if the file gives one. ``latitude`` (-90..90) and ``longitude`` (-180..180) are degrees, WGS 84.
    """

    format: str
    width: int
    height: int
    taken_at: str | None = None
    camera: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    captions: tuple[MetadataCaption, ...] = ()


def read_exif(image: Image.Image) -> Image.Exif:
    """Give an image's EXIF, empty where it cannot be read."""
    try:
        exif = image.getexif()
        exif.get_ifd(_EXIF_IFD)
    except METADATA_ERRORS:
        return Image.Exif()
    return exif


def read_orientation(exif: Image.Exif) -> int:
    """Give the EXIF orientation 1..8; anything else counts as 1 (upright)."""
    value = exif.get(_ORIENTATION, 1)
    return value if isinstance(value, int) and 1 <= value <= _LAST_ORIENTATION else 1


def read_facts(image: Image.Image, exif: Image.Exif, size: tuple[int, int]) -> PhotoFacts:
    """Collect the facts of a loaded ``image`` whose whole upright ``size`` is (width, height) pixels."""
    latitude, longitude = _place(exif)
    return PhotoFacts(
        format=_FORMAT_NAMES.get(image.format or "", image.format or ""),
        width=size[0],
        height=size[1],
        taken_at=_taken_at(image, exif),
        camera=_camera(exif),
        latitude=latitude,
        longitude=longitude,
        captions=_captions(image, exif),
    )


def _captions(image: Image.Image, exif: Image.Exif) -> tuple[MetadataCaption, ...]:
    try:
        return read_captions(image, exif)
    except METADATA_ERRORS:
        return ()


def _taken_at(image: Image.Image, exif: Image.Exif) -> str | None:
    for value, offset in _dates(image, exif):
        taken_at = _iso(value, offset)
        if taken_at is not None:
            return taken_at
    return None


def _dates(image: Image.Image, exif: Image.Exif) -> Iterator[tuple[Any, Any]]:
    """Candidates, the best first: when the shutter opened, else the XMP's date, else when the file was last changed."""
    details = exif.get_ifd(_EXIF_IFD)
    for date, offset in _EXIF_DATES:
        yield details.get(date), details.get(offset)
    root = parse_xmp(xmp_of(image))
    for name in _XMP_DATES if root is not None else ():
        for element in root.iter() if root is not None else ():
            value = element.get(name) or (element.text if element.tag == name else None)
            if value:
                yield value, _trailing_offset(value)
    yield exif.get(_CHANGED), details.get(_CHANGED_OFFSET)


def _trailing_offset(value: str) -> str | None:
    return "+00:00" if value.endswith("Z") else value[-6:]


def _iso(value: Any, offset: Any) -> str | None:
    found = _EXIF_DATE.match(exif_text(value).strip())
    if found is None:
        return None
    try:
        moment = datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]
    except ValueError:  # 0000:00:00 is how cameras say that their clock was never set
        return None
    given = _OFFSET.fullmatch(exif_text(offset).strip())
    return moment.isoformat() + (given.group() if given and int(given.group()[1:3]) <= _LARGEST_OFFSET_H else "")


def _camera(exif: Image.Exif) -> str | None:
    make, model = (clean_text(exif_text(exif.get(tag)).split("\x00")[0]) for tag in (_MAKE, _MODEL))
    brand = make.split(" ")[0].casefold()
    name = model if brand and model.casefold().startswith(brand) else f"{make} {model}".strip()
    return name[:LONGEST_CAMERA] or None


def _place(exif: Image.Exif) -> tuple[float | None, float | None]:
    try:
        gps = exif.get_ifd(_GPS_IFD)
        latitude, longitude = _degrees(gps[2], gps.get(1), "S"), _degrees(gps[4], gps.get(3), "W")
    except METADATA_ERRORS:
        return None, None
    if not (abs(latitude) <= MAX_LATITUDE and abs(longitude) <= MAX_LONGITUDE) or latitude == longitude == 0:
        return None, None  # exactly (0, 0) is what a receiver without a fix writes
    return latitude, longitude


def _degrees(parts: Any, reference: Any, negative: str) -> float:
    """Degrees of (degrees, minutes, seconds); NaN, which no range holds, where a rational has denominator 0."""
    degrees, minutes, seconds = (float(part) for part in (*parts, 0, 0)[:3])
    value = degrees + minutes / 60 + seconds / 3600
    sign = -1 if exif_text(reference).strip("\x00 ").upper() == negative else 1
    return sign * round(value, 7) if math.isfinite(value) else math.nan
