"""Which files are looked at, and how a picture's format is told from its first bytes (never from its name alone)."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

RAW_SUFFIXES = frozenset({".cr2", ".cr3", ".nef", ".arw", ".dng", ".raf", ".orf", ".rw2", ".pef", ".srw"})

PHOTO_SUFFIXES: frozenset[str] = RAW_SUFFIXES | {
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo",
    ".png", ".apng", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff",
    ".jp2", ".j2k", ".jpx", ".jpf", ".j2c", ".jpc",
    ".avif", ".avifs", ".heic", ".heif", ".heics", ".heifs", ".hif",
}  # fmt: skip
"""Endings, lower case and with the dot, of the files that are taken for photos."""

HEAD_SIZE = 32
"""Bytes from the start of a file that ``sniff`` wants to see."""

_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_EITHER_BRANDS = frozenset({b"mif1", b"msf1"})
_PLUGINS = {
    "JPEG": "PIL.JpegImagePlugin",
    "PNG": "PIL.PngImagePlugin",
    "GIF": "PIL.GifImagePlugin",
    "BMP": "PIL.BmpImagePlugin",
    "TIFF": "PIL.TiffImagePlugin",
    "WEBP": "PIL.WebPImagePlugin",
    "JPEG2000": "PIL.Jpeg2KImagePlugin",
    "AVIF": "PIL.AvifImagePlugin",
}


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What the first bytes say: the Pillow plugins to try in this order; none when they are no picture we know."""

    plugins: tuple[str, ...]

    @property
    def is_picture(self) -> bool:
        """True when the bytes carry the signature of a known format."""
        return bool(self.plugins)


def sniff(head: bytes) -> Sniffed:
    """Tell the format from the first ``HEAD_SIZE`` bytes of a file."""
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return Sniffed((name,))
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Sniffed(("WEBP",))
    if head[4:8] == b"ftyp":
        return _sniff_brand(head[8:12])
    return Sniffed(())


def _sniff_brand(brand: bytes) -> Sniffed:
    if brand in _AVIF_BRANDS:
        return Sniffed(("AVIF",))
    if brand in _HEIF_BRANDS:
        return Sniffed(("HEIF",))
    # AVIF first: it refuses a file without AV1 pictures at once, while HEIF would only notice when decoding.
    return Sniffed(("AVIF", "HEIF") if brand in _EITHER_BRANDS else ())


def load_plugins(names: tuple[str, ...]) -> None:
    """Import just the Pillow plugins named, single-threaded where they have threads: there is a worker per core."""
    for name in names:
        if name == "HEIF":
            from pi_heif.as_plugin import register_heif_opener

            # Depth maps and auxiliary pictures are never shown, and each is one more parser for a hostile file.
            register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
        else:
            plugin = importlib.import_module(_PLUGINS[name])
            if name == "AVIF":
                setattr(plugin, "DEFAULT_MAX_THREADS", 1)  # noqa: B010 - mypy knows no attributes of a module by name
