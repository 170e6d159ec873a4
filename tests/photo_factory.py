"""Makes true photos, and lying ones, for tests: real files of every format with real metadata."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import numpy as np
from PIL import Image, ImageCms, ImageDraw

if TYPE_CHECKING:
    from pathlib import Path

CORNERS = ((220, 30, 30), (30, 160, 40), (40, 60, 210), (240, 210, 40))
"""Colours of a scene's corners: top left red, top right green, bottom left blue, bottom right yellow."""

_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825


@dataclass(frozen=True)
class Metadata:
    """What to write into a photo. ``taken_at`` is "YYYY:MM:DD HH:MM:SS", ``place`` (latitude, longitude) in degrees."""

    taken_at: str | None = None
    offset: str | None = None
    make: str | None = None
    model: str | None = None
    place: tuple[float, float] | None = None
    orientation: int | None = None
    description: str | None = None
    user_comment: bytes | None = None
    xp_title: str | None = None
    extra: dict[int, Any] = field(default_factory=dict)

    def exif(self) -> Image.Exif:
        """These values as EXIF."""
        exif = Image.Exif()
        values = {
            0x010F: self.make,
            0x0110: self.model,
            0x0112: self.orientation,
            0x9C9B: None if self.xp_title is None else (self.xp_title + "\0").encode("utf-16-le"),
        }
        details = {0x9003: self.taken_at, 0x9011: self.offset, 0x9286: self.user_comment}
        exif.update({tag: value for tag, value in (values | self.extra).items() if value is not None})
        exif[_EXIF_IFD] = {tag: value for tag, value in details.items() if value is not None}
        if self.place is not None:
            exif[_GPS_IFD] = _gps(*self.place)
        written = Image.Exif()
        written.load(exif.tobytes())  # Pillow's TIFF writer wants directories that have been read from somewhere
        if self.description is not None:
            written[0x010E] = self.description.encode()  # bytes, for Pillow itself would write ASCII only
        return written


def _gps(latitude: float, longitude: float) -> dict[int, Any]:
    def parts(degrees: float) -> tuple[float, float, float]:
        minutes = abs(degrees) % 1 * 60
        return float(int(abs(degrees))), float(int(minutes)), round(minutes % 1 * 60, 4)

    return {
        1: "N" if latitude >= 0 else "S",
        2: parts(latitude),
        3: "E" if longitude >= 0 else "W",
        4: parts(longitude),
    }


def scene(size: tuple[int, int] = (640, 480), seed: int = 0) -> Image.Image:
    """A picture with four coloured corners, a soft gradient between them and, depending on ``seed``, some discs."""
    corners = Image.fromarray(np.array(CORNERS, dtype=np.uint8).reshape(2, 2, 3))
    picture = corners.resize(size, Image.Resampling.BILINEAR)
    draw, numbers = ImageDraw.Draw(picture), np.random.default_rng(seed)
    width, height = size
    for _ in range(6 if seed else 0):
        x, y = int(numbers.integers(0, width)), int(numbers.integers(0, height))
        radius = int(numbers.integers(1, max(2, min(size) // 5)))
        fill = tuple(int(value) for value in numbers.integers(0, 256, 3))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
    return picture


def write_photo(
    path: Path,
    picture: Image.Image | None = None,
    metadata: Metadata | None = None,
    *,
    size: tuple[int, int] = (640, 480),
    seed: int = 0,
    colour: str | None = None,
    **options: Any,
) -> Path:
    """Write a photo; its format follows from the suffix. ``options`` go to Pillow (quality, icc_profile, xmp, ...)."""
    if picture is None:
        picture = Image.new("RGB", size, colour) if colour is not None else scene(size, seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    if metadata is not None:
        options["exif"] = metadata.exif()
    picture.save(path, **options)
    return path


def as_stored(picture: Image.Image, orientation: int) -> Image.Image:
    """How a camera stores an upright picture that it gives EXIF ``orientation``: the opposite of turning it upright."""
    turns = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # orientation -> Image.Transpose that undoes it
    return picture if orientation == 1 else picture.transpose(Image.Transpose(turns[orientation]))


def xmp_packet(
    description: dict[str, str] | None = None, title: dict[str, str] | None = None, extra: str = ""
) -> bytes:
    """An XMP packet with texts by language ("x-default", "zh-CN"); ``extra`` goes into rdf:Description."""

    def alternatives(name: str, by_language: dict[str, str] | None) -> str:
        items = "".join(
            f'<rdf:li xml:lang="{tag}">{escape(text)}</rdf:li>' for tag, text in (by_language or {}).items()
        )
        return f"<dc:{name}><rdf:Alt>{items}</rdf:Alt></dc:{name}>" if items else ""

    body = alternatives("description", description) + alternatives("title", title) + extra
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'{body}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def iptc_extra(caption: bytes = b"", headline: bytes = b"") -> bytes:
    """A JPEG segment (for Pillow's ``extra`` option): an IPTC caption and headline as Photoshop writes them."""
    records = b"".join(
        struct.pack(">BBBH", 0x1C, 2, dataset, len(text)) + text
        for dataset, text in ((120, caption), (105, headline))
        if text
    )
    records += b"\0" * (len(records) % 2)
    resource = b"8BIM" + struct.pack(">HHI", 0x0404, 0, len(records)) + records
    body = b"Photoshop 3.0\0" + resource
    return b"\xff\xed" + struct.pack(">H", len(body) + 2) + body


def swapped_profile() -> bytes:
    """An ICC profile whose red is sRGB's green and the other way round: whoever ignores it sees wrong colours."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack_from(">I", profile, 128)
    entries = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    red, green = entries[b"rXYZ"], entries[b"gXYZ"]
    profile[red + 4 : red + 12], profile[green + 4 : green + 12] = (
        profile[green + 4 : green + 12],
        profile[red + 4 : red + 12],
    )
    return bytes(profile)


def write_animation(path: Path, frames: int = 30, size: tuple[int, int] = (64, 48)) -> Path:
    """A GIF, WebP, PNG or AVIF whose first frame is red and whose others are blue."""
    pictures = [Image.new("RGB", size, "red" if number == 0 else (0, number % 7, 255)) for number in range(frames)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=40)
    return path


def write_deep(path: Path, size: tuple[int, int] = (64, 48)) -> Path:
    """A 16-bit greyscale PNG, TIFF or JPEG 2000: a ramp from black at the left to white at the right."""
    ramp = np.linspace(0, 65535, size[0]).astype(np.uint16)
    picture = Image.frombytes("I;16", size, np.tile(ramp, (size[1], 1)).tobytes())
    picture.save(path)
    return path


def write_text_as(path: Path) -> Path:
    """A text file under a photo's name."""
    path.write_text("This is not a photo, whatever its name says.\n" * 20, encoding="utf-8")
    return path


def write_empty(path: Path) -> Path:
    """A file of zero bytes."""
    path.write_bytes(b"")
    return path


def write_truncated(path: Path, keep: float = 0.5) -> Path:
    """A photo of which only the first part (share ``keep`` of its bytes) has arrived."""
    write_photo(path, seed=7)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    return path


def write_png_bomb(path: Path, edge: int = 50_000) -> Path:
    """A PNG of a few kilobytes that declares ``edge`` x ``edge`` pixels, with a sound but far too short data chunk."""
    header = struct.pack(">IIBBBBB", edge, edge, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100_000)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


def write_rating(path: Path, stars: int = 5) -> Path:
    """Put an XMP rating into a JPEG as other programs do: one more segment, and the compressed picture as it was."""
    body = b"http://ns.adobe.com/xap/1.0/\0" + xmp_packet(
        extra=f'<xmp:Rating xmlns:xmp="http://ns.adobe.com/xap/1.0/">{stars}</xmp:Rating>'
    )
    data = path.read_bytes()
    path.write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:])
    return path
