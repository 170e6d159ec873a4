"""Qt's ICU data without what Balloon never asks for: the rest is found under its old names, byte for byte."""

from __future__ import annotations

import ctypes
import shutil
import struct
import sys
from typing import TYPE_CHECKING

import pytest

from tests.packaging.loading import load

if TYPE_CHECKING:
    from pathlib import Path

trim_icu = load("linux/trim_icu.py")
HEADER = struct.pack("<H", 32) + b"\xda\x27" + bytes(8) + b"CmnD" + bytes(16)
ITEMS = [
    ("icudt73l/brkitr/th.res", b"words"),
    ("icudt73l/coll/zh.res", b"order of Chinese"),
    ("icudt73l/curr/root.res", b"root of currencies"),
    ("icudt73l/curr/sv.res", b"kronor"),
    ("icudt73l/gb18030.cnv", b"encoding"),
    ("icudt73l/root.res", b"root"),
    ("icudt73l/unames.icu", b"names"),
]
KEPT = [ITEMS[1], ITEMS[2], ITEMS[4], ITEMS[5]]


def unpadded(items: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    return [(name, data.rstrip(b"\0")) for name, data in items]


def test_what_was_written_is_read() -> None:
    header, items = trim_icu.read_items(trim_icu.write_items(HEADER, ITEMS))

    assert header == HEADER
    assert unpadded(items) == ITEMS


def test_only_what_is_needed_stays() -> None:
    library = b"\x7fELF CmnD, but no package" + bytes(100) + trim_icu.write_items(HEADER, ITEMS)

    assert unpadded(trim_icu.read_items(trim_icu.trim(library))[1]) == KEPT


def test_data_begins_at_places_that_icu_can_read() -> None:
    package = trim_icu.write_items(HEADER, ITEMS)

    for row in range(len(ITEMS)):
        (_, data) = struct.unpack_from("<II", package, len(HEADER) + 4 + 8 * row)
        assert (len(HEADER) + data) % 16 == 0


def test_library_without_data_is_refused() -> None:
    with pytest.raises(ValueError, match="no ICU data"):
        trim_icu.trim(b"\x7fELF" + bytes(1000) + b"CmnD")


@pytest.mark.skipif(
    sys.platform != "linux" or not (shutil.which("as") and shutil.which("ld")), reason="needs Linux and binutils"
)
def test_library_that_is_linked_gives_the_data_under_its_symbol(tmp_path: Path) -> None:
    library = tmp_path / "libicudata.so.73"
    library.write_bytes(bytes(64) + trim_icu.write_items(HEADER, ITEMS))
    trim_icu.main(library)

    expected = trim_icu.write_items(HEADER, KEPT)
    symbol = (ctypes.c_char * len(expected)).in_dll(ctypes.CDLL(str(library)), "icudt73_dat")
    assert unpadded(trim_icu.read_items(bytes(symbol))[1]) == KEPT
