"""Pictures built by hand to hurt a decoder: bombs, loops, lies about size. Each maker takes a seeded random source."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

from PIL import Image

from tests.photo_factory import scene

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    Maker = Callable[[random.Random], bytes]

_PNG = b"\x89PNG\r\n\x1a\n"
_BOMB_SIZE = 64 * 1024 * 1024
_ENTITIES = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 10))
_ENTITY_BOMB = f'<!DOCTYPE x [<!ENTITY e0 "ha">{_ENTITIES}]><x>&e9;</x>'.encode()
_DEEP_XML = b"<a>" * 100_000 + b"</a>" * 100_000


def _edge(random_source: random.Random) -> int:
    return random_source.choice((15_811, 15_812, 30_000, 65_535))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(*chunks: bytes, size: tuple[int, int] = (32, 24)) -> bytes:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0))
    pixels = _chunk(b"IDAT", zlib.compress(b"\x00" * (97 * 24)))
    return _PNG + header + b"".join(chunks) + pixels + _chunk(b"IEND", b"")


def _jpeg(**options: object) -> bytes:
    stream = io.BytesIO()
    scene((64, 48)).save(stream, "JPEG", **options)
    return stream.getvalue()


def _tiff(entries: list[tuple[int, int, int, int]], following: int, tail: bytes = b"") -> bytes:
    """One directory of (tag, type, count, value) at offset 8, which says that the next one is at ``following``."""
    rows = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", len(entries)) + rows + struct.pack("<I", following) + tail


def _tiff_tags(width: int, height: int, at: int = 8) -> list[tuple[int, int, int, int]]:
    return [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, at),
            (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, width * height & 0xFFFFFFFF)]  # fmt: skip


def huge_png(source: random.Random) -> bytes:
    return _png(size=(_edge(source), _edge(source)))


def huge_jpeg(source: random.Random) -> bytes:
    data = bytearray(_jpeg(progressive=source.random() < 0.5))
    at = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2"))
    data[at + 5 : at + 9] = struct.pack(">HH", _edge(source), _edge(source))
    return bytes(data)


def huge_gif(source: random.Random) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", _edge(source), _edge(source), 0, 0, 0) + b"," + bytes(8) + b"\x00\x02"


def huge_bmp(source: random.Random) -> bytes:
    size = source.choice((_edge(source), 2**31 - 1, -(2**31)))
    return b"BM" + struct.pack("<IHHIIiiHHIIIIII", 54, 0, 0, 54, 40, size, size, 1, 24, 0, 0, 0, 0, 0, 0)


def huge_tiff(source: random.Random) -> bytes:
    return _tiff(_tiff_tags(_edge(source), source.choice((_edge(source), 2**32 - 1))), 0)


def huge_webp(source: random.Random) -> bytes:
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + b"\xff\xff\x3f" * 2 + source.randbytes(32)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff_loop(source: random.Random) -> bytes:
    """The next directory is this one; a sub-directory and the EXIF one are it too."""
    return _tiff([*_tiff_tags(8, 8), (330, 4, 1, 8), (0x8769, 4, 1, 8), (0x8825, 4, 1, 8)], source.choice((8, 9, 2)))


def tiff_deep(source: random.Random) -> bytes:
    """A chain of many directories, each with one tag."""
    count, first = source.randrange(2_000, 20_000), 8 + 2 + 12 * 9 + 4
    links = [struct.pack("<HHHIII", 1, 254, 4, 1, 0, first + 18 * (number + 1)) for number in range(count)]
    return _tiff(_tiff_tags(8, 8), first, b"".join(links))


def tiff_tag_counts(source: random.Random) -> bytes:
    kinds = ((270, 2), (273, 4), (279, 4), (330, 4), (700, 1), (33723, 4), (34675, 7), (0x8769, 4))
    tags = [(tag, kind, source.choice((2**32 - 1, 2**31, 2**28)), source.randrange(200)) for tag, kind in kinds]
    return _tiff([*_tiff_tags(8, 8)[:5], *tags], 0)


def gif_of_many_frames(source: random.Random) -> bytes:
    frame = b"!\xf9\x04\x00\x01\x00\x00\x00," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02D\x01\x00"
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    return head + frame * 100_000 + b";" * source.randrange(2)


def gif_of_comments(source: random.Random) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0, 0, 0)
    return head + b"!\xfe" + (b"\xff" + source.randbytes(255)) * 20_000


def png_text_bomb(source: random.Random) -> bytes:
    squeezed = zlib.compress(b"a" * _BOMB_SIZE, 9)
    text = _chunk(b"zTXt", b"Comment\x00\x00" + squeezed)
    international = _chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x01\x00\x00\x00" + squeezed)
    return _png(*[text, international] * source.randrange(1, 8))


def png_profile_bomb(source: random.Random) -> bytes:
    body = source.choice((b"a" * _BOMB_SIZE, source.randbytes(500), b""))
    return _png(_chunk(b"iCCP", b"x\x00\x00" + zlib.compress(body, 9)))


def png_of_many_chunks(source: random.Random) -> bytes:
    return _png(*[_chunk(b"tEXt", b"k%d\x00v" % number) for number in range(source.randrange(1_000, 50_000))])


def png_animation_lie(source: random.Random) -> bytes:
    control = _chunk(b"acTL", struct.pack(">II", source.choice((0, 2**31, 2**32 - 1)), 0))
    return _png(control, _chunk(b"fcTL", source.randbytes(26)))


def jpeg_profile_garbage(source: random.Random) -> bytes:
    return _jpeg(icc_profile=source.randbytes(source.randrange(1, 3_000)))


def jpeg_profile_lie(source: random.Random) -> bytes:
    """A profile whose header is sound and whose tag table points anywhere."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for _ in range(source.randrange(1, 30)):
        struct.pack_into(">I", profile, source.randrange(128, len(profile) - 4), source.choice((2**32 - 1, 2**31, 0)))
    return _jpeg(icc_profile=bytes(profile))


def jpeg_exif_garbage(source: random.Random) -> bytes:
    head = source.choice((b"II*\x00\x08\x00\x00\x00", b"MM\x00*\x00\x00\x00\x08", b""))
    return _jpeg(exif=b"Exif\x00\x00" + head + source.randbytes(source.randrange(200)))


def jpeg_exif_loop(source: random.Random) -> bytes:
    tags = [(0x0112, 3, 1, source.randrange(70_000)), (0x8769, 4, 1, 8), (0x8825, 4, 1, 8), (0xA005, 4, 1, 8)]
    return _jpeg(exif=b"Exif\x00\x00" + _tiff(tags, 8))


def jpeg_xmp_bomb(source: random.Random) -> bytes:
    return _jpeg(xmp=source.choice((_ENTITY_BOMB, _DEEP_XML[:60_000], source.randbytes(500))))


def png_xmp_bomb(source: random.Random) -> bytes:
    packet = source.choice((_ENTITY_BOMB, _DEEP_XML, b"\xff\xfe" + source.randbytes(501)))
    return _png(_chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x01\x00\x00\x00" + zlib.compress(packet)))


def heif_fragment(source: random.Random) -> bytes:
    """The boxes of a HEIC or AVIF, nested and of made-up lengths, without a picture."""
    brand = source.choice((b"heic", b"avif", b"mif1", b"msf1", b"hevc", b"avis"))
    boxes = b"".join(
        struct.pack(">I", source.choice((0, 1, 8, 40, 2**31, 2**32 - 1)))
        + kind
        + source.randbytes(source.randrange(60))
        for kind in (b"meta", b"hdlr", b"pitm", b"iinf", b"iloc", b"iprp", b"ipco", b"hvcC", b"ispe", b"mdat")
    )
    return struct.pack(">I", 16) + b"ftyp" + brand + bytes(4) + boxes


def signature_and_noise(source: random.Random) -> bytes:
    heads = (b"\xff\xd8\xff", _PNG, b"GIF89a", b"BM", b"II*\x00", b"MM\x00+", b"RIFF\xff\xff\xff\xffWEBP",
             b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x18ftypcrx ")  # fmt: skip
    return source.choice(heads) + source.randbytes(source.randrange(4_000))


def nothing(_source: random.Random) -> bytes:
    return b""


def noise(source: random.Random) -> bytes:
    return source.randbytes(source.randrange(1, 4_000))


def animated_webp(source: random.Random) -> bytes:
    """A sound animation whose frame headers are overwritten."""
    stream = io.BytesIO()
    frames = [Image.new("RGB", (16, 16), (number * 20, 0, 0)) for number in range(8)]
    frames[0].save(stream, "WEBP", save_all=True, append_images=frames[1:])
    data = bytearray(stream.getvalue())
    at = data.find(b"ANMF", source.randrange(len(data) // 2))
    data[at + 4 : at + 20] = source.randbytes(16)
    return bytes(data)


MAKERS: dict[str, Maker] = {
    "huge.png": huge_png, "huge.jpg": huge_jpeg, "huge.gif": huge_gif, "huge.bmp": huge_bmp, "huge.tif": huge_tiff,
    "huge.webp": huge_webp, "loop.tif": tiff_loop, "deep.tif": tiff_deep, "counts.tif": tiff_tag_counts,
    "loop.dng": tiff_loop, "deep.nef": tiff_deep, "counts.arw": tiff_tag_counts, "frames.gif": gif_of_many_frames,
    "comments.gif": gif_of_comments, "text.png": png_text_bomb, "profile.png": png_profile_bomb,
    "chunks.png": png_of_many_chunks, "animation.png": png_animation_lie, "profile.jpg": jpeg_profile_garbage,
    "tags.jpg": jpeg_profile_lie, "exif.jpg": jpeg_exif_garbage, "exif-loop.jpg": jpeg_exif_loop,
    "xmp.jpg": jpeg_xmp_bomb, "xmp.png": png_xmp_bomb, "fragment.heic": heif_fragment,
    "fragment.avif": heif_fragment, "fragment.cr3": heif_fragment, "noise.jpg": signature_and_noise,
    "noise.raf": noise, "empty.jpg": nothing, "animated.webp": animated_webp,
}  # fmt: skip
"""A maker by what it makes: the file's ending is the one the photo will carry."""
