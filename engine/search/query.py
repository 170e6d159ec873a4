"""The query language: from what was typed to typed clauses, each knowing the stretch of text it was read from.

Read left to right: quoted text, ``-word`` and ``key:value`` first; what lies between them is asked for dates, then for
negations in words; the rest is words. Nothing is ever an error: what has no other meaning is searched as plain words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from engine.protocol import (
    CameraFilter,
    Clause,
    DateFilter,
    ExactClause,
    Filter,
    FolderFilter,
    NameFilter,
    NegatedClause,
    Span,
    TypeFilter,
    WordsClause,
)
from engine.search.dates import date_text, find_dates
from engine.search.query_calendar import Period
from engine.search.query_filters import KEY, date_filter, read_filter
from engine.search.query_negation import find_negations_en
from engine.search.query_negation_zh import find_negations_zh
from engine.search.query_text import QUOTES, fold, join, language_of, printable, strip_request, tidy, trim, worded

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARK = re.compile(
    rf'(?P<minus>(?<![^\s,;、。(（])[-−–](?=[^\s\d\-−–>=.)]))|(?P<quote>(?<![a-z0-9])"|[“”„「『])|(?P<key>{KEY})'
)
_UNWANTED_WORD = re.compile(r'[^\s,;、。"“”„「」『』]+')
_NOBODY = frozenset({"nobody", "no one", "no-one"})


@dataclass(frozen=True, slots=True)
class Query:
    """What was understood of a text. Two queries are equal when their clauses are, wherever in the text they stood."""

    clauses: tuple[Clause, ...]
    source: str = field(default="", compare=False)
    today: date = field(default=date.min, compare=False)

    @property
    def text(self) -> str:
        """What goes to the text tower: the words that remain, in order, without "photos of" or 「帮我找…的照片」.

        Empty where only other clauses say something ("photos from 2020").
        """
        words = ""
        for clause in self.clauses:
            if isinstance(clause, WordsClause):
                words = join(words, clause.text)
        wanted = strip_request(words)
        return worded(wanted if wanted or len(self.clauses) > 1 else words)

    @property
    def negated(self) -> tuple[str, ...]:
        """The texts whose photos are to go down."""
        return tuple(worded(clause.text) for clause in self.clauses if isinstance(clause, NegatedClause))

    @property
    def exact(self) -> tuple[str, ...]:
        """The texts that names, captions or recognised text must contain."""
        return tuple(clause.text for clause in self.clauses if isinstance(clause, ExactClause))

    @property
    def filters(self) -> tuple[Filter, ...]:
        """The exact part: filters of one kind are alternatives, kinds must all hold (for dates see ``periods``)."""
        return tuple(clause for clause in self.clauses if isinstance(clause, Filter))

    @property
    def periods(self) -> tuple[tuple[str | None, str | None], ...] | None:
        """The times a photo may be from, as (start inclusive, end exclusive) ISO dates; None where any will do.

        Closed dates are alternatives ("2018 2020"), open ones ("before 2020") narrow all of them. Empty where they
        contradict each other: nothing fits then.
        """
        dates = [clause for clause in self.clauses if isinstance(clause, DateFilter)]
        if not dates:
            return None
        since = max((one.start for one in dates if one.start and not one.end), default=None)
        until = min((one.end for one in dates if one.end and not one.start), default=None)
        closed = [(one.start, one.end) for one in dates if one.start and one.end]
        if not closed:
            return () if since and until and since >= until else ((since, until),)
        narrowed = ((max(start, since or start), min(end, until or end)) for start, end in closed)
        return tuple((start, end) for start, end in narrowed if start < end)

    def without(self, index: int) -> str:
        """Give back the source text without one clause; ``IndexError`` where there is no such clause."""
        span = self.clauses[index].span
        left, right = self.source[: span.start], self.source[span.end :]
        spaced = left[-1:].isspace() or right[:1].isspace()
        left, right = left.strip(), right.strip()
        return f"{left} {right}" if spaced and left and right else join(left, right)

    def to_text(self) -> str:
        """Write the query in one plain way that parses to an equal query."""
        pieces: list[str] = []
        bare_words = False
        for clause in self.clauses:
            piece = self._written(clause, allow_bare=not bare_words)
            bare_words = isinstance(clause, WordsClause) and piece == clause.text
            pieces.append(piece)
        return " ".join(pieces)

    def _written(self, clause: Clause, *, allow_bare: bool) -> str:
        """Choose the first way of writing that reads back as this very clause."""
        for text in _ways_to_write(clause, allow_bare=allow_bare):
            if tuple(_clauses(text, self.today)) == (clause,):
                return text
        raise AssertionError(f"no way to write {clause!r}")


def parse(text: str, *, today: date) -> Query:
    """Read any text. Takes time linear in its length; ``today`` is what "yesterday" and 去年 are counted from."""
    return Query(tuple(_clauses(text, today)), text, today)


def _clauses(text: str, today: date) -> Iterator[Clause]:
    folded = fold(text)
    gap = 0
    for clause in _marked(text, folded, today):
        yield from _between_marks(text, folded, Span(gap, clause.span.start), today)
        yield clause
        gap = clause.span.end
    yield from _between_marks(text, folded, Span(gap, len(text)), today)


def _marked(text: str, folded: str, today: date) -> Iterator[Clause]:
    """Yield the clauses that begin with a mark of their own: a quote, a minus, a key."""
    position = 0
    last_close = {close: folded.rfind(close) for close in QUOTES.values()}
    while (mark := _MARK.search(folded, position)) is not None:
        start, position = mark.start(), mark.start() + 1
        clause: Clause | None = None
        if mark["key"]:
            clause = read_filter(text, folded, start, today)
        elif mark["quote"]:
            close = QUOTES[folded[start]]
            # Asking first keeps a text of nothing but opening quotes linear.
            end = folded.find(close, start + 1) if last_close[close] > start else -1
            exact = " ".join(printable(text[start + 1 : end]).split()) if end > 0 else ""
            clause = ExactClause(exact, Span(start, end + 1)) if exact else None
            position = max(position, end + 1)
        else:
            clause = _minus(text, folded, start)
        if clause is not None:
            yield clause
            position = clause.span.end


def _minus(text: str, folded: str, start: int) -> NegatedClause | None:
    close = QUOTES.get(folded[start + 1])
    if close is not None:
        end = folded.find(close, start + 2)
        unwanted = tidy(text[start + 2 : end]) if end > 0 else ""
        return NegatedClause(unwanted, Span(start, end + 1)) if unwanted else None
    word = _UNWANTED_WORD.match(folded, start + 1)
    unwanted = tidy(text[start + 1 : word.end()]) if word else ""
    return NegatedClause(unwanted, Span(start, word.end())) if word and unwanted else None


def _between_marks(text: str, folded: str, gap: Span, today: date) -> Iterator[Clause]:
    position = gap.start
    for found in find_dates(folded[gap.start : gap.end], today):
        span = Span(gap.start + found.begin, gap.start + found.end)
        yield from _between_dates(text, folded, Span(position, span.start))
        yield date_filter(found.period, span)
        position = span.end
    yield from _between_dates(text, folded, Span(position, gap.end))


def _between_dates(text: str, folded: str, gap: Span) -> Iterator[Clause]:
    part = folded[gap.start : gap.end]
    found = sorted((*find_negations_en(part), *find_negations_zh(part)), key=lambda one: one.begin)
    position = gap.start
    for one in found:
        begin = gap.start + one.begin
        unwanted = tidy(text[gap.start + one.text_begin : gap.start + one.text_end])
        if begin < position or not unwanted:
            continue
        yield from _words(text, folded, Span(position, begin))
        position = gap.start + one.end
        yield NegatedClause("people" if unwanted.lower() in _NOBODY else unwanted, Span(begin, position))
    yield from _words(text, folded, Span(position, gap.end))


def _words(text: str, folded: str, gap: Span) -> Iterator[WordsClause]:
    start, end = trim(folded, gap.start, gap.end)
    words = tidy(text[start:end])
    if words:
        yield WordsClause(words, language_of(words), Span(start, end))


def _ways_to_write(clause: Clause, *, allow_bare: bool) -> Iterator[str]:
    """Yield texts for a clause, the plainest first; the last of them always reads back."""
    key = ""
    if isinstance(clause, DateFilter):
        start, end = (None if one is None else date.fromisoformat(one) for one in (clause.start, clause.end))
        yield f"date:{date_text(Period(start, end))}"
        return
    if isinstance(clause, TypeFilter):
        yield f"type:{','.join(one.lower() for one in clause.formats)}"
        return
    if isinstance(clause, WordsClause):
        # A colon at the end would take what follows for its value.
        if allow_bare and not clause.text.endswith(":"):
            yield clause.text
        key = "words:"
    elif isinstance(clause, NegatedClause):
        key = "-"
        yield key + clause.text
    elif isinstance(clause, (FolderFilter, NameFilter, CameraFilter)):
        key = f"{clause.kind}:"
        yield key + clause.text
    for opening, closing in QUOTES.items():
        yield f"{key}{opening}{clause.text}{closing}"
