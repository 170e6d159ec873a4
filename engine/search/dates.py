"""Dates in a query: single dates are found by rule, then joined by what stands around them ("since", 之前, 到).

All texts here are folded (see ``query_text.fold``). No rule is compiled before a text with a hint of a date comes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

from engine.search.query_calendar import Period, Stretch

if TYPE_CHECKING:
    from engine.search.query_date_rules import DateRules, FoundStretch

_HINT = re.compile(
    r"\d|[年月周天节旦庆夕明一]|星期|礼拜|(?<![a-z])(?:last|previous|this|past|ago|yesterday|today|an?\s+(?:year|month|week|day|decade))"
)
_LOOK_BACK = 48  # characters before a date that are asked for "since", "taken in the" and the like

_PREPOSITION = re.compile(
    r"(?:(?<![a-z0-9_])(?:(?:taken|shot|made|captured|photographed)\s+)?"
    r"(?:(?P<word>since|after|before|until|till|up\s+to|prior\s+to|from|between|in|on|during|of|at|over|within)\s+)?"
    r"(?:the\s+)?(?:years?\s+)?|(?P<han>自从|自|从|拍摄于|拍于|摄于|在|于)\s*)$"
)
# A date under a negation cannot be a filter that lets just that date in; it stays with its negation.
_NEGATED = re.compile(
    r"(?:(?<![a-z0-9_])(?:not|no|without|except|excluding|than)|没有|不是|不在|不要|除了|非|不|除)\s*$"
)
_MONTH_NAME = re.compile(r"[a-z]+\.?")
_CONNECTOR = re.compile(r"\s*(?:(?P<pair>and|&|和|与)|to|until|till|through|thru|-|–|—|~|\.\.|到|至)\s*(?:the\s+)?")
_AFTERWARDS = re.compile(
    r"\s*(?P<word>之间|期间|之前|以前|前(?![后台面方门排往来景])|之后|以后|后(?![面院台背方门来期])|以来|至今|起(?![飞来床重跑舞火风雾])|开始"
    r"|onwards?|until\s+now|till\s+now|to\s+(?:now|today))?(?:(?<=[a-z])(?![a-z])|(?<![a-z]))"
)
_POSSESSIVE = re.compile(r"['’]s(?![a-z])|(?:拍摄|拍|照|摄)?的|拍摄?(?=[\s,，、。]|$)")

_PLAIN = {"", "in", "on", "during", "of", "at", "over", "within", "from"}
_NEUTRAL = {"", "from", "in", "the", "从", "在", "于"}
_SINCE = {"since", "自", "自从", "以来", "至今", "起", "开始", "以后"}
_SINCE |= {"onward", "onwards", "until now", "till now", "to now", "to today"}
_AFTER = {"after", "之后", "后"}
_BEFORE = {"before", "prior to", "之前", "以前", "前"}
_UNTIL = {"until", "till", "up to"}


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date with the words that belong to it; ``begin:end`` are positions in the text it was found in."""

    begin: int
    end: int
    period: Period


def find_dates(text: str, today: date) -> list[FoundDate]:
    """Find the dates of a folded text, in order and apart from each other.

    "After 2020" begins with 2021 and "before 2020" ends with 2019; "since 2020" and 2020年以后 include 2020.
    """
    if _HINT.search(text) is None:
        return []
    found: list[FoundDate] = []
    stretches = list(_rules().find(text, today))
    while stretches:
        lowest = found[-1].end if found else 0
        date_found = _with_surroundings(text, lowest, stretches)
        if date_found is not None:
            found.append(date_found)
        while stretches and stretches[0].begin < (date_found.end if date_found else stretches[0].begin + 1):
            stretches.pop(0)
    return found


def read_date(text: str, today: date) -> tuple[Period, int] | None:
    """Read the date that a folded text begins with, and where it ends: the value of ``date:``, ``before:``, ``after:``.

    Besides what ``find_dates`` knows: 20210503, a month's name alone, any year, and ``A..B`` with either side left out.
    """
    token = text.split(None, 1)[0] if text.strip() else ""
    first, dots, last = token.partition("..")
    if dots:
        period = _between(first, last, today)
        return None if period is None else (period, len(token))
    whole = _read_token(token, today)
    if whole is None or _MONTH_NAME.fullmatch(token):
        for found in find_dates(text, today)[:1]:
            if found.begin == 0:
                return found.period, found.end
    return None if whole is None else (whole, len(token))


def _read_token(token: str, today: date) -> Period | None:
    """Read a token that is a date and nothing else."""
    for found in find_dates(token, today)[:1]:
        if found.begin == 0 and found.end == len(token):
            return found.period
    for explicit in _explicit_rules().find(token, today):
        return Period(explicit.stretch.start, explicit.stretch.end)
    return None


def _between(first: str, last: str, today: date) -> Period | None:
    opening, closing = _read_token(first, today), _read_token(last, today)
    if (first and opening is None) or (last and closing is None) or not (first or last):
        return None
    start = opening.start if opening else None
    end = closing.end if closing else None
    return None if start and end and start >= end else Period(start, end)


def date_text(period: Period) -> str:
    """Write a period as ``read_date`` reads it back: ``2021-05-03``, ``2021-05-01..2021-05-31``, ``2021-05-01..``."""
    first = period.start.isoformat() if period.start else ""
    last = (period.end - timedelta(days=1)).isoformat() if period.end else ""
    return first if first == last else f"{first}..{last}"


def _with_surroundings(text: str, lowest: int, stretches: list[FoundStretch]) -> FoundDate | None:
    """Take the first of ``stretches`` with its preposition, its partner in a range, and what follows it."""
    first = stretches[0]
    before = text[max(lowest, first.begin - _LOOK_BACK) : first.begin]
    preposition = _PREPOSITION.search(before)
    word = "" if preposition is None else " ".join((preposition["word"] or preposition["han"] or "").split())
    begin = first.begin - (0 if preposition is None else len(preposition.group()))
    if word in _PLAIN and before.endswith("the ") and text[first.begin : first.end].isdecimal():
        begin, word = first.begin, ""  # "at the 2012 olympics": the article is that of the noun
    if _NEGATED.search(text[max(lowest, begin - _LOOK_BACK) : begin]):
        return None
    stretch, end = first.stretch, first.end
    partner = _partner(text, stretches, word)
    if partner is not None:
        ends = sorted((first.stretch, partner.stretch), key=lambda one: one.start)
        stretch, end, word = Stretch(ends[0].start, max(one.end for one in ends)), partner.end, ""
    afterwards = _AFTERWARDS.match(text, end)
    if afterwards is not None and afterwards["word"]:
        end = afterwards.end()
        word = " ".join(afterwards["word"].split()) if word in _NEUTRAL else word
    possessive = _POSSESSIVE.match(text, end)
    end = possessive.end() if possessive else end
    return FoundDate(begin, end, _related(stretch, word))


def _partner(text: str, stretches: list[FoundStretch], word: str) -> FoundStretch | None:
    """The second date of "between A and B", "A to B", A到B; "A and B" alone are two dates."""
    first, second = stretches[0], next(iter(stretches[1:2]), None)
    if second is None:
        return None
    connector = _CONNECTOR.fullmatch(text, first.end, second.begin)
    if connector is None or (
        connector["pair"] and word not in ("between", "在") and not text.startswith("之间", second.end)
    ):
        return None
    return second


def _related(stretch: Stretch, word: str) -> Period:
    if word in _SINCE:
        return Period(stretch.start, None)
    if word in _AFTER:
        return Period(stretch.end, None)
    if word in _BEFORE:
        return Period(None, stretch.start)
    if word in _UNTIL:
        return Period(None, stretch.end)
    return Period(stretch.start, stretch.end)


@cache
def _rules() -> DateRules:
    from engine.search import query_dates_en, query_dates_zh
    from engine.search.query_date_rules import DateRules

    return DateRules((*query_dates_zh.RULES, *query_dates_en.RULES))


@cache
def _explicit_rules() -> DateRules:
    from engine.search import query_dates_en
    from engine.search.query_date_rules import DateRules

    return DateRules(query_dates_en.EXPLICIT_RULES)
