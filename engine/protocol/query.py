"""The query language: what was understood, as removable chips."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

QueryLanguage = Literal["en", "zh", "mixed"]


@dataclass(frozen=True, slots=True)
class Span:
    """Where a clause stands in the typed text: ``start`` inclusive, ``end`` exclusive, in Unicode code points."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class WordsClause:
    """Plain words, searched by meaning. Like every clause it compares equal wherever in the text it stood."""

    text: str
    language: QueryLanguage
    span: Span = field(compare=False)
    kind: Literal["words"] = "words"


@dataclass(frozen=True, slots=True)
class NegatedClause:
    """What is not wanted: ``-cat``, ``without people``, 没有人. Photos that match ``text`` go down."""

    text: str
    span: Span = field(compare=False)
    kind: Literal["negated"] = "negated"


@dataclass(frozen=True, slots=True)
class ExactClause:
    """Quoted text that a name, a caption or recognised text must contain."""

    text: str
    span: Span = field(compare=False)
    kind: Literal["exact"] = "exact"


@dataclass(frozen=True, slots=True)
class FolderFilter:
    """Photos in a folder whose path contains ``text``."""

    text: str
    span: Span = field(compare=False)
    kind: Literal["folder"] = "folder"


@dataclass(frozen=True, slots=True)
class NameFilter:
    """Photos whose file name contains ``text``."""

    text: str
    span: Span = field(compare=False)
    kind: Literal["name"] = "name"


@dataclass(frozen=True, slots=True)
class TypeFilter:
    """Photos in one of these formats, by the library's names for them (``JPEG``, ``HEIF``, ``RAW``)."""

    formats: tuple[str, ...]
    span: Span = field(compare=False)
    kind: Literal["type"] = "type"


@dataclass(frozen=True, slots=True)
class CameraFilter:
    """Photos taken with a camera whose name contains ``text``."""

    text: str
    span: Span = field(compare=False)
    kind: Literal["camera"] = "camera"


@dataclass(frozen=True, slots=True)
class DateFilter:
    """Photos taken from ``start`` (inclusive) to ``end`` (exclusive), ISO dates; None leaves that side open."""

    start: str | None
    end: str | None
    span: Span = field(compare=False)
    kind: Literal["date"] = "date"


Filter: TypeAlias = FolderFilter | NameFilter | TypeFilter | CameraFilter | DateFilter
Clause: TypeAlias = WordsClause | NegatedClause | ExactClause | Filter
