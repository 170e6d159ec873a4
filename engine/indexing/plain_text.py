"""Text files of unstated encoding, as people and their programs write them: UTF-8, UTF-16, GB 18030, Windows-1252."""

from __future__ import annotations

import codecs
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_UNMARKED = ("utf-8", "gb18030", "cp1252")
_WHITESPACE = frozenset("\t\n\r\f\v\x85")
_CHUNK_BYTES = 1 << 20
_LOOKED_AT = 4096
_LATIN = b"\t\n\r" + bytes(range(0x20, 0x7F))


def decode_plain(raw: bytes) -> str | None:
    """Decode a short text; None for bytes that are no text."""
    for encoding in _candidates(raw[:_CHUNK_BYTES]):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text if _is_text(text) else None
    return None


def encoding_of(path: Path) -> str | None:
    """The encoding of a text file of any length, read once through; None for one that is no text."""
    with path.open("rb") as stream:
        head = stream.read(_CHUNK_BYTES)
    return next((encoding for encoding in _candidates(head) if _decodes(path, encoding)), None)


def _candidates(head: bytes) -> tuple[str, ...]:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return (encoding,)
    if b"\x00" not in head:
        return _UNMARKED
    # Unmarked UTF-16: its spaces, line ends and Latin letters have their zero byte mostly on the same side.
    pairs = list(zip(head[0:_LOOKED_AT:2], head[1:_LOOKED_AT:2], strict=False))
    little = sum(_is_latin(low) and not high for low, high in pairs)
    big = sum(_is_latin(low) and not high for high, low in pairs)
    if little == big:
        return ()
    return ("utf-16-le",) if little > big else ("utf-16-be",)


def _is_latin(byte: int) -> bool:
    return byte in _LATIN


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_text(text: str) -> bool:
    return all(letter in _WHITESPACE or unicodedata.category(letter) != "Cc" for letter in text)
