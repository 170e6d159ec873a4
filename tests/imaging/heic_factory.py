"""Makes a true HEIC without an HEVC encoder: every coding block is stored as plain samples (I_PCM).

After ITU-T H.265 (7.3 syntax, 9.3 CABAC) and ISO/IEC 23008-12 (the boxes). The only coded bin besides the terminating
ones is part_mode, always "2Nx2N", so twelve rows of the range table are enough for the twelve blocks of a picture.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

SIZE = (128, 96)
_BLOCK = 32
_RANGE_LPS = (
    (128, 176, 208, 240), (128, 167, 197, 227), (128, 158, 187, 216), (123, 150, 178, 205),
    (116, 142, 169, 195), (111, 135, 160, 185), (105, 128, 152, 175), (100, 122, 144, 166),
    (95, 116, 137, 158), (90, 110, 130, 150), (85, 104, 123, 142), (81, 99, 117, 135),
)  # fmt: skip
_VPS, _SPS, _PPS, _IDR = 32, 33, 34, 19
_PROFILE = bytes.fromhex("03 70000000 900000000000 5d")  # Main Still Picture, level 3.1


def write_heic(path: Path, picture: Image.Image, *, quarter_turns: int = 0, exif: bytes = b"") -> Path:
    """Write a picture of ``SIZE``; ``quarter_turns`` counter-clockwise are left to the reader (an irot box)."""
    if picture.size != SIZE:
        raise ValueError(f"a picture of {SIZE} is needed")
    parameters = {_VPS: _vps(), _SPS: _sps(), _PPS: _pps()}
    slice_nal = _nal(_IDR, _slice(picture))
    items = [struct.pack(">I", len(slice_nal)) + slice_nal]
    if exif:
        items.append(struct.pack(">I", 6) + exif)
    head = _box(b"ftyp", b"heic\0\0\0\0mif1heic")
    length = len(_meta(parameters, items, 0, quarter_turns))
    meta = _meta(parameters, items, len(head) + length + 8, quarter_turns)
    path.write_bytes(head + meta + _box(b"mdat", b"".join(items)))
    return path


class _Bits:
    def __init__(self) -> None:
        self.bits: list[int] = []

    def u(self, count: int, value: int) -> _Bits:
        self.bits += [value >> shift & 1 for shift in reversed(range(count))]
        return self

    def ue(self, *values: int) -> _Bits:
        for value in values:
            self.u(2 * (value + 1).bit_length() - 1, value + 1)
        return self

    def flags(self, text: str) -> _Bits:
        self.bits += [int(flag) for flag in text]
        return self

    def raw(self, data: bytes) -> _Bits:
        return self.u(8 * len(data), int.from_bytes(data, "big"))

    def align(self) -> _Bits:
        return self.u(-len(self.bits) % 8, 0)

    def to_bytes(self) -> bytes:
        return np.packbits(np.array(self.align().bits, dtype=np.uint8)).tobytes()


class _Cabac:
    """The arithmetic encoder of 9.3.4.x, writing into bits."""

    def __init__(self, bits: _Bits) -> None:
        self._bits = bits
        self._state = 0
        self.restart()

    def restart(self) -> None:
        self._low, self._range, self._first, self._outstanding = 0, 510, True, 0

    def most_probable(self) -> None:
        self._range -= _RANGE_LPS[self._state][self._range >> 6 & 3]
        self._state += 1
        self._renormalise()

    def terminate(self, value: int) -> None:
        self._range -= 2
        if not value:
            self._renormalise()
            return
        self._low += self._range
        self._range = 2
        self._renormalise()
        self._put(self._low >> 9 & 1)
        self._bits.u(2, self._low >> 7 & 3 | 1)
        self._bits.align()

    def _renormalise(self) -> None:
        while self._range < 256:
            if self._low < 256:
                self._put(0)
            elif self._low >= 512:
                self._low -= 512
                self._put(1)
            else:
                self._low -= 256
                self._outstanding += 1
            self._range <<= 1
            self._low <<= 1

    def _put(self, bit: int) -> None:
        if self._first:
            self._first = False
        else:
            self._bits.u(1, bit)
        self._bits.bits += [1 - bit] * self._outstanding
        self._outstanding = 0


def _vps() -> bytes:
    bits = _Bits().u(4, 0).flags("11").u(6, 0).u(3, 0).flags("1").u(16, 0xFFFF).raw(_PROFILE)
    return _nal(_VPS, bits.flags("1").ue(0, 0, 0).u(6, 0).ue(0).flags("00").flags("1").to_bytes())


def _sps() -> bytes:
    bits = _Bits().u(4, 0).u(3, 0).flags("1").raw(_PROFILE).ue(0, 1, *SIZE).flags("0").ue(0, 0, 4)
    bits.flags("1").ue(0, 0, 0)  # picture buffers
    bits.ue(2, 0, 0, 3, 0, 0)  # coding blocks of 32, transform blocks of 4 to 32
    bits.flags("000").flags("1").u(4, 7).u(4, 7).ue(2, 0).flags("1")  # I_PCM of 8 bits in blocks of 32
    return _nal(_SPS, bits.ue(0).flags("00000").flags("1").to_bytes())


def _pps() -> bytes:
    bits = _Bits().ue(0, 0).flags("00").u(3, 0).flags("00").ue(0, 0, 0).flags("000").ue(0, 0).flags("000000").flags("0")
    return _nal(_PPS, bits.flags("101").flags("00").ue(0).flags("00").flags("1").to_bytes())


def _slice(picture: Image.Image) -> bytes:
    bits = _Bits().flags("10").ue(0, 2).ue(0).flags("1").align()
    cabac = _Cabac(bits)
    samples = np.asarray(picture.convert("YCbCr"))
    halved = np.asarray(picture.convert("YCbCr").reduce(2))
    corners = [(y, x) for y in range(0, SIZE[1], _BLOCK) for x in range(0, SIZE[0], _BLOCK)]
    for number, (y, x) in enumerate(corners, start=1):
        cabac.most_probable()  # part_mode
        cabac.terminate(1)  # pcm_flag
        half = (slice(y // 2, (y + _BLOCK) // 2), slice(x // 2, (x + _BLOCK) // 2))
        bits.raw(samples[y : y + _BLOCK, x : x + _BLOCK, 0].tobytes())
        bits.raw(halved[half][..., 1].tobytes()).raw(halved[half][..., 2].tobytes())
        cabac.restart()
        cabac.terminate(int(number == len(corners)))  # end_of_slice_segment_flag
    return bits.to_bytes()


def _nal(kind: int, payload: bytes) -> bytes:
    """Header and payload, with 3 put between two zeros and a small byte."""
    out, zeros = bytearray(), 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes([kind << 1, 1]) + bytes(out)


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def _full(kind: bytes, body: bytes, version: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24) + body)


def _meta(parameters: dict[int, bytes], items: list[bytes], at: int, quarter_turns: int) -> bytes:
    arrays = b"".join(struct.pack(">BHH", 0x80 | kind, 1, len(nal)) + nal for kind, nal in parameters.items())
    configuration = b"\1" + _PROFILE + bytes.fromhex("f000 fc fd f8 f8 0000 0f 03") + arrays
    properties = [
        _box(b"hvcC", configuration),
        _full(b"ispe", struct.pack(">II", *SIZE)),
        _box(b"colr", b"nclx" + struct.pack(">HHHB", 1, 13, 6, 0x80)),
        *([_box(b"irot", bytes([quarter_turns]))] if quarter_turns else []),
    ]
    association = struct.pack(">IHB", 1, 1, len(properties)) + bytes(range(1, len(properties) + 1))
    kinds = (b"hvc1", b"Exif")[: len(items)]
    entries = b"".join(
        _full(b"infe", struct.pack(">HH", number, 0) + kind + b"\0", 2) for number, kind in enumerate(kinds, start=1)
    )
    places = b""
    for number, item in enumerate(items, start=1):
        places += struct.pack(">HHHII", number, 0, 1, at, len(item))
        at += len(item)
    reference = _full(b"iref", _box(b"cdsc", struct.pack(">HHH", 2, 1, 1))) if len(items) > 1 else b""
    return _full(
        b"meta",
        _full(b"hdlr", b"\0\0\0\0pict" + b"\0" * 13)
        + _full(b"pitm", struct.pack(">H", 1))
        + _full(b"iloc", b"\x44\0" + struct.pack(">H", len(items)) + places)
        + _full(b"iinf", struct.pack(">H", len(items)) + entries)
        + reference
        + _box(b"iprp", _box(b"ipco", b"".join(properties)) + _full(b"ipma", association)),
    )
