"""Finding photos by the words of their names, folders, captions and recognised text (FTS5, trigrams).

A trigram index finds text inside Chinese words, which have no spaces between them; a term of two characters, which has
no trigram, is found by looking through the rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.library.database import Database

LOOKED_THROUGH = 2000
TRIGRAM = 3
COLUMNS = ("captions", "ocr", "name", "directory")
_TERM = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_STOPWORDS = frozenset(
    re.findall(
        r"\w+",
        "a an the of in on at by to for and or with from is are was were be this that these those it its my your our "
        "their his her some photo photos picture pictures image images",
    )
)


@dataclass(frozen=True, slots=True)
class TextHit:
    """A content whose text holds every term; ``column`` is the best place where they all stand, or "mixed"."""

    content: int
    column: str


def terms_of(text: str) -> list[str]:
    """Split a query into terms, lower case: words without the little ones, and runs of Chinese characters."""
    terms: list[str] = []
    for word in _TERM.findall(text.lower()):
        runs = _CJK.findall(word)
        rest = _CJK.sub(" ", word).split()
        terms += [run for run in runs if len(run) > 1]
        terms += [part for part in rest if part not in _STOPWORDS and len(part) > 1]
    return terms


class TextIndex:
    """The text side of a library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, terms: Sequence[str], *, limit: int) -> list[TextHit]:
        """Contents of present photos that hold every term, best first; each content once."""
        if not terms:
            return []
        hits: dict[int, TextHit] = {}
        for content, *texts in self._candidates(terms):
            column = _where(terms, dict(zip(COLUMNS, texts, strict=True)))
            if column is not None:
                hits.setdefault(content, TextHit(content, column))
        ranked = sorted(hits.values(), key=lambda hit: [*COLUMNS, "mixed"].index(hit.column))
        return ranked[:limit]

    def _candidates(self, terms: Sequence[str]) -> list[tuple[int, str, str, str, str]]:
        long = [term for term in terms if len(term) >= TRIGRAM]
        short = [term for term in terms if len(term) < TRIGRAM]
        tests = ["text_index MATCH ?"] if long else []
        bindings = [" AND ".join(f'"{term}"' for term in long)] if long else []
        for term in short:
            tests.append("(captions LIKE ? OR ocr LIKE ? OR text_index.name LIKE ? OR text_index.directory LIKE ?)")
            bindings += [f"%{term}%"] * 4
        order = "ORDER BY bm25(text_index, 2.0, 1.0, 4.0, 3.0)" if long else "ORDER BY photo.id"
        sql = f"""
            SELECT photo.content, captions, ocr, text_index.name, text_index.directory
              FROM text_index JOIN photo ON photo.id = text_index.rowid
             WHERE {" AND ".join(tests)} AND photo.missing_since IS NULL AND photo.content IS NOT NULL
             {order} LIMIT {LOOKED_THROUGH}
        """
        return [(row[0], row[1], row[2], row[3], row[4]) for row in self._database.rows(sql, bindings)]


def _where(terms: Sequence[str], texts: dict[str, str]) -> str | None:
    lowered = {column: text.lower() for column, text in texts.items()}
    for column in COLUMNS:
        if all(_stands_in(term, lowered[column]) for term in terms):
            return column
    everything = "\n".join(lowered.values())
    return "mixed" if all(_stands_in(term, everything) for term in terms) else None


def _stands_in(term: str, text: str) -> bool:
    if not term.isascii():
        return term in text
    # "art" is not in "party", but "cat" is in "cats" and in "IMG_cat01".
    return re.search(rf"(?<![a-z]){re.escape(term)}(?:e?s)?(?![a-z])", text) is not None
