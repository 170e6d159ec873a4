"""Leave out of Qt's ICU data what Balloon never asks for: `trim_icu.py libicudata.so.NN`, in place.

The library holds one table of named items, 32 MB: among them the names of all units, currencies, languages and time
zones in all tongues. Collation, properties, locales and encodings stay. The table's form: a header (ICU's udata.h,
"CmnD"), a count, then pairs of offsets to names and to data, counted from the count. Needs `as` and `ld` (binutils).
"""

from __future__ import annotations

import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

UNUSED_KINDS = ("brkitr/", "curr/", "lang/", "rbnf/", "region/", "translit/", "unit/", "zone/")
UNUSED_ITEMS = re.compile(r"unames\.icu|.*\.(spp|cfu)")
# ICU looks for these before it falls back to "nothing known".
KEPT = re.compile(r".*/(root|res_index|pool|en|zh|supplementalData)\.res")
ALIGNMENT = 16
MAGIC = b"\xda\x27"
FORMAT_OFFSET = 12  # of "CmnD" in the header; the magic stands two bytes from its start


def is_needed(name: str) -> bool:
    """Whether an item, by its name below the package's prefix, may be asked for."""
    if KEPT.fullmatch(name):
        return True
    return not (name.startswith(UNUSED_KINDS) or UNUSED_ITEMS.fullmatch(name))


def find_package(library: bytes) -> int:
    """The offset of the package's header; raises ``ValueError`` where there is none."""
    at = library.find(b"CmnD")
    while at >= 0:
        start = at - FORMAT_OFFSET
        if start >= 0 and library[start + 2 : start + 4] == MAGIC:
            return start
        at = library.find(b"CmnD", at + 1)
    raise ValueError("this library holds no ICU data")


def read_items(package: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """The header, and the items by name in their order. The last one reaches to the end."""
    (header_size,) = struct.unpack_from("<H", package)
    table = package[header_size:]
    (count,) = struct.unpack_from("<I", table)
    offsets = [struct.unpack_from("<II", table, 4 + 8 * row) for row in range(count)]
    ends = [data for _, data in offsets[1:]] + [len(table)]
    items = [
        (table[name : table.index(b"\0", name)].decode("ascii"), table[data:end])
        for (name, data), end in zip(offsets, ends, strict=True)
    ]
    return package[:header_size], items


def write_items(header: bytes, items: list[tuple[str, bytes]]) -> bytes:
    """The package of these items, which must be in the order of their names."""
    names = b""
    name_offsets = []
    start = 4 + 8 * len(items)
    for name, _ in items:
        name_offsets.append(start + len(names))
        names += name.encode("ascii") + b"\0"
    out = bytearray(start)
    out += names
    struct.pack_into("<I", out, 0, len(items))
    for row, (_, data) in enumerate(items):
        out += bytes(-(len(header) + len(out)) % ALIGNMENT)
        struct.pack_into("<II", out, 4 + 8 * row, name_offsets[row], len(out))
        out += data
    return header + bytes(out)


def trim(library: bytes) -> bytes:
    """The package of a library without what is not needed."""
    header, items = read_items(library[find_package(library) :])
    return write_items(header, [item for item in items if is_needed(item[0].partition("/")[2])])


def link(package: bytes, library: Path, symbol: str) -> None:
    """Make a library of the same name with the package as its one symbol."""
    with tempfile.TemporaryDirectory() as folder:
        data, source, made = (Path(folder, name) for name in ("data", "data.s", "data.o"))
        data.write_bytes(package)
        source.write_text(
            f'.section .rodata,"a",@progbits\n.balign 16\n.globl {symbol}\n.type {symbol},@object\n'
            f'{symbol}:\n.incbin "{data}"\n.size {symbol}, . - {symbol}\n.section .note.GNU-stack,"",@progbits\n',
            encoding="ascii",
        )
        subprocess.run(["as", "-o", str(made), str(source)], check=True)
        soname = (
            "-soname",
            library.name,
            "--build-id=sha1",
            "--hash-style=gnu",
            "-z",
            "noexecstack",
            "-z",
            "noseparate-code",
        )
        subprocess.run(["ld", "-shared", "--strip-all", *soname, "-o", str(library), str(made)], check=True)


def main(library: Path) -> int:
    """Trim the library in place and say by how much."""
    before = library.read_bytes()
    version = re.search(r"\.so\.(\d+)", library.name)
    if version is None:
        raise ValueError(f"{library.name} has no version in its name")
    package = trim(before)
    link(package, library, f"icudt{version[1]}_dat")
    sys.stdout.write(f"{library.name}: {len(before) / 1e6:.1f} MB -> {library.stat().st_size / 1e6:.1f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
