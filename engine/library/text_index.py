"""Finding photos by the words of their names, folders, captions and recognised text (FTS5, trigrams).

A trigram index finds text inside Chinese words, which have no spaces between them; a term of one or two characters,
which has no trigram, is found by looking through the rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.library.connection import Connection

LOOKED_THROUGH = 2000
ASKED = 500  # of one statement
TRIGRAM = 3
COLUMNS = ("captions", "ocr", "name", "directory")
_PLACES = {column: place for place, column in enumerate((*COLUMNS, "mixed"))}
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

    # FTS5 keeps its columns, in order, in this table (c0 is the name); read there a row costs a fifth.
    _COLUMNS_BY_ID = "c2, c3, c0, c1"
    _TABLE_BY_ID = "text_index_content AS text ON text.id = photo.id"

    def __init__(self, database: Connection) -> None:
        self._database = database

    def find(self, terms: Sequence[str], *, limit: int) -> list[TextHit]:
        """Contents of present photos that hold every term, best first; each content once."""
        if not terms:
            return []
        sought = _Sought(terms)
        hits: dict[int, TextHit] = {}
        for content, *texts in self._candidates(terms):
            lowered = [text.lower() for text in texts]
            column = sought.column(lowered)
            if column is not None:
                hits.setdefault(content, TextHit(content, column, sought.is_certain("\n".join(lowered))))
        return sorted(hits.values(), key=lambda hit: (not hit.is_certain, _PLACES[hit.column]))[:limit]

    def holding(
        self, terms: Sequence[str], contents: Sequence[int], *, unless: Sequence[Sequence[str]] = ()
    ) -> tuple[frozenset[int], frozenset[int]]:
        """Those of ``contents`` whose captions, recognised text or name surely hold every term, and apart from them
        those whose captions hold all terms of one of ``unless`` besides.

        What holds such terms elsewhere is in neither: a sign "no dogs" in a photo says nothing about dogs in it.
        """
        if not terms:
            return frozenset(), frozenset()
        sought, denying = _Sought(terms), [_Sought(others) for others in unless if others]
        held: set[int] = set()
        denied: set[int] = set()
        denied_by_caption: set[int] = set()
        for content, *texts in self._texts_of(contents):
            everything = "\n".join(texts).lower()
            if not sought.may_stand_in(everything) or not sought.is_certain(everything):
                continue
            lowered = [text.lower() for text in texts]
            if sought.says_more_than_its_folder(lowered):
                held.add(content)
            columns = {one.column(lowered) for one in denying if one.may_stand_in(everything)}
            if columns - {None, "directory"}:
                denied.add(content)
            if "captions" in columns:
                denied_by_caption.add(content)
        return frozenset(held - denied), frozenset(denied_by_caption)

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

    def _texts_of(self, contents: Sequence[int]) -> Iterator[tuple[int, str, str, str, str]]:
        """What is written about the present photos of ``contents``, in the order of ``COLUMNS``."""
        for start in range(0, len(contents), ASKED):
            part = contents[start : start + ASKED]
            marks = ", ".join("?" * len(part))
            sql = f"""
                SELECT photo.content, {self._COLUMNS_BY_ID} FROM photo JOIN {self._TABLE_BY_ID}
                 WHERE photo.content IN ({marks}) AND photo.missing_since IS NULL
            """
            yield from ((row[0], row[1], row[2], row[3], row[4]) for row in self._database.rows(sql, part))

    def _looked_through(self, terms: Sequence[str]) -> list[tuple[int, str, str, str, str]]:
        """The rows that hold every term, none of which has a trigram."""
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


class _Sought:
    """Terms that a text is to hold, each made ready once for thousands of texts."""

    def __init__(self, terms: Sequence[str]) -> None:
        self._terms = [(term, _word(term) if term.isascii() else None) for term in terms]
        self._alone = [_alone(term) for term in terms if len(term) == 1]

    def column(self, lowered: Sequence[str]) -> str | None:
        """The best place, of texts in lower case in the order of ``COLUMNS``, where all stand."""
        for column, text in zip(COLUMNS, lowered, strict=True):
            if text and self._stand_in(text):
                return column
        return "mixed" if len(self._terms) > 1 and self._stand_in("\n".join(lowered)) else None

    def says_more_than_its_folder(self, lowered: Sequence[str]) -> bool:
        """Whether all stand in ``lowered``, and not in the name of the folder alone."""
        return self.column(lowered) not in {None, "directory"}

    def may_stand_in(self, text: str) -> bool:
        """Whether all occur, as words or inside of words: most texts can be passed over by this."""
        for term, _ in self._terms:  # noqa: SIM110  # a generator would cost more than what it looks for
            if term not in text:
                return False
        return True

    def _stand_in(self, text: str) -> bool:
        if not self.may_stand_in(text):
            return False
        return all(word is None or word.search(text) is not None for _, word in self._terms)

    def is_certain(self, text: str) -> bool:
        """Whether each term of one character is a word somewhere in ``text``."""
        return all(alone.search(text) for alone in self._alone)


def _word(term: str) -> re.Pattern[str]:
    # "art" is not in "party", but "cat" is in "cats" and in "IMG_cat01".
    return re.compile(rf"(?<![a-z]){re.escape(term)}(?:e?s)?(?![a-z])")


def _alone(term: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|[^{_HAN}]|[{_OPENING}]){term}(?:$|[^{_HAN}]|[{_CLOSING}])")
