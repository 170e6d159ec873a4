"""The text side of a shared library: pg_trgm finds the rows, and the order is that of SQLite's full text search."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from engine.library.text_index import COLUMNS, LOOKED_THROUGH, TRIGRAM, TextIndex

if TYPE_CHECKING:
    from collections.abc import Sequence

# Of a word that very many photos have, so many are put in order; how many have it is counted no further either.
RANKED = 50_000
_WEIGHTS = {"name": 2.0, "directory": 1.0, "captions": 4.0, "ocr": 3.0}
# Okapi BM25 as FTS5 computes it (sqlite.org/fts5.html, "The bm25() function").
_K1, _B = 1.2, 0.75
_LEAST_IDF = 1e-6


class TrigramIndex(TextIndex):
    """Finds photos by words inside PostgreSQL."""

    _COLUMNS_BY_ID = "captions, ocr, text_index.name, text_index.directory"
    _TABLE_BY_ID = "text_index ON text_index.rowid = photo.id"

    def _candidates(self, terms: Sequence[str]) -> list[tuple[int, str, str, str, str]]:
        long = [term for term in terms if len(term) >= TRIGRAM]
        rank = " + ".join(self._rank(at, term) for at, term in enumerate(long))
        names = {f"term_{_letters(at)}": term for at, term in enumerate(long)}
        tests = " AND ".join(["everything LIKE :like_" + _letters(at) for at in range(len(terms))])
        rows = self._database.rows(
            f"""
            SELECT content, captions, ocr, name, directory
              FROM (SELECT photo.content, captions, ocr, text_index.name, text_index.directory, rowid, tokens
                      FROM text_index JOIN photo ON photo.id = text_index.rowid
                     WHERE {tests} AND photo.missing_since IS NULL AND photo.content IS NOT NULL
                     LIMIT {RANKED}) AS found
             ORDER BY {f"{rank} DESC," if rank else ""} rowid LIMIT {LOOKED_THROUGH}
            """,
            {**names, **{f"like_{_letters(at)}": _contains(term) for at, term in enumerate(terms)}},
        )
        return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]

    def _rank(self, at: int, term: str) -> str:
        rows, tokens = self._totals()
        having = self._database.remembered(("having", term), lambda: self._having(term))
        idf = max(_LEAST_IDF, math.log((rows - having + 0.5) / (having + 0.5)) if having < rows else _LEAST_IDF)
        name = f":term_{_letters(at)}"
        times = " + ".join(
            f"{_WEIGHTS[column]} * (length({column}) - length(replace(lower({column}), {name}, '')))"
            for column in COLUMNS
        )
        frequency = f"(({times}) / {float(len(term))})"
        length = f"{_K1} * ({1 - _B} + {_B} * tokens / {max(tokens / max(rows, 1), 1e-9)!r})"
        return f"{idf!r} * {frequency} * {_K1 + 1} / ({frequency} + {length})"

    def _totals(self) -> tuple[int, float]:
        sql = "SELECT count(*), coalesce(sum(tokens), 0)::float8 FROM text_index"
        row = self._database.remembered("text totals", lambda: self._database.row(sql))
        return (0, 0.0) if row is None else (int(row[0]), float(row[1]))

    def _having(self, term: str) -> int:
        sql = f"SELECT count(*) FROM (SELECT 1 FROM text_index WHERE everything LIKE ? LIMIT {RANKED}) AS part"
        return int(self._database.value(sql, (_contains(term),)))


def _letters(number: int) -> str:
    return "abcdefghijklmnopqrstuvwxyz"[number % 26] * (number // 26 + 1)


def _contains(term: str) -> str:
    # A term is letters, digits, apostrophes and hyphens: nothing in it is a wildcard.
    return f"%{term}%"
