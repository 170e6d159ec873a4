"""Sound pictures of every format that Balloon reads, spoilt: flipped bits, cut ends, lying lengths, mixed-up halves."""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING

from tests.hostile.crafted import MAKERS
from tests.imaging.heic_factory import SIZE, write_heic
from tests.imaging.raw_factory import write_dng
from tests.photo_factory import iptc_extra, scene, swapped_profile, write_animation, write_deep, xmp_packet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Mutation = Callable[[bytes, bytes, random.Random], bytes]

_LIES = (0, 1, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_ENDINGS = (".jpg", ".png", ".gif", ".webp", ".tif", ".bmp", ".heic", ".avif", ".dng", ".cr2", ".jp2")


def sound_pictures(folder: Path) -> dict[str, bytes]:
    """Small sound files, by name; written in ``folder`` first, for Pillow chooses the format by the ending."""
    picture = scene((96, 72), seed=3)
    folder.mkdir(parents=True, exist_ok=True)
    packet, iptc = xmp_packet({"en": "a red balloon"}), iptc_extra(b"a caption")
    picture.save(folder / "plain.jpg", xmp=packet, extra=iptc, icc_profile=swapped_profile())
    picture.save(folder / "progressive.jpg", progressive=True)
    picture.convert("CMYK").save(folder / "cmyk.jpg")
    picture.save(folder / "two.mpo", save_all=True, append_images=[picture])
    for name in ("plain.png", "plain.gif", "plain.webp", "plain.bmp", "plain.jp2", "plain.j2k", "plain.avif"):
        picture.save(folder / name)
    picture.save(folder / "lossless.webp", lossless=True)
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        picture.save(folder / f"{compression}.tif", compression=compression)
    picture.convert("1").save(folder / "fax.tif", compression="group4")
    picture.save(folder / "big.tif", big_tiff=True)
    write_deep(folder / "deep.png")
    for name in ("moving.gif", "moving.webp", "moving.png", "moving.avif"):
        write_animation(folder / name, frames=4)
    write_heic(folder / "plain.heic", scene(SIZE))
    write_dng(folder / "plain.dng", picture, preview=picture)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _bit_flips(data: bytes, _other: bytes, source: random.Random) -> bytes:
    spoilt = bytearray(data)
    reach = len(data) if source.random() < 0.5 else min(len(data), 300)  # headers are where it hurts
    for _ in range(source.choice((1, 4, 32))):
        spoilt[source.randrange(reach)] ^= 1 << source.randrange(8)
    return bytes(spoilt)


def _truncation(data: bytes, _other: bytes, source: random.Random) -> bytes:
    return data[: source.randrange(1, len(data))]


def _length_lies(data: bytes, _other: bytes, source: random.Random) -> bytes:
    spoilt = bytearray(data)
    for _ in range(source.choice((1, 3))):
        form = source.choice((">I", "<I", ">H", "<H"))
        width = struct.calcsize(form)
        struct.pack_into(form, spoilt, source.randrange(min(len(data), 600) - width), source.choice(_LIES) % 256**width)
    return bytes(spoilt)


def _erased_run(data: bytes, _other: bytes, source: random.Random) -> bytes:
    start = source.randrange(len(data))
    end = min(len(data), start + source.randrange(1, 400))
    return data[:start] + source.choice((b"\x00", b"\xff")) * (end - start) + data[end:]


def _noise_inside(data: bytes, _other: bytes, source: random.Random) -> bytes:
    at = source.randrange(len(data))
    return data[:at] + source.randbytes(source.randrange(1, 600)) + data[at:]


def _two_halves(data: bytes, other: bytes, source: random.Random) -> bytes:
    return data[: source.randrange(1, len(data))] + other[source.randrange(len(other)) :]


def _repeated_part(data: bytes, _other: bytes, source: random.Random) -> bytes:
    start = source.randrange(len(data))
    return data[:start] + data[start : start + source.randrange(4, 200)] * source.randrange(2, 500) + data[start:]


_MUTATIONS: dict[str, Mutation] = {
    "flipped": _bit_flips, "cut": _truncation, "lying": _length_lies, "erased": _erased_run,
    "noisy": _noise_inside, "mixed": _two_halves, "repeated": _repeated_part,
}  # fmt: skip


def malformed_pictures(count: int, seed: int, sound: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Make ``count`` (name, bytes): a quarter built by hand, the others mutations; the same for the same seed."""
    crafted, names, kinds = list(MAKERS.items()), sorted(sound), list(_MUTATIONS.items())
    for number in range(count):
        source = random.Random(f"{seed}/{number}")
        if number % 2 and number // 2 % 4 < 2:
            kind, maker = crafted[(number // 8 * 2 + number // 2 % 4) % len(crafted)]
            yield f"{number:05d}-{kind}", maker(source)
            continue
        name = names[number % len(names)]
        kind, mutate = kinds[number // len(names) % len(kinds)] if number % 3 else source.choice(kinds)
        ending = (
            source.choice(_ENDINGS) if source.random() < 0.1 else name[name.rindex(".") :]
        )  # some lie in their name
        yield (
            f"{number:05d}-{kind}-{name.split('.')[0]}{ending}",
            mutate(sound[name], sound[source.choice(names)], source),
        )
