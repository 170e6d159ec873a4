"""Dates in free text: what is one, which days it means, and what only looks like one."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.search.dates import date_text, find_dates, read_date
from engine.search.query_calendar import Period, Stretch, is_sensible, latest, month_of, season_of, week_of
from engine.search.query_festivals import FESTIVALS
from engine.search.query_text import fold

TODAY = date(2026, 11, 23)

# fmt: off
DATES: list[tuple[str, list[tuple[str, str]]]] = [
    # a year
    ("2023", [("2023", "2023-01-01..2023-12-31")]),
    ("beach 2023", [("2023", "2023-01-01..2023-12-31")]),
    ("2023 beach", [("2023", "2023-01-01..2023-12-31")]),
    ("in 2023", [("in 2023", "2023-01-01..2023-12-31")]),
    ("from 1984", [("from 1984", "1984-01-01..1984-12-31")]),
    ("1984 poster", [("1984", "1984-01-01..1984-12-31")]),
    ("(2023)", [("2023", "2023-01-01..2023-12-31")]),
    ("during the year 2020", [("during the year 2020", "2020-01-01..2020-12-31")]),
    ("2027", [("2027", "2027-01-01..2027-12-31")]),
    ("at the 2012 olympics", [("2012", "2012-01-01..2012-12-31")]),
    ("2023年", [("2023年", "2023-01-01..2023-12-31")]),
    ("2023年的海滩", [("2023年的", "2023-01-01..2023-12-31")]),
    ("二〇二三年", [("二〇二三年", "2023-01-01..2023-12-31")]),
    ("2019年拍的照片", [("2019年拍的", "2019-01-01..2019-12-31")]),
    # a month
    ("May 2021", [("May 2021", "2021-05-01..2021-05-31")]),
    ("in May 2021", [("in May 2021", "2021-05-01..2021-05-31")]),
    ("may of 2021", [("may of 2021", "2021-05-01..2021-05-31")]),
    ("Sept. 2019", [("Sept. 2019", "2019-09-01..2019-09-30")]),
    ("2021-05", [("2021-05", "2021-05-01..2021-05-31")]),
    ("2021/5", [("2021/5", "2021-05-01..2021-05-31")]),
    ("2023年5月", [("2023年5月", "2023-05-01..2023-05-31")]),
    ("2023年十二月", [("2023年十二月", "2023-12-01..2023-12-31")]),
    ("去年5月", [("去年5月", "2025-05-01..2025-05-31")]),
    ("last May", [("last May", "2026-05-01..2026-05-31")]),
    ("May to August 2021", [("May to August 2021", "2021-05-01..2021-08-31")]),
    ("from May 2020 to March 2021", [("from May 2020 to March 2021", "2020-05-01..2021-03-31")]),
    ("2023年5月到8月", [("2023年5月到8月", "2023-05-01..2023-08-31")]),
    ("上个月", [("上个月", "2026-10-01..2026-10-31")]),
    ("上上个月", [("上上个月", "2026-09-01..2026-09-30")]),
    ("last month", [("last month", "2026-10-01..2026-10-31")]),
    ("this month", [("this month", "2026-11-01..2026-11-30")]),
    ("这个月", [("这个月", "2026-11-01..2026-11-30")]),
    # a day
    ("3 May 2021", [("3 May 2021", "2021-05-03")]),
    ("May 3, 2021", [("May 3, 2021", "2021-05-03")]),
    ("May 3rd 2021", [("May 3rd 2021", "2021-05-03")]),
    ("the 3rd of May, 2021", [("the 3rd of May, 2021", "2021-05-03")]),
    ("Monday, 3 May 2021", [("Monday, 3 May 2021", "2021-05-03")]),
    ("2021-05-03", [("2021-05-03", "2021-05-03")]),
    ("2021/5/3", [("2021/5/3", "2021-05-03")]),
    ("2021.5.3", [("2021.5.3", "2021-05-03")]),
    ("3.5.2021", [("3.5.2021", "2021-05-03")]),
    ("25/12/2021", [("25/12/2021", "2021-12-25")]),
    ("12/25/2021", [("12/25/2021", "2021-12-25")]),
    ("29 February 2020", [("29 February 2020", "2020-02-29")]),
    ("2023年5月1日", [("2023年5月1日", "2023-05-01")]),
    ("2023年5月1号", [("2023年5月1号", "2023-05-01")]),
    ("二〇二三年五月一日", [("二〇二三年五月一日", "2023-05-01")]),
    ("5月1日", [("5月1日", "2026-05-01")]),
    ("12月25日", [("12月25日", "2025-12-25")]),
    ("on May 3rd", [("on May 3rd", "2026-05-03")]),
    ("yesterday", [("yesterday", "2026-11-22")]),
    ("today", [("today", "2026-11-23")]),
    ("the day before yesterday", [("the day before yesterday", "2026-11-21")]),
    ("昨天", [("昨天", "2026-11-22")]),
    ("今天", [("今天", "2026-11-23")]),
    ("前天", [("前天", "2026-11-21")]),
    ("大前天", [("大前天", "2026-11-20")]),
    ("last Tuesday", [("last Tuesday", "2026-11-17")]),
    ("this Monday", [("this Monday", "2026-11-23")]),
    ("上周三", [("上周三", "2026-11-18")]),
    ("上周日", [("上周日", "2026-11-22")]),
    # weeks
    ("last week", [("last week", "2026-11-16..2026-11-22")]),
    ("this week", [("this week", "2026-11-23..2026-11-29")]),
    ("上周", [("上周", "2026-11-16..2026-11-22")]),
    ("上上周", [("上上周", "2026-11-09..2026-11-15")]),
    ("这周", [("这周", "2026-11-23..2026-11-29")]),
    ("本周", [("本周", "2026-11-23..2026-11-29")]),
    ("上个星期", [("上个星期", "2026-11-16..2026-11-22")]),
    ("上周末", [("上周末", "2026-11-21..2026-11-22")]),
    ("last weekend", [("last weekend", "2026-11-21..2026-11-22")]),
    # seasons
    ("last summer", [("last summer", "2026-06-01..2026-08-31")]),
    ("this summer", [("this summer", "2026-06-01..2026-08-31")]),
    ("summer 2022", [("summer 2022", "2022-06-01..2022-08-31")]),
    ("the summer of 2022", [("the summer of 2022", "2022-06-01..2022-08-31")]),
    ("Winter 2021", [("Winter 2021", "2021-12-01..2022-02-28")]),
    ("last winter", [("last winter", "2025-12-01..2026-02-28")]),
    ("去年夏天", [("去年夏天", "2025-06-01..2025-08-31")]),
    ("今年春天", [("今年春天", "2026-03-01..2026-05-31")]),
    ("2023年夏", [("2023年夏", "2023-06-01..2023-08-31")]),
    ("2023年冬天的雪", [("2023年冬天的", "2023-12-01..2024-02-29")]),
    ("前年秋天", [("前年秋天", "2024-09-01..2024-11-30")]),
    ("去年上半年", [("去年上半年", "2025-01-01..2025-06-30")]),
    ("2022年下半年", [("2022年下半年", "2022-07-01..2022-12-31")]),
    # years, told from today
    ("last year", [("last year", "2025-01-01..2025-12-31")]),
    ("this year", [("this year", "2026-01-01..2026-12-31")]),
    ("去年", [("去年", "2025-01-01..2025-12-31")]),
    ("前年", [("前年", "2024-01-01..2024-12-31")]),
    ("大前年", [("大前年", "2023-01-01..2023-12-31")]),
    ("今年", [("今年", "2026-01-01..2026-12-31")]),
    ("two years ago", [("two years ago", "2024-01-01..2024-12-31")]),
    ("a year ago", [("a year ago", "2025-01-01..2025-12-31")]),
    ("10 years ago", [("10 years ago", "2016-01-01..2016-12-31")]),
    ("three months ago", [("three months ago", "2026-08-01..2026-08-31")]),
    ("two weeks ago", [("two weeks ago", "2026-11-09..2026-11-15")]),
    ("5 days ago", [("5 days ago", "2026-11-18")]),
    ("a decade ago", [("a decade ago", "2016-01-01..2016-12-31")]),
    ("三年前", [("三年前", "2023-01-01..2023-12-31")]),
    ("十年前", [("十年前", "2016-01-01..2016-12-31")]),
    ("3个月前", [("3个月前", "2026-08-01..2026-08-31")]),
    ("两周前", [("两周前", "2026-11-09..2026-11-15")]),
    ("两天前的狗", [("两天前的", "2026-11-21")]),
    ("the last 3 months", [("the last 3 months", "2026-08-23..2026-11-23")]),
    ("past two weeks", [("past two weeks", "2026-11-09..2026-11-23")]),
    ("past year", [("past year", "2025-11-23..2026-11-23")]),
    ("最近三个月", [("最近三个月", "2026-08-23..2026-11-23")]),
    ("近两年", [("近两年", "2024-11-23..2026-11-23")]),
    ("过去10年", [("过去10年", "2016-11-23..2026-11-23")]),
    # decades
    ("in the 90s", [("in the 90s", "1990-01-01..1999-12-31")]),
    ("the 1980s", [("the 1980s", "1980-01-01..1989-12-31")]),
    ("the early 2000s", [("the early 2000s", "2000-01-01..2009-12-31")]),
    ("90年代", [("90年代", "1990-01-01..1999-12-31")]),
    ("上世纪八十年代", [("上世纪八十年代", "1980-01-01..1989-12-31")]),
    ("1990年代", [("1990年代", "1990-01-01..1999-12-31")]),
    ("20世纪50年代", [("20世纪50年代", "1950-01-01..1959-12-31")]),
    # festivals
    ("Christmas 2020", [("Christmas 2020", "2020-12-24..2020-12-26")]),
    ("last Christmas", [("last Christmas", "2025-12-24..2025-12-26")]),
    ("Easter 2021", [("Easter 2021", "2021-04-02..2021-04-05")]),
    ("last Easter", [("last Easter", "2026-04-03..2026-04-06")]),
    ("Thanksgiving 2020", [("Thanksgiving 2020", "2020-11-26..2020-11-29")]),
    ("Halloween 2019", [("Halloween 2019", "2019-10-31")]),
    ("New Year's Eve 2020", [("New Year's Eve 2020", "2020-12-31..2021-01-01")]),
    ("Chinese New Year 2023", [("Chinese New Year 2023", "2023-01-21..2023-01-28")]),
    ("国庆节", [("国庆节", "2026-10-01..2026-10-07")]),
    ("春节", [("春节", "2026-02-16..2026-02-23")]),
    ("2023年春节", [("2023年春节", "2023-01-21..2023-01-28")]),
    ("2023春节", [("2023春节", "2023-01-21..2023-01-28")]),
    ("去年国庆", [("去年国庆", "2025-10-01..2025-10-07")]),
    ("去年中秋", [("去年中秋", "2025-10-06")]),
    ("前年端午节", [("前年端午节", "2024-06-10")]),
    ("今年五一", [("今年五一", "2026-05-01..2026-05-05")]),
    ("去年圣诞节", [("去年圣诞节", "2025-12-24..2025-12-26")]),
    # ranges and open ends
    ("between 2018 and 2020", [("between 2018 and 2020", "2018-01-01..2020-12-31")]),
    ("from 2018 to 2020", [("from 2018 to 2020", "2018-01-01..2020-12-31")]),
    ("2018-2020", [("2018-2020", "2018-01-01..2020-12-31")]),
    ("2018 – 2020", [("2018 – 2020", "2018-01-01..2020-12-31")]),
    ("between May 2020 and June 2021", [("between May 2020 and June 2021", "2020-05-01..2021-06-30")]),
    ("2018年到2020年", [("2018年到2020年", "2018-01-01..2020-12-31")]),
    ("从2018年到2020年", [("从2018年到2020年", "2018-01-01..2020-12-31")]),
    ("2018到2020年的狗", [("2018到2020年的", "2018-01-01..2020-12-31")]),
    ("在2018年和2020年之间", [("在2018年和2020年之间", "2018-01-01..2020-12-31")]),
    ("2018年和2020年之间", [("2018年和2020年之间", "2018-01-01..2020-12-31")]),
    ("since 2020", [("since 2020", "2020-01-01..")]),
    ("since last summer", [("since last summer", "2026-06-01..")]),
    ("from 2020 onwards", [("from 2020 onwards", "2020-01-01..")]),
    ("after 2020", [("after 2020", "2021-01-01..")]),
    ("before 2020", [("before 2020", "..2019-12-31")]),
    ("before May 2021", [("before May 2021", "..2021-04-30")]),
    ("until 2019", [("until 2019", "..2019-12-31")]),
    ("up to 2019", [("up to 2019", "..2019-12-31")]),
    ("2020年之前", [("2020年之前", "..2019-12-31")]),
    ("2020年以前", [("2020年以前", "..2019-12-31")]),
    ("2020年之后", [("2020年之后", "2021-01-01..")]),
    ("2020年以后", [("2020年以后", "2020-01-01..")]),
    ("2020年以来", [("2020年以来", "2020-01-01..")]),
    ("自2020年以来", [("自2020年以来", "2020-01-01..")]),
    ("从2020年开始", [("从2020年开始", "2020-01-01..")]),
    ("2020年5月之后", [("2020年5月之后", "2020-06-01..")]),
    ("2018 2020", [("2018", "2018-01-01..2018-12-31"), ("2020", "2020-01-01..2020-12-31")]),
    ("2018 and 2020", [("2018", "2018-01-01..2018-12-31"), ("2020", "2020-01-01..2020-12-31")]),
    # no dates
    ("may", []),
    ("march", []),
    ("sun", []),
    ("the sun in may", []),
    ("this may be a dog", []),
    ("the last march of the penguins", []),
    ("a march in spring", []),
    ("8 people", []),
    ("2000 people", []),
    ("2000 m", []),
    ("$2000", []),
    ("2000 元", []),
    ("1920x1080", []),
    ("room 237", []),
    ("No.2023", []),
    ("img2023", []),
    ("2,023", []),
    ("3000", []),
    ("2099", []),
    ("12.34", []),
    ("7-11 store", []),
    ("24/7", []),
    ("31 February 2021", []),
    ("2021-13-01", []),
    ("2021-02-30", []),
    ("03/05/2021", []),
    ("Christmas tree", []),
    ("halloween costume", []),
    ("easter eggs", []),
    ("the last supper", []),
    ("today's", [("today's", "2026-11-23")]),
    ("not in 2020", []),
    ("except 2020", []),
    ("除了2023年", []),
    ("the 1950s", [("the 1950s", "1950-01-01..1959-12-31")]),
    ("the 50s style kitchen", []),
    ("六七十年代风格", []),
    ("80年代风格的冰箱", []),
    ("海上月亮", []),
    ("晚上月色", []),
    ("海上周围", []),
    ("马上周围", []),
    ("目前天气", []),
    ("门前天使", []),
    ("窗前天空", []),
    ("过去年代", []),
    ("目前年轻人", []),
    ("夏威夷", []),
    ("春联", []),
    ("年货", []),
    ("2023年级", []),
    ("一年级", []),
    ("三天两夜", []),
    ("店前台", []),
    ("三年前台", []),
    ("附近两天", []),
    ("中国春节联欢", []),
    ("国庆节烟花", []),
    ("五一广场", []),
    ("日本月饼", []),
    ("上周围墙", []),
    ("9999年", []),
    ("1234年", []),
    ("9999 years ago", []),
    ("Sat, May 3 2021", [("Sat, May 3 2021", "2021-05-03")]),
]
# fmt: on


@pytest.mark.parametrize(("text", "expected"), DATES)
def test_date_is_found_with_the_words_that_belong_to_it(text: str, expected: list[tuple[str, str]]) -> None:
    found = [(text[one.begin : one.end], date_text(one.period)) for one in find_dates(fold(text), TODAY)]
    assert found == expected


@pytest.mark.parametrize(
    ("text", "today", "expected"),
    [
        ("last summer", date(2026, 7, 10), "2025-06-01..2025-08-31"),
        ("this summer", date(2026, 7, 10), "2026-06-01..2026-08-31"),
        ("last winter", date(2026, 1, 5), "2024-12-01..2025-02-28"),
        ("this winter", date(2026, 1, 5), "2025-12-01..2026-02-28"),
        ("last month", date(2026, 1, 31), "2025-12-01..2025-12-31"),
        ("one month ago", date(2026, 3, 31), "2026-02-01..2026-02-28"),
        ("a year ago", date(2024, 2, 29), "2023-01-01..2023-12-31"),
        ("the last 1 months", date(2026, 3, 31), "2026-02-28..2026-03-31"),
        ("上周", date(2026, 1, 1), "2025-12-22..2025-12-28"),
        ("上个月", date(2026, 1, 1), "2025-12-01..2025-12-31"),
        ("昨天", date(2026, 1, 1), "2025-12-31"),
        ("国庆节", date(2026, 3, 1), "2025-10-01..2025-10-07"),
        ("春节", date(2026, 1, 20), "2025-01-28..2025-02-04"),
        ("last Sunday", date(2026, 11, 22), "2026-11-15"),
        ("last Christmas", date(2026, 12, 25), "2025-12-24..2025-12-26"),
    ],
)
def test_relative_date_follows_the_day_it_is_asked_on(text: str, today: date, expected: str) -> None:
    (found,) = find_dates(fold(text), today)
    assert date_text(found.period) == expected


def test_year_after_next_is_a_number() -> None:
    assert find_dates("2027", TODAY)
    assert not find_dates("2028", TODAY)
    assert find_dates("may 2028", TODAY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021", ("2021-01-01..2021-12-31", 4)),
        ("1839", ("1839-01-01..1839-12-31", 4)),
        ("20210503", ("2021-05-03", 8)),
        ("may", ("2026-05-01..2026-05-31", 3)),
        ("may 2021 dogs", ("2021-05-01..2021-05-31", 8)),
        ("2018..2020", ("2018-01-01..2020-12-31", 10)),
        ("..2021-05", ("..2021-05-31", 9)),
        ("2021-05..", ("2021-05-01..", 9)),
        ("2021-05-03 to 2022", ("2021-05-03", 10)),
        ("last summer at sea", ("2026-06-01..2026-08-31", 11)),
    ],
)
def test_value_of_a_date_key_is_read(text: str, expected: tuple[str, int]) -> None:
    read = read_date(text, TODAY)
    assert read is not None
    assert (date_text(read[0]), read[1]) == expected


@pytest.mark.parametrize(
    "text", ["", " ", "..", "x..2020", "2020..x", "2021..2020", "dogs 2020", "20211399", "0000", "9999"]
)
def test_value_that_is_no_date_is_refused(text: str) -> None:
    assert read_date(text, TODAY) is None


@given(
    st.dates(date(1800, 1, 1), date(2199, 12, 31)), st.integers(1, 4000), st.sampled_from(["both", "since", "until"])
)
def test_every_period_reads_back_as_it_was_written(start: date, days: int, sides: str) -> None:
    end = min(start + timedelta(days=days), date(2200, 1, 1))
    period = Period(None if sides == "until" else start, None if sides == "since" else end)
    text = date_text(period)
    assert read_date(text, TODAY) == (period, len(text))


@given(st.text(alphabet="0123456789 -/.年月日to去前年上周的", max_size=30), st.dates())
def test_any_day_can_be_today(text: str, today: date) -> None:
    last = 0
    for found in find_dates(fold(text), today):
        assert last <= found.begin < found.end <= len(text)
        last = found.end


def test_lunar_table_holds_a_day_for_each_year() -> None:
    for year in range(1950, 2051):
        new_year = FESTIVALS["除夕"](year).start + timedelta(days=1)
        assert date(year, 1, 21) <= new_year <= date(year, 2, 20)
        assert date(year, 5, 27) <= FESTIVALS["端午节"](year).start <= date(year, 6, 25)
        assert date(year, 9, 7) <= FESTIVALS["中秋节"](year).start <= date(year, 10, 8)
        # Seven lunar months of 29 or 30 days, or eight in a leap year, and then the fifteenth day.
        months_apart = (FESTIVALS["中秋节"](year).start - new_year).days - 14
        assert months_apart in range(205, 209) or months_apart in range(235, 239)


def test_year_outside_the_lunar_table_is_no_date() -> None:
    with pytest.raises(ValueError, match="1949"):
        FESTIVALS["春节"](1949)
    assert [date_text(one.period) for one in find_dates("1949年春节", TODAY)] == []


def test_calendar_stretches_have_their_days() -> None:
    assert month_of(2020, 12) == Stretch(date(2020, 12, 1), date(2021, 1, 1))
    assert season_of(2020, "winter") == Stretch(date(2020, 12, 1), date(2021, 3, 1))
    assert week_of(TODAY) == Stretch(TODAY, date(2026, 11, 30))
    assert latest(lambda year: month_of(year, 12), TODAY).start == date(2025, 12, 1)
    assert not is_sensible(Stretch(date(2020, 1, 2), date(2020, 1, 2)))


def test_plain_words_cost_no_date_library() -> None:
    code = (
        "import sys, datetime\n"
        "from engine.search.query import parse\n"
        "parse('a dog on the beach', today=datetime.date(2026, 11, 23))\n"
        "assert not {'dateutil', 'engine.search.query_dates_en'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
