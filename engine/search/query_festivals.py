"""Days that people name instead of dating them: Christmas, 国庆节, 春节. Each is a stretch of days in a given year.

The lunar dates of 1950..2050 are tabled (month * 100 + day); the holidays and cnlunar libraries agree on all of them.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from engine.search.query_calendar import Stretch, days_of

if TYPE_CHECKING:
    from collections.abc import Callable

_LUNAR_YEARS = 1950

_SPRING = """
217 206 127 214 203 124 212 131 218 208 128 215 205 125 213 202 121 209 130 217 206 127 215 203 123 211 131 218 207 128
216 205 125 213 202 220 209 129 217 206 127 215 204 123 210 131 219 207 128 216 205 124 212 201 122 209 129 218 207 126
214 203 123 210 131 219 208 128 216 205 125 212 201 122 210 129 217 206 126 213 203 123 211 131 219 208 128 215 204 124
212 201 122 210 130 217 206 126 214 202 123"""
_DRAGON_BOAT = """
619 609 528 615 605 624 613 602 621 610 529 617 606 625 614 604 623 612 531 619 608 528 615 605 624 614 602 621 610 530
617 606 625 615 604 622 611 531 618 608 528 616 605 624 613 602 620 609 530 618 606 625 615 604 622 611 531 619 608 528
616 606 623 612 602 620 609 530 618 607 625 614 603 622 610 531 619 609 528 616 605 624 612 601 620 610 530 618 607 527
614 603 622 611 531 619 608 529 615 604 623"""
_MID_AUTUMN = """
926 915 1003 922 911 930 919 908 927 917 1005 924 913 1002 920 910 929 918 1006 926 915 1003 922 911 930 920 908 927 917
1005 923 912 1001 921 910 929 918 1007 925 914 1003 922 911 930 920 909 927 916 1005 924 912 1001 921 911 928 918 1006
925 914 1003 922 912 930 919 908 927 915 1004 924 913 1001 921 910 929 917 1006 925 915 1003 922 912 1001 919 908 927
916 1004 924 913 1002 920 910 928 917 1005 925 915 1004 922 911 930"""


def _fixed(month: int, day: int, count: int = 1) -> Callable[[int], Stretch]:
    return lambda year: days_of(date(year, month, day), count)


def _lunar(table: str, offset: int = 0, count: int = 1) -> Callable[[int], Stretch]:
    def make(year: int) -> Stretch:
        days = table.split()
        if not 0 <= year - _LUNAR_YEARS < len(days):
            raise ValueError(f"no lunar dates for {year}")
        month, day = divmod(int(days[year - _LUNAR_YEARS]), 100)
        return days_of(date(year, month, day) + timedelta(days=offset), count)

    return make


def _easter(year: int) -> Stretch:
    from dateutil.easter import easter

    return days_of(easter(year) - timedelta(days=2), 4)


def _thanksgiving(year: int) -> Stretch:
    first = date(year, 11, 1)
    return days_of(first + timedelta(days=(3 - first.weekday()) % 7 + 21), 4)


def _new_year(year: int) -> Stretch:
    return days_of(date(year - 1, 12, 31), 2)


_CHRISTMAS = _fixed(12, 24, 3)
_SPRING_FESTIVAL = _lunar(_SPRING, -1, 8)  # from New Year's Eve to the seventh day, as the public holiday runs

FESTIVALS: dict[str, Callable[[int], Stretch]] = {
    "christmas eve": _fixed(12, 24),
    "christmas day": _fixed(12, 25),
    "christmas": _CHRISTMAS,
    "xmas": _CHRISTMAS,
    "new year's eve": _fixed(12, 31, 2),
    "new years eve": _fixed(12, 31, 2),
    "chinese new year": _SPRING_FESTIVAL,
    "lunar new year": _SPRING_FESTIVAL,
    "spring festival": _SPRING_FESTIVAL,
    "new year's day": _fixed(1, 1),
    "new year": _new_year,
    "valentine's day": _fixed(2, 14),
    "easter": _easter,
    "thanksgiving": _thanksgiving,
    "halloween": _fixed(10, 31),
    "mid-autumn festival": _lunar(_MID_AUTUMN),
    "dragon boat festival": _lunar(_DRAGON_BOAT),
    "元旦": _new_year,
    "除夕": _lunar(_SPRING, -1),
    "农历新年": _SPRING_FESTIVAL,
    "春节": _SPRING_FESTIVAL,
    "元宵节": _lunar(_SPRING, 14),
    "情人节": _fixed(2, 14),
    "清明节": _fixed(4, 4, 3),  # the solar term falls on the 4th, 5th or 6th
    "清明": _fixed(4, 4, 3),
    "五一劳动节": _fixed(5, 1, 5),
    "劳动节": _fixed(5, 1, 5),
    "五一": _fixed(5, 1, 5),
    "儿童节": _fixed(6, 1),
    "端午节": _lunar(_DRAGON_BOAT),
    "端午": _lunar(_DRAGON_BOAT),
    "中秋节": _lunar(_MID_AUTUMN),
    "中秋": _lunar(_MID_AUTUMN),
    "国庆节": _fixed(10, 1, 7),
    "国庆": _fixed(10, 1, 7),
    "万圣节": _fixed(10, 31),
    "平安夜": _fixed(12, 24),
    "圣诞节": _CHRISTMAS,
    "圣诞": _CHRISTMAS,
}
"""From a folded name to the days it has in a year; raises ``ValueError`` for a year that is not tabled."""

BARE = ("国庆节", "国庆", "春节", "中秋节", "端午节", "劳动节", "五一", "元旦", "除夕", "清明节")
"""Names that are a date when they stand alone; the others show in pictures (Christmas, 万圣节) and stay words."""
