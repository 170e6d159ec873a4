"""Dates as they are written in figures and in English, one rule each."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import cast

from engine.search.query_calendar import (
    Stretch,
    Unit,
    ago,
    days_of,
    latest,
    month_of,
    season_of,
    up_to,
    week_of,
    weekend_of,
    year_of,
)
from engine.search.query_date_rules import NOT_LATIN_AFTER, NOT_LATIN_BEFORE, YEAR, Maker
from engine.search.query_festivals import FESTIVALS

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

_L, _R = NOT_LATIN_BEFORE, NOT_LATIN_AFTER
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_SEASON = r"(?:spring|summer|autumn|fall|winter)"
_WEEKDAY = rf"(?:{'|'.join(_WEEKDAYS)})"
_ORDINAL = r"\d\d?(?:st|nd|rd|th)?"
_COUNT = rf"(?:\d{{1,3}}|{'|'.join(_COUNTS)})"
_FEAST = "|".join(re.escape(name) for name in FESTIVALS if name.isascii()).replace("'", "['’]")
_FIGURES_END = r"(?![a-z0-9_/-]|\.\d)"
# Two thousand people are no year.
_NOT_COUNTED = (
    r"(?!\s*(?:people|persons?|men|women|kids|children|birds|meters?|metres?|miles?|feet|ft|km|cm|mm|kg|m|g|k|px|pixels?"
    r"|dollars?|euros?|pounds?|yuan|pieces?|steps?|years?|days?|hours?|calories|islands?|bc|bce|ad)(?![a-z0-9_])"
    r"|\s*[个人元块米张只多名位匹辆架棵座条件吨克斤])"
)
_YEAR_START = r"(?<![\w.,/$€£¥#+:&@=*'’-])"
_YEAR_END = r"(?:(?![\w/%$€£°*+=&@-]|[.,:]\d)|(?=\s*(?:之前|以前|之后|以后|以来|至今|到|至)))" + _NOT_COUNTED
_RECENT = r"(?:19|20)\d\d"


def _written_day(parts: dict[str, str], today: date) -> Stretch:
    """Read a full date; figures that could be day-month or month-day are no date, since a wrong guess hides photos."""
    from dateutil import parser

    text = re.sub(r"[a-z]+day\b|\b(?:the|of)\b|,", " ", parts["all"])
    # 3.5.2021 is day first wherever dates are written with dots.
    orders = (True,) if "." in text else (False, True)
    readings = {parser.parse(text, dayfirst=dayfirst).date() for dayfirst in orders}
    if len(readings) > 1:
        raise ValueError("the day and the month cannot be told apart")
    return days_of(readings.pop())


def _figures_day(parts: dict[str, str], today: date) -> Stretch:
    year, month, day = (int(part) for part in re.split(r"\D", parts["all"]))
    return days_of(date(year, month, day))


def _figures_month(parts: dict[str, str], today: date) -> Stretch:
    year, month = (int(part) for part in re.split(r"\D", parts["all"]))
    return month_of(year, month)


def _month_span(parts: dict[str, str], today: date) -> Stretch:
    year = int(parts["year"])
    first = month_of(int(parts["from_year"] or year), _month_number(parts["from_month"]))
    return Stretch(first.start, month_of(year, _month_number(parts["month"])).end)


def _month(parts: dict[str, str], today: date) -> Stretch:
    return month_of(int(parts["year"]), _month_number(parts["month"]))


def _season(parts: dict[str, str], today: date) -> Stretch:
    return season_of(int(parts["year"]), parts["season"])


def _feast(parts: dict[str, str], today: date) -> Stretch:
    return FESTIVALS[_straight(parts["feast"])](int(parts["year"]))


def _relative_unit(parts: dict[str, str], today: date) -> Stretch:
    back = 0 if parts["which"] == "this" else 1
    if parts["unit"] == "weekend":
        return weekend_of(today - timedelta(weeks=back))
    return ago(cast("Unit", parts["unit"]), back, today)


def _relative_weekday(parts: dict[str, str], today: date) -> Stretch:
    day = week_of(today).start + timedelta(days=_WEEKDAYS.index(parts["weekday"]))
    return days_of(day if parts["which"] == "this" or day < today else day - timedelta(weeks=1))


def _relative_stretch(parts: dict[str, str], today: date) -> Stretch:
    """Read "last summer" (the newest that is over), "this winter" (the newest that has begun), "last Christmas"."""
    ended = parts["which"] != "this"
    if parts["season"]:
        return latest(lambda year: season_of(year, parts["season"]), today, ended=ended)
    if parts["feast"]:
        return latest(FESTIVALS[_straight(parts["feast"])], today, ended=ended)
    return _latest_month(parts, today, ended=ended)


def _latest_month(parts: dict[str, str], today: date, *, ended: bool = False) -> Stretch:
    number = _month_number(parts["month"])
    return latest(lambda year: month_of(year, number), today, ended=ended)


def _named_day(parts: dict[str, str], today: date) -> Stretch:
    back = 0 if parts["all"] == "today" else 2 if "before" in parts["all"] else 1
    return days_of(today - timedelta(days=back))


def _ago(parts: dict[str, str], today: date) -> Stretch:
    return ago(cast("Unit", parts["unit"]), _count(parts["count"]), today)


def _rolling(parts: dict[str, str], today: date) -> Stretch:
    return up_to(today, cast("Unit", parts["unit"]), _count(parts["count"]))


def _decade(parts: dict[str, str], today: date) -> Stretch:
    # "The 20s" could be either century's, so the pattern leaves them out; 00s and 10s can only be this one's.
    figures = parts["decade"]
    if len(figures) == len("1990"):
        return year_of(int(figures), 10)
    return year_of(int(("20" if figures[0] in "01" else "19") + figures), 10)


def _day_of_month(parts: dict[str, str], today: date) -> Stretch:
    month, day = _month_number(parts["month"]), int(parts["day"])
    return latest(lambda year: days_of(date(year, month, day)), today)


def _year_alone(parts: dict[str, str], today: date) -> Stretch:
    if int(parts["all"]) > today.year + 1:
        raise ValueError("a year that far ahead is just a number")
    return year_of(int(parts["all"]))


def _year_span(parts: dict[str, str], today: date) -> Stretch:
    first, last = int(parts["from_year"]), int(parts["year"])
    if last > today.year + 1:
        raise ValueError("a year that far ahead is just a number")
    return year_of(first, last - first + 1)


def _any_year(parts: dict[str, str], today: date) -> Stretch:
    return year_of(int(parts["all"]))


def _compact_day(parts: dict[str, str], today: date) -> Stretch:
    return days_of(date.fromisoformat(parts["all"]))


def _month_number(word: str) -> int:
    return _MONTHS.index(word[:3]) + 1


def _count(word: str) -> int:
    if word in ("", "a", "an"):
        return 1
    return _COUNTS.index(word) + 1 if word in _COUNTS else int(word)


def _straight(name: str) -> str:
    return name.replace("’", "'")


RULES: tuple[tuple[str, Maker], ...] = (
    (rf"(?<![\w./-]){YEAR}[-/.]\d\d?[-/.]\d\d?{_FIGURES_END}", _figures_day),
    (rf"(?<![\w./-])\d\d?[-/.]\d\d?[-/.]{YEAR}{_FIGURES_END}", _written_day),
    (rf"(?<![\w./-]){YEAR}[-/](?:0?[1-9]|1[0-2]){_FIGURES_END}", _figures_month),
    (
        rf"{_L}(?:(?:{_WEEKDAY}|mon|tue|wed|thu|fri|sat|sun),?\s+)?(?:{_ORDINAL}\s+(?:of\s+)?{_MONTH},?|{_MONTH}\s+(?:the\s+)?{_ORDINAL},?)\s+{YEAR}{_R}",
        _written_day,
    ),
    (
        rf"{_L}(?P<from_month>{_MONTH})(?:\s+(?P<from_year>{YEAR}))?\s*(?:to|until|through|-|–|~)\s*"
        rf"(?P<month>{_MONTH})\s+(?P<year>{YEAR}){_R}",
        _month_span,
    ),
    (rf"{_L}(?P<month>{_MONTH}),?\s+(?:of\s+)?(?P<year>{YEAR}){_R}", _month),
    (rf"{_L}(?P<season>{_SEASON}),?\s+(?:of\s+)?(?P<year>{YEAR}){_R}", _season),
    (rf"{_L}(?P<feast>{_FEAST}),?\s+(?:of\s+|in\s+)?(?P<year>{YEAR}){_R}", _feast),
    (rf"{_L}(?P<which>last|previous|this)\s+(?P<unit>year|month|weekend|week){_R}", _relative_unit),
    (rf"{_L}(?P<which>last|previous|this)\s+(?P<weekday>{_WEEKDAY}){_R}", _relative_weekday),
    (rf"{_L}(?P<which>last|this)\s+(?:(?P<season>{_SEASON})|(?P<feast>{_FEAST})){_R}", _relative_stretch),
    # "This may be" and "the last march" are no months.
    (rf"(?<!the )(?<!his )(?<!her )(?<!our )(?<!my ){_L}(?P<which>last)\s+(?P<month>{_MONTH}){_R}", _relative_stretch),
    (rf"{_L}(?P<count>{_COUNT}|an?)\s+(?P<unit>day|week|month|year|decade)s?\s+ago{_R}", _ago),
    (rf"{_L}(?:last|past)\s+(?P<count>{_COUNT})\s+(?P<unit>day|week|month|year)s?{_R}", _rolling),
    (rf"{_L}past\s+(?P<unit>week|month|year){_R}", _rolling),
    (
        rf"{_L}the\s+(?:early\s+|mid\s+|late\s+)?(?P<decade>(?:1[89]|20)\d0|[013-9]0)['’]?s{_R}(?![\s-]*(?:styl|fashion|theme|era))",
        _decade,
    ),
    (rf"{_L}(?:(?:(?:the\s+)?day\s+before\s+)?yesterday|(?<!usa )today){_R}", _named_day),
    (rf"(?<=on )(?P<month>{_MONTH})\s+(?P<day>\d\d?)(?:st|nd|rd|th)?{_R}", _day_of_month),
    (rf"(?<=on )(?:the )?(?P<day>\d\d?)(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_MONTH}){_R}", _day_of_month),
    (rf"{_YEAR_START}(?P<from_year>{_RECENT})\s?[-–—~]\s?(?P<year>{_RECENT}){_YEAR_END}", _year_span),
    (rf"{_YEAR_START}{_RECENT}{_YEAR_END}", _year_alone),
)

EXPLICIT_RULES: tuple[tuple[str, Maker], ...] = (
    (rf"^{YEAR}(?=$|\s)", _any_year),
    (rf"^{YEAR}\d{{4}}(?=$|\s)", _compact_day),
    (rf"^(?P<month>{_MONTH})$", _latest_month),
)
"""What is a date only where the person said that one follows (``date:may``)."""
