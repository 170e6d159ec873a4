"""``folder:``, ``name:``, ``type:``, ``camera:``, ``date:``, ``before:``, ``after:`` and their Chinese names.

``words:`` is the way out: what follows is searched as plain words whatever it looks like.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.imaging.formats import RAW_SUFFIXES
from engine.protocol import CameraFilter, DateFilter, FolderFilter, NameFilter, Span, TypeFilter, WordsClause
from engine.search.dates import read_date
from engine.search.query_calendar import Period
from engine.search.query_text import QUOTES, language_of, printable, tidy

if TYPE_CHECKING:
    from datetime import date

    from engine.protocol import Clause

_KEYS = {
    "folder": "folder", "文件夹": "folder", "资料夹": "folder", "目录": "folder",
    "name": "name", "名称": "name", "文件名": "name",
    "type": "type", "类型": "type", "格式": "type",
    "camera": "camera", "相机": "camera",
    "date": "date", "日期": "date",
    "before": "before", "之前": "before",
    "after": "after", "之后": "after",
    "words": "words",
}  # fmt: skip

_RAW = tuple(sorted(suffix.removeprefix(".").upper() for suffix in RAW_SUFFIXES))

FORMATS: dict[str, tuple[str, ...]] = {
    "jpg": ("JPEG",), "jpeg": ("JPEG",), "jpe": ("JPEG",),
    "png": ("PNG",), "gif": ("GIF",), "webp": ("WEBP",), "avif": ("AVIF",), "bmp": ("BMP",),
    "heic": ("HEIF",), "heif": ("HEIF",),
    "tif": ("TIFF",), "tiff": ("TIFF",),
    "jp2": ("JPEG2000",), "jpeg2000": ("JPEG2000",),
    "raw": _RAW,
} | {name.lower(): (name,) for name in _RAW}  # fmt: skip
"""What people call a kind of file, and the names the library has for its formats."""

_DATE_KEYS = frozenset({"date", "before", "after"})
_LATIN_KEYS = "|".join(key for key in _KEYS if key.isascii())
_HAN_KEYS = "|".join(sorted((key for key in _KEYS if not key.isascii()), key=len, reverse=True))
KEY = rf"(?:(?<![a-z0-9_./-])(?:{_LATIN_KEYS})|{_HAN_KEYS}):"
"""A key with its colon, over folded text."""

_KEY = re.compile(KEY)
_VALUE = re.compile(r'[^\s,;、。"“”„「」『』]+')
_TYPES = re.compile(r"[a-z0-9]+(?:[,|/+][a-z0-9]+)*")
_LONGEST_DATE = 80
_DATE_VALUE = re.compile(rf"[^\s,;、。\"“”„「」『』]{{1,{_LONGEST_DATE}}}")


@dataclass(frozen=True, slots=True)
class KeyValue:
    """A key (by its English name) with the place of its value, and where the whole ends."""

    key: str
    value: Span
    start: int
    end: int
    quoted: bool


def read_filter(text: str, folded: str, start: int, today: date) -> Clause | None:
    """Read the filter that begins at ``start`` with a key; None where it has no value that its key could mean."""
    found = _key_value(folded, start)
    if found is None:
        return None
    if found.key in _DATE_KEYS:
        return _date_filter(folded, found, today)
    value = " ".join(printable(text[found.value.start : found.value.end]).split())
    span = Span(found.start, found.end)
    if found.key == "type":
        return _type_filter(folded, found)
    if found.key == "words":
        words = tidy(value)
        return WordsClause(words, language_of(words), span) if words else None
    make = {"folder": FolderFilter, "name": NameFilter, "camera": CameraFilter}[found.key]
    return make(value, span) if value else None


def _key_value(folded: str, start: int) -> KeyValue | None:
    key = _KEY.match(folded, start)
    if key is None:
        return None
    name = _KEYS[key.group()[:-1]]
    begin = key.end()
    # "type: jpg" is meant as a filter too; a line further down is not.
    if folded.startswith(" ", begin):
        begin += 1
    close = QUOTES.get(folded[begin : begin + 1])
    if close is not None:
        end = folded.find(close, begin + 1)
        return None if end < 0 else KeyValue(name, Span(begin + 1, end), start, end + 1, quoted=True)
    pattern = _TYPES if name == "type" else _DATE_VALUE if name in _DATE_KEYS else _VALUE
    value = pattern.match(folded, begin)
    # After a space another key or a minus begins a clause of its own.
    if value is None or (begin > key.end() and (value.group()[0] == "-" or _KEY.match(folded, begin))):
        return None
    return KeyValue(name, Span(begin, value.end()), start, value.end(), quoted=False)


def _type_filter(folded: str, found: KeyValue) -> TypeFilter | None:
    """Map the names of formats; a value with a name that is none (``type:video``) is no filter."""
    names = re.split(r"[,|/+]\s*", folded[found.value.start : found.value.end].strip())
    if any(name not in FORMATS for name in names):
        return None
    formats = dict.fromkeys(one for name in names for one in FORMATS[name])
    return TypeFilter(tuple(formats), Span(found.start, found.end))


def _date_filter(folded: str, found: KeyValue, today: date) -> DateFilter | None:
    """Read the date, which without quotes may go on past a space: ``before:3 May 2021``."""
    begin, end = found.value.start, found.value.end
    reach = folded[begin:end] if found.quoted else folded[begin : begin + _LONGEST_DATE]
    leading = len(reach) - len(reach.lstrip())
    read = read_date(reach[leading:], today)
    if read is None or (found.quoted and read[1] < len(reach.strip())):
        return None
    period = read[0]
    if found.key == "before":
        period = Period(None, period.start)
    elif found.key == "after":
        period = Period(period.end, None)
    if period.start is None and period.end is None:
        return None
    return date_filter(period, Span(found.start, found.end if found.quoted else begin + leading + read[1]))


def date_filter(period: Period, span: Span) -> DateFilter:
    """Put a period into the words of the wire: ISO dates, the end exclusive."""
    start = period.start.isoformat() if period.start else None
    end = period.end.isoformat() if period.end else None
    return DateFilter(start, end, span)
