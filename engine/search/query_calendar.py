"""Stretches of time and the arithmetic that makes them: years, seasons, weeks, "two years ago"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Unit = Literal["day", "week", "month", "year", "decade"]

FIRST_YEAR, LAST_YEAR = 1800, 2199
"""Photography is younger than the first; no camera clock is past the last."""

SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12, "春": 3, "夏": 6, "秋": 9, "冬": 12}
"""The month a season begins with. Seasons are those of the north, and a winter bears the year it begins in."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``start`` (inclusive) to ``end`` (exclusive); None leaves that side open."""

    start: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A period that is closed on both sides: ``start`` inclusive, ``end`` exclusive."""

    start: date
    end: date


def year_of(year: int, count: int = 1) -> Stretch:
    """Give the ``count`` years from ``year`` on."""
    return Stretch(date(year, 1, 1), date(year + count, 1, 1))


def month_of(year: int, month: int, count: int = 1) -> Stretch:
    """Give the ``count`` months from ``month`` (1..12) of ``year`` on."""
    months = year * 12 + month - 1 + count
    return Stretch(date(year, month, 1), date(months // 12, months % 12 + 1, 1))


def season_of(year: int, season: str) -> Stretch:
    """Give the three months of a season named as in ``SEASONS``."""
    return month_of(year, SEASONS[season], 3)


def days_of(first: date, count: int = 1) -> Stretch:
    """Give ``count`` days from ``first`` on."""
    return Stretch(first, first + timedelta(days=count))


def week_of(day: date) -> Stretch:
    """Give the week of ``day``, Monday to Sunday."""
    return days_of(day - timedelta(days=day.weekday()), 7)


def weekend_of(day: date) -> Stretch:
    """Give Saturday and Sunday of the week of ``day``."""
    return days_of(week_of(day).start + timedelta(days=5), 2)


def ago(unit: Unit, count: int, today: date) -> Stretch:
    """Give the whole day, calendar week, month, year or ten years that lies ``count`` of them before ``today``."""
    day = back(unit, count, today)
    if unit == "day":
        return days_of(day)
    if unit == "week":
        return week_of(day)
    if unit == "month":
        return month_of(day.year, day.month)
    return year_of(day.year)


def up_to(today: date, unit: Unit, count: int) -> Stretch:
    """Give the last ``count`` units, ``today`` included: the past three months end today, not with a month."""
    return Stretch(back(unit, count, today), today + timedelta(days=1))


def back(unit: Unit, count: int, today: date) -> date:
    """Go back from ``today``; a day the earlier month has not becomes its last (31 March to 28 February)."""
    from dateutil.relativedelta import relativedelta

    if unit == "day":
        return today - timedelta(days=count)
    if unit == "week":
        return today - timedelta(weeks=count)
    if unit == "month":
        return today - relativedelta(months=count)
    return today - relativedelta(years=count * (10 if unit == "decade" else 1))


def latest(make: Callable[[int], Stretch], today: date, *, ended: bool = False) -> Stretch:
    """Give the newest of a yearly stretch that has begun (or, with ``ended``, is over) by ``today``."""
    year = today.year
    while True:
        stretch = make(year)
        if (stretch.end if ended else stretch.start) <= today:
            return stretch
        year -= 1


def is_sensible(stretch: Stretch) -> bool:
    """Say whether it lies in the years a photo can have and contains at least a day."""
    return date(FIRST_YEAR, 1, 1) <= stretch.start < stretch.end <= date(LAST_YEAR + 1, 1, 1)
