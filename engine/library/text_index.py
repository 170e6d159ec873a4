"""Finding photos by the words of their names, folders, captions and recognised text (FTS5, trigrams).

A trigram index finds text inside Chinese words, which have no spaces between them; a term of one or two characters,
which has no trigram, is found by looking through the rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.library.connection import Connection

LOOKED_THROUGH = 2000
TRIGRAM = 3
COLUMNS = ("captions", "ocr", "name", "directory")
_TERM = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_HAN = r"\u3400-\u9fff\uf900-\ufaff"
_CJK = re.compile(rf"[{_HAN}]+")
# Chinese characters that mean nothing alone, and those between which another one is likely a word: 一只猫在窗边.
_LITTLE = frozenset("的了在和与是有我你他她它们这那不没很也都就还又及或被把向从到对里上下中")
_OPENING, _CLOSING = "个只条匹头朵棵座辆艘杯碗盘的和与", "的和与在"
_STOPWORDS = frozenset(
    re.findall(
        r"\w+",
        "a an the of in on at by to for and or with from is are was were be this that these those it its my your our "
        "their his her some photo photos picture pictures image images",
    )
)


@dataclass(frozen=True, slots=True)
class TextHit:
    """A content whose text holds every term; ``column`` is the best place where they all stand, or "mixed".

    ``is_certain`` is False where a single Chinese character may be part of another word (海 in 上海).
    """

    content: int
    column: str
    is_certain: bool = True


def terms_of(text: str) -> list[str]:
    """Split a query into terms, lower case: words without the little ones, and runs of Chinese characters."""
    terms: list[str] = []
    for word in _TERM.findall(text.lower()):
        runs = _CJK.findall(word)
        rest = _CJK.sub(" ", word).split()
        terms += [run for run in runs if run not in _LITTLE]
        terms += [part for part in rest if part not in _STOPWORDS and len(part) > 1]
    return terms


class TextIndex:
    """The text side of a library."""

    def __init__(self, database: Connection) -> None:
        self._database = database

    def find(self, terms: Sequence[str], *, limit: int) -> list[TextHit]:
        """Contents of present photos that hold every term, best first; each content once."""
        if not terms:
            return []
        hits: dict[int, TextHit] = {}
        for content, *texts in self._candidates(terms):
            column = _where(terms, dict(zip(COLUMNS, texts, strict=True)))
            if column is not None:
                hits.setdefault(content, TextHit(content, column, _is_certain(terms, "\n".join(texts))))
        ranked = sorted(hits.values(), key=lambda hit: (not hit.is_certain, [*COLUMNS, "mixed"].index(hit.column)))
        return ranked[:limit]

    def _candidates(self, terms: Sequence[str]) -> list[tuple[int, str, str, str, str]]:
        long = [term for term in terms if len(term) >= TRIGRAM]
        if not long:
            return self._looked_through(terms)
        short = [term for term in terms if len(term) < TRIGRAM]
        tests = ["text_index MATCH ?"]
        bindings = [" AND ".join(f'"{term}"' for term in long)]
        for term in short:
            tests.append("(captions LIKE ? OR ocr LIKE ? OR text_index.name LIKE ? OR text_index.directory LIKE ?)")
            bindings += [f"%{term}%"] * 4
        sql = f"""
            SELECT photo.content, captions, ocr, text_index.name, text_index.directory
              FROM text_index JOIN photo ON photo.id = text_index.rowid
             WHERE {" AND ".join(tests)} AND photo.missing_since IS NULL AND photo.content IS NOT NULL
             ORDER BY bm25(text_index, 2.0, 1.0, 4.0, 3.0) LIMIT {LOOKED_THROUGH}
        """
        return [(row[0], row[1], row[2], row[3], row[4]) for row in self._database.rows(sql, bindings)]

    def _looked_through(self, terms: Sequence[str]) -> list[tuple[int, str, str, str, str]]:
        """The rows that hold every term, none of which has a trigram."""
        # FTS5 keeps its columns, in order, in this table (c0 is the name); read there a row costs a fifth.
        # CROSS JOIN keeps the looking through outside, so that a photo row is read for what was found alone.
        tests = " AND ".join(["(c2 LIKE ? OR c3 LIKE ? OR c0 LIKE ? OR c1 LIKE ?)"] * len(terms))
        sql = f"""
            SELECT photo.content, c2, c3, c0, c1
              FROM text_index_content AS text CROSS JOIN photo ON photo.id = text.id
             WHERE {tests} AND photo.missing_since IS NULL AND photo.content IS NOT NULL
             ORDER BY text.id LIMIT {LOOKED_THROUGH}
        """
        bindings = [f"%{term}%" for term in terms for _ in COLUMNS]
        return [(row[0], row[1], row[2], row[3], row[4]) for row in self._database.rows(sql, bindings)]


def _where(terms: Sequence[str], texts: dict[str, str]) -> str | None:
    lowered = {column: text.lower() for column, text in texts.items()}
    for column in COLUMNS:
        if all(_stands_in(term, lowered[column]) for term in terms):
            return column
    everything = "\n".join(lowered.values())
    return "mixed" if all(_stands_in(term, everything) for term in terms) else None


def _stands_in(term: str, text: str) -> bool:
    if not term.isascii() or term not in text:
        return term in text
    # "art" is not in "party", but "cat" is in "cats" and in "IMG_cat01".
    return re.search(rf"(?<![a-z]){re.escape(term)}(?:e?s)?(?![a-z])", text) is not None


def _is_certain(terms: Sequence[str], text: str) -> bool:
    single = [term for term in terms if len(term) == 1]
    return all(re.search(rf"(?:^|[^{_HAN}]|[{_OPENING}]){term}(?:$|[^{_HAN}]|[{_CLOSING}])", text) for term in single)
