"""Dates as they are written in Chinese, one rule each.

Chinese has no spaces, so most rules carry a guard against words that hold the same characters: 目前天气, 海上月亮.
"""

from __future__ import annotations

from datetime import date, timedelta

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
from engine.search.query_date_rules import YEAR, Maker
from engine.search.query_festivals import BARE, FESTIVALS

_DIGITS = {character: index for index, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS: dict[str, Unit] = {
    "天": "day", "日": "day", "周": "week", "星期": "week", "礼拜": "week", "月": "month", "年": "year",
}  # fmt: skip
_YEARS_BACK = {"今": 0, "本": 0, "去": 1, "前": 2, "大前": 3}
_DAYS_BACK = {"今天": 0, "昨天": 1, "前天": 2, "大前天": 3}

_FEAST = "|".join(name for name in FESTIVALS if not name.isascii())
_NUMBER = r"(?:\d{1,3}|[二三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])"
_YEAR_NUMBER = rf"(?:(?<!\d){YEAR}|[一二][零〇一二三四五六七八九]{{3}})"
# A single 夏 is also the first of 夏威夷, a single 春 that of 春联: it counts only before 的 or an end.
_SEASON = r"(?P<season>[春夏秋冬])(?:[天季]|日(?!本)|(?=[的\s,，、。]|$))"
_WITHIN_YEAR = (
    rf"(?:的?(?:(?P<feast>{_FEAST})|(?P<month>{_NUMBER})月份?(?:(?P<day>{_NUMBER})[日号])?"
    rf"|{_SEASON}|(?P<half>[上下])半年))?"
)
_SPAN = r"(?:(?P<unit>年|周)|个(?P<unit2>月)|个?(?P<unit3>星期|礼拜)|(?P<unit4>天))"
# 海上周围, 晚上月色, 课本周围: after these the 上 or 本 belongs to the word before.
_OWN_WORD = r"(?<![早晚马海天地山路街桌身床车船水面湖河树墙台线岸滩场雪草岛楼房顶头手脸背桥江边口日课书记])"


def _year(parts: dict[str, str], today: date) -> Stretch:
    return _within(_year_number(parts["year"]), parts)


def _relative_year(parts: dict[str, str], today: date) -> Stretch:
    return _within(today.year - _YEARS_BACK[parts["which"]], parts)


def _within(year: int, parts: dict[str, str]) -> Stretch:
    """Narrow a year to the festival, day, month, season or half of it that was named."""
    if parts["feast"]:
        return FESTIVALS[parts["feast"]](year)
    if parts["day"]:
        return days_of(date(year, _count(parts["month"]), _count(parts["day"])))
    if parts["month"]:
        return month_of(year, _count(parts["month"]))
    if parts["season"]:
        return season_of(year, parts["season"])
    if parts["half"]:
        return month_of(year, 1 if parts["half"] == "上" else 7, 6)
    return year_of(year)


def _month_span(parts: dict[str, str], today: date) -> Stretch:
    year = _year_number(parts["year"])
    return Stretch(month_of(year, _count(parts["from_month"])).start, month_of(year, _count(parts["month"])).end)


def _day_of_month(parts: dict[str, str], today: date) -> Stretch:
    month, day = _count(parts["month"]), _count(parts["day"])
    return latest(lambda year: days_of(date(year, month, day)), today)


def _relative_month(parts: dict[str, str], today: date) -> Stretch:
    return ago("month", parts["which"].count("上"), today)


def _relative_week(parts: dict[str, str], today: date) -> Stretch:
    week = week_of(today - timedelta(weeks=parts["which"].count("上")))
    if parts["weekday"] == "末":
        return weekend_of(week.start)
    if parts["weekday"]:
        return days_of(week.start + timedelta(days=min("一二三四五六日天".index(parts["weekday"]), 6)))
    return week


def _named_day(parts: dict[str, str], today: date) -> Stretch:
    return days_of(today - timedelta(days=_DAYS_BACK[parts["all"]]))


def _ago(parts: dict[str, str], today: date) -> Stretch:
    return ago(_unit(parts), _count(parts["count"]), today)


def _rolling(parts: dict[str, str], today: date) -> Stretch:
    return up_to(today, _unit(parts), _count(parts["count"]))


def _decade(parts: dict[str, str], today: date) -> Stretch:
    figures = parts["decade"] if parts["decade"].isdecimal() else str(_count(parts["decade"]))
    if len(figures) == len("1990"):
        return year_of(int(figures), 10)
    century = "19" if parts["century"] or figures[0] not in "01" else "20"
    return year_of(int(century + figures), 10)


def _feast_alone(parts: dict[str, str], today: date) -> Stretch:
    return latest(FESTIVALS[parts["all"]], today)


def _unit(parts: dict[str, str]) -> Unit:
    return _UNITS[parts["unit"] or parts["unit2"] or parts["unit3"] or parts["unit4"]]


def _year_number(word: str) -> int:
    return int("".join(str(_DIGITS.get(character, character)) for character in word))


def _count(word: str) -> int:
    """Read 3, 三, 十二 or 三十一."""
    if "十" in word:
        tens, ones = word.split("十")
        return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
    return _DIGITS[word] if word in _DIGITS else int(word)


RULES: tuple[tuple[str, Maker], ...] = (
    (
        rf"(?P<year>{_YEAR_NUMBER})年(?P<from_month>{_NUMBER})月?份?\s*[到至~-]\s*(?P<month>{_NUMBER})月份?(?!\d)",
        _month_span,
    ),
    (rf"(?P<year>{_YEAR_NUMBER})年(?![级糕轮画货代]){_WITHIN_YEAR}", _year),
    (rf"(?<![\w.,/#-])(?P<year>{YEAR})(?P<feast>{_FEAST})", _year),
    (
        rf"(?<![过失离下出回进目面门眼窗之跟以年])(?P<which>大前|去|前|今|本)年(?![轻龄幼货画老代级糕]){_WITHIN_YEAR}",
        _relative_year,
    ),
    (rf"{_OWN_WORD}(?P<which>上上|上|本|这)(?:个月|(?<!这)月)(?![亮光色球饼牙台影])", _relative_month),
    (
        rf"{_OWN_WORD}(?P<which>上上|上|本|这)个?(?:周|星期|礼拜)"
        r"(?:(?P<weekday>末|[一二三四五六](?![只个条张位名群辆])|[日天](?![落出气空]))|(?![围边长岁年期遭身杰]))",
        _relative_week,
    ),
    (
        r"大前天|(?<![目之面门眼窗胸跟以年月周日天事生])前天(?![气空使线地堂才花鹅])|昨天|(?<![当如至])今天(?![才空台])",
        _named_day,
    ),
    (
        rf"(?<![\d第几数好多百千十年])(?P<count>{_NUMBER})\s*{_SPAN}[之以]?前(?![台面方进排往来门院途后景沿夜任])",
        _ago,
    ),
    (rf"(?:最近|过去|(?<![附靠接])近)的?(?P<count>{_NUMBER})\s*{_SPAN}", _rolling),
    (r"(?P<century>上世纪|二十世纪|20世纪)的?(?P<decade>\d0|[二三四五六七八九]?十)年代", _decade),
    (r"(?<![\d一二三四五六七八九])(?P<decade>(?:1[89]|20)\d0|[013-9]0|[三四五六七八九]十)年代(?![风款感])", _decade),
    (rf"(?<![\d年])(?P<month>{_NUMBER})月(?P<day>{_NUMBER})[日号]", _day_of_month),
    (rf"(?<![^\s,，、。])(?:{'|'.join(BARE)})(?=的照片|的图片|[\s,，、。]|$)", _feast_alone),
)
