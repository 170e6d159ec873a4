"""What is understood of a query: one table in both languages, and what must hold for any text at all."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.imaging.formats import RAW_SUFFIXES
from engine.protocol import DateFilter, NegatedClause, TypeFilter, WordsClause
from engine.search.query import Query, parse

TODAY = date(2026, 11, 23)

# fmt: off
QUERIES: list[tuple[str, list[str]]] = [
    # plain words
    ("red balloon over the sea", ["words: red balloon over the sea"]),
    ("海上的红气球", ["words: 海上的红气球"]),
    ("一只 dog 在草地上", ["words: 一只 dog 在草地上"]),
    ("😀🎈", ["words: 😀🎈"]),
    ("كلب على الشاطئ", ["words: كلب على الشاطئ"]),
    ("собака на пляже", ["words: собака на пляже"]),
    ("猫，坐在窗边。", ["words: 猫，坐在窗边。"]),
    ("房间里没有人。", ["words: 房间里", "negated: 人"]),
    ("What is this?", ["words: What is this?"]),
    ("a dog, a cat", ["words: a dog, a cat"]),
    ("Ｒｅｄ\u3000ｂａｌｌｏｏｎ", ["words: Red balloon"]),
    # a bit of everything
    ('a dog -cat 去年夏天 folder:旅行 "happy birthday"', [
        "words: a dog", "negated: cat", "date: 2025-06-01/2025-09-01", "folder: 旅行", "exact: happy birthday",
    ]),
    ('dogs not at night type:jpg camera:"Canon EOS" since 2020', [
        "words: dogs", "negated: at night", "type: JPEG", "camera: Canon EOS", "date: 2020-01-01/",
    ]),
    ("帮我找去年夏天没有人的海滩的照片", [
        "words: 帮我找", "date: 2025-06-01/2025-09-01", "negated: 人", "words: 海滩的照片",
    ]),
    # minus
    ("beach -people", ["words: beach", "negated: people"]),
    ('beach -"two words" sunset', ["words: beach", "negated: two words", "words: sunset"]),
    ("海滩 -人 日落", ["words: 海滩", "negated: 人", "words: 日落"]),
    ("海滩 －人", ["words: 海滩", "negated: 人"]),
    ("海滩，-人", ["words: 海滩", "negated: 人"]),
    ("–cat", ["negated: cat"]),
    ("-folder:x", ["negated: folder:x"]),
    ("-2020", ["words: -2020"]),
    ("-5 degrees", ["words: -5 degrees"]),
    ("well-known place", ["words: well-known place"]),
    ("a - b", ["words: a - b"]),
    ("-", ["words: -"]),
    ("--", ["words: --"]),
    ("->", ["words: ->"]),
    ('-"', ["words: -"]),
    # negation in English
    ("beach without people", ["words: beach", "negated: people"]),
    ("beach without people at sunset", ["words: beach", "negated: people", "words: at sunset"]),
    ("beach with no people", ["words: beach", "negated: people"]),
    ("no people", ["negated: people"]),
    ("no people sunset", ["negated: people", "words: sunset"]),
    ("no cars or people", ["negated: cars or people"]),
    ("street not at night", ["words: street", "negated: at night"]),
    ("not in the snow", ["negated: in the snow"]),
    ("a dog without a leash in the park", ["words: a dog", "negated: leash", "words: in the park"]),
    ("a kitchen without any food", ["words: a kitchen", "negated: food"]),
    ("man not smiling", ["words: man", "negated: smiling"]),
    ("mountain and no clouds", ["words: mountain", "negated: clouds"]),
    ("a beach, no people, blue sky", ["words: a beach", "negated: people", "words: blue sky"]),
    ("nobody on the beach", ["negated: people", "words: on the beach"]),
    ("beach with nobody", ["words: beach", "negated: people"]),
    ("no one at the table", ["negated: people", "words: at the table"]),
    ("animals other than cats", ["words: animals", "negated: cats"]),
    ("everything except cats", ["words: everything", "negated: cats"]),
    ("pool without people swimming", ["words: pool", "negated: people swimming"]),
    ("man with no shirt standing on a rock", ["words: man", "negated: shirt", "words: standing on a rock"]),
    ("a car without a steering wheel", ["words: a car", "negated: steering wheel"]),
    ("BEACH WITHOUT PEOPLE", ["words: BEACH", "negated: PEOPLE"]),
    # what looks like a negation and is none
    ("no entry sign", ["words: no entry sign"]),
    ("no dogs allowed", ["words: no dogs allowed"]),
    ("No. 5 perfume", ["words: No. 5 perfume"]),
    ("no 7 bus", ["words: no 7 bus"]),
    ("no smoking", ["words: no smoking"]),
    ("North Sea", ["words: North Sea"]),
    ("notebook on a desk", ["words: notebook on a desk"]),
    ("snow without limits", ["words: snow without limits"]),
    ("Doctors Without Borders", ["words: Doctors Without Borders"]),
    ("do not enter", ["words: do not enter"]),
    ("dog that is not black", ["words: dog that is not black"]),
    ("forget-me-not flowers", ["words: forget-me-not flowers"]),
    ("not only cats", ["words: not only cats"]),
    ("yes or no", ["words: yes or no"]),
    ("hear no evil", ["words: hear no evil"]),
    ("nobody's dog", ["words: nobody's dog"]),
    ("no", ["words: no"]),
    ("without", ["words: without"]),
    ("not", ["words: not"]),
    ("no parking zone", ["words: no parking zone"]),
    ("knot in a rope", ["words: knot in a rope"]),
    ("another cat", ["words: another cat"]),
    ("casino at night", ["words: casino at night"]),
    # negation in Chinese
    ("没有人的海滩", ["negated: 人", "words: 海滩"]),
    ("海滩上没有人", ["words: 海滩上", "negated: 人"]),
    ("一个没有人的房间", ["words: 一个", "negated: 人", "words: 房间"]),
    ("没有任何人的街道", ["negated: 人", "words: 街道"]),
    ("没有人在海滩上", ["negated: 人", "words: 在海滩上"]),
    ("房间里没有人，有一张床", ["words: 房间里", "negated: 人", "words: 有一张床"]),
    ("沒有人的海灘", ["negated: 人", "words: 海灘"]),
    ("没人的街道", ["negated: 人", "words: 街道"]),
    ("不要猫", ["negated: 猫"]),
    ("不要猫的照片", ["negated: 猫"]),
    ("不要红色的车", ["negated: 红色的车"]),
    ("不要人的海滩", ["negated: 人", "words: 海滩"]),
    ("不想要狗", ["negated: 狗"]),
    ("不含文字的截图", ["negated: 文字", "words: 截图"]),
    ("不带人的风景", ["negated: 人", "words: 风景"]),
    ("不戴眼镜的人", ["negated: 戴眼镜", "words: 人"]),
    ("没戴口罩的人", ["negated: 戴口罩", "words: 人"]),
    ("无人", ["negated: 人"]),
    ("无人的海滩", ["negated: 人", "words: 海滩"]),
    ("无人海滩", ["negated: 人", "words: 海滩"]),
    ("空无一人的街道", ["negated: 人", "words: 街道"]),
    ("无云的天空", ["negated: 云", "words: 天空"]),
    ("除了猫", ["negated: 猫"]),
    ("除了猫以外的动物", ["negated: 猫", "words: 动物"]),
    ("除猫之外的动物", ["negated: 猫", "words: 动物"]),
    ("排除自拍", ["negated: 自拍"]),
    ("非截图", ["negated: 截图"]),
    ("不是夜晚", ["negated: 夜晚"]),
    ("不在室内", ["negated: 室内"]),
    # what looks like a Chinese negation and is none
    ("无人机", ["words: 无人机"]),
    ("无人驾驶汽车", ["words: 无人驾驶汽车"]),
    ("荒无人烟的沙漠", ["words: 荒无人烟的沙漠"]),
    ("非洲草原上的大象", ["words: 非洲草原上的大象"]),
    ("非常漂亮的花", ["words: 非常漂亮的花"]),
    ("不锈钢水槽", ["words: 不锈钢水槽"]),
    ("无花果", ["words: 无花果"]),
    ("无线耳机", ["words: 无线耳机"]),
    ("无框眼镜", ["words: 无框眼镜"]),
    ("有没有猫", ["words: 有没有猫"]),
    ("要不要吃饭", ["words: 要不要吃饭"]),
    ("是不是狗", ["words: 是不是狗"]),
    ("洪水淹没有房子的村庄", ["words: 洪水淹没有房子的村庄"]),
    ("没收的东西", ["words: 没收的东西"]),
    ("沉没的船", ["words: 沉没的船"]),
    ("没关系", ["words: 没关系"]),
    ("没人行道的路", ["words: 没人行道的路"]),
    ("除了狗还有猫", ["words: 除了狗还有猫"]),
    ("除夕", ["date: 2026-02-16/2026-02-17"]),
    ("扫除", ["words: 扫除"]),
    ("排除万难的标志", ["words: 排除万难的标志"]),
    ("不要停车的标志", ["words: 不要停车的标志"]),
    ("请不要拍照", ["words: 请不要拍照"]),
    ("不倒翁", ["words: 不倒翁"]),
    ("南无阿弥陀佛", ["words: 南无阿弥陀佛"]),
    # exact
    ('"happy birthday"', ["exact: happy birthday"]),
    ("“生日快乐”", ["exact: 生日快乐"]),
    ("「入口」", ["exact: 入口"]),
    ("『出口』 红色", ["exact: 出口", "words: 红色"]),
    ("”反引号”", ["exact: 反引号"]),
    ('"unclosed', ["words: unclosed"]),
    ('""', []),
    ('" "', []),
    ('5" pipe and 6" pipe', ["words: 5 pipe and 6 pipe"]),
    ('“he said "hi"”', ['exact: he said "hi"']),
    ('sign "no entry"', ["words: sign", "exact: no entry"]),
    ('"2023"', ["exact: 2023"]),
    ('a"b"c', ["words: a b c"]),
    # filters
    ("folder:Travel", ["folder: Travel"]),
    ("文件夹:旅行", ["folder: 旅行"]),
    ("文件夹：旅行", ["folder: 旅行"]),
    ("资料夹：旅行", ["folder: 旅行"]),
    ('Folder:"My trip 2020"', ["folder: My trip 2020"]),
    ("folder: Travel", ["folder: Travel"]),
    ("folder:", ["words: folder:"]),
    ("folder: -cat", ["words: folder:", "negated: cat"]),
    ('folder:"', ["words: folder:"]),
    ('folder:""', ["words: folder:"]),
    ("myfolder:x", ["words: myfolder:x"]),
    ("folder:C:\\Photos", ["folder: C:\\Photos"]),
    ("name:IMG_0001 dog", ["name: IMG_0001", "words: dog"]),
    ("名称:生日", ["name: 生日"]),
    ("文件名：IMG", ["name: IMG"]),
    ("type:jpg", ["type: JPEG"]),
    ("TYPE:JPEG", ["type: JPEG"]),
    ("type:jpg,png", ["type: JPEG PNG"]),
    ("type:heic", ["type: HEIF"]),
    ("类型：gif", ["type: GIF"]),
    ("格式:png", ["type: PNG"]),
    ("type:video", ["words: type:video"]),
    ("type:cr2", ["type: CR2"]),
    ("type:", ["words: type:"]),
    ("camera:nikon", ["camera: nikon"]),
    ("相机：“Canon EOS R5” 鸟", ["camera: Canon EOS R5", "words: 鸟"]),
    ("camera: dog", ["camera: dog"]),
    ("目录:家，狗", ["folder: 家", "words: 狗"]),
    ('words:"no people"', ["words: no people"]),
    ("words:2023", ["words: 2023"]),
    # date filters
    ("before:2020", ["date: /2020-01-01"]),
    ("after:2020", ["date: 2021-01-01/"]),
    ("date:2020", ["date: 2020-01-01/2021-01-01"]),
    ("before:2021-05-03", ["date: /2021-05-03"]),
    ("after:2021-05-03", ["date: 2021-05-04/"]),
    ("日期:2021年5月", ["date: 2021-05-01/2021-06-01"]),
    ("日期：去年夏天 狗", ["date: 2025-06-01/2025-09-01", "words: 狗"]),
    ("之前:2020年", ["date: /2020-01-01"]),
    ("之后：2020年5月", ["date: 2020-06-01/"]),
    ("after:2018 before:2021", ["date: 2019-01-01/", "date: /2021-01-01"]),
    ("before:May 2021 dogs", ["date: /2021-05-01", "words: dogs"]),
    ('date:"3 May 2021"', ["date: 2021-05-03/2021-05-04"]),
    ("date:last summer beach", ["date: 2026-06-01/2026-09-01", "words: beach"]),
    ("date:20210503", ["date: 2021-05-03/2021-05-04"]),
    ("date:1895", ["date: 1895-01-01/1896-01-01"]),
    ("date:may", ["date: 2026-05-01/2026-06-01"]),
    ("date:2018..2020", ["date: 2018-01-01/2021-01-01"]),
    ("date:2018-2020", ["date: 2018-01-01/2021-01-01"]),
    ("date:2021-05-01..", ["date: 2021-05-01/"]),
    ("date:..2021-05-01", ["date: /2021-05-02"]),
    ("date:..", ["words: date:.."]),
    ("date:2021..2020", ["words: date:2021..2020"]),
    ("date:someday", ["words: date:someday"]),
    ("before: we left", ["words: before: we left"]),
    ("after:lunch", ["words: after:lunch"]),
    ("date:", ["words: date:"]),
]
# fmt: on


def chips(query: Query) -> list[str]:
    """Write clauses as the table does: the kind, and what it holds."""
    out: list[str] = []
    for clause in query.clauses:
        if isinstance(clause, DateFilter):
            held = f"{clause.start or ''}/{clause.end or ''}"
        elif isinstance(clause, TypeFilter):
            held = " ".join(clause.formats)
        else:
            held = clause.text
        out.append(f"{clause.kind}: {held}")
    return out


@pytest.mark.parametrize(("text", "expected"), QUERIES)
def test_query_is_understood(text: str, expected: list[str]) -> None:
    assert chips(parse(text, today=TODAY)) == expected


@pytest.mark.parametrize("text", [text for text, _ in QUERIES])
def test_query_of_the_table_round_trips(text: str) -> None:
    assert_round_trip(text)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("beach without people at sunset", ["beach", "without people", "at sunset"]),
        ("beach with no people", ["beach", "with no people"]),
        ("一个没有人的房间", ["一个", "没有人的", "房间"]),
        ("2023年的海滩", ["2023年的", "海滩"]),
        ("海滩　－人　文件夹：“旅行”", ["海滩", "－人", "文件夹：“旅行”"]),
        ("  a dog ,  in the summer of 2022!", ["a dog", "in the summer of 2022", "!"]),
        ("😀 -😀 2020", ["😀", "-😀", "2020"]),
        ("before:3 May 2021 dogs", ["before:3 May 2021", "dogs"]),
    ],
)
def test_spans_name_the_very_characters_that_were_typed(text: str, pieces: list[str]) -> None:
    assert [text[clause.span.start : clause.span.end] for clause in parse(text, today=TODAY).clauses] == pieces


@pytest.mark.parametrize(
    ("text", "index", "left"),
    [
        ("a dog -cat 去年夏天", 1, "a dog 去年夏天"),
        ("a dog -cat 去年夏天", 2, "a dog -cat"),
        ("  a dog   -cat", 0, "-cat"),
        ("一个没有人的房间", 1, "一个房间"),
        ("2023年的海滩", 0, "海滩"),
        ("beach without people at sunset", 1, "beach at sunset"),
        ('dogs "happy birthday"', 1, "dogs"),
    ],
)
def test_chip_can_be_taken_out_of_the_text(text: str, index: int, left: str) -> None:
    assert parse(text, today=TODAY).without(index) == left


def test_taking_out_a_chip_that_is_not_there_is_an_error() -> None:
    with pytest.raises(IndexError):
        parse("a dog", today=TODAY).without(1)


@pytest.mark.parametrize(
    ("text", "embedded"),
    [
        ("show me pictures of dogs on a beach", "dogs on a beach"),
        ("Photos of a red car", "a red car"),
        ("find me a dog", "a dog"),
        ("a picture on a wall", "a picture on a wall"),
        ("photos of my dog", "dog"),
        ("my house", "house"),
        ("find cats please", "cats"),
        ("please", "please"),
        ("my", "my"),
        ("find", "find"),
        ("a find in the sand", "a find in the sand"),
        ("我家狗的照片", "狗"),
        ("我的猫", "猫"),
        ("找一下猫", "猫"),
        ("我家", "我家"),
        ("找找", "找找"),
        ("帮我找海边的狗的照片", "海边的狗"),
        ("帮我找去年夏天没有人的海滩的照片", "海滩"),
        ("一个没有人的房间", "一个房间"),
        ("beach without people at sunset", "beach at sunset"),
        ("海滩 -人 sunset", "海滩 sunset"),
        ("photos from 2020", ""),
        ("2023年的照片", ""),
        ("-cat", ""),
        ("photos", "photos"),
        ("照片", "照片"),
        ("找东西的狗", "找东西的狗"),
        ("old photos on a table", "old photos on a table"),
    ],
)
def test_what_only_asks_for_photos_is_not_embedded(text: str, embedded: str) -> None:
    assert parse(text, today=TODAY).text == embedded


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        ("a dog", None),
        ("2018", (("2018-01-01", "2019-01-01"),)),
        ("2018 2020", (("2018-01-01", "2019-01-01"), ("2020-01-01", "2021-01-01"))),
        ("since 2018", (("2018-01-01", None),)),
        ("after:2018 before:2021", (("2019-01-01", "2021-01-01"),)),
        ("2018 2020 before:2019", (("2018-01-01", "2019-01-01"),)),
        ("2020 since:x since 2020-06-01", (("2020-06-01", "2021-01-01"),)),
        ("after:2021 before:2019", ()),
        ("2018 after:2020", ()),
    ],
)
def test_dates_are_alternatives_and_open_ends_narrow_them(
    text: str, periods: tuple[tuple[str | None, str | None], ...] | None
) -> None:
    assert parse(text, today=TODAY).periods == periods


def test_parts_of_a_query_can_be_asked_for() -> None:
    query = parse('dogs -cat "no entry" folder:trip without people 2020', today=TODAY)
    assert query.negated == ("cat", "people")
    assert query.exact == ("no entry",)
    assert [clause.kind for clause in query.filters] == ["folder", "date"]


@pytest.mark.parametrize(("text", "language"), [("dog", "en"), ("狗", "zh"), ("一只 dog", "mixed"), ("😀", "en")])
def test_words_know_their_language(text: str, language: str) -> None:
    (clause,) = parse(text, today=TODAY).clauses
    assert isinstance(clause, WordsClause)
    assert clause.language == language


def test_raw_means_every_maker_s_format() -> None:
    (clause,) = parse("type:raw", today=TODAY).clauses
    assert isinstance(clause, TypeFilter)
    assert set(clause.formats) == {suffix[1:].upper() for suffix in RAW_SUFFIXES}
    assert_round_trip("type:raw")


@pytest.mark.parametrize(
    "unit", ["a", "-", '"', "“", "「", '-"', "folder:", "date:", "2020 ", "no ", "not a ", "没有", "除了", " ", "的"]
)
def test_very_long_text_is_read(unit: str) -> None:
    query = parse(unit * (10_000 // len(unit)), today=TODAY)
    assert all(clause.span.end <= 10_000 for clause in query.clauses)


def test_what_is_no_text_is_left_out() -> None:
    query = parse("dog\x00\ud800 -ca\x00t", today=TODAY)
    assert chips(query) == ["words: dog", "negated: ca", "words: t"]
    assert parse("", today=TODAY).clauses == ()
    assert parse("\ud800\x00", today=TODAY).clauses == ()


def test_equal_queries_may_have_stood_elsewhere() -> None:
    assert parse("beach without people", today=TODAY) == parse("beach    -people", today=TODAY)
    assert parse("beach", today=TODAY) != parse("-beach", today=TODAY)


PIECES = st.sampled_from([
    "-", "–", '"', "“", "”", "「", "」", "『", "』", "„", ":", "：", ",", "，", "、", " ", "\u3000", "\n", "..", "\x00",
    "folder:", "type:", "date:", "before:", "after:", "words:", "文件夹：", "日期:", "类型：", "jpg", "png", "cr2",
    "2020", "2021-05", "3 May 2021", "1895", "last summer", "去年", "2023年", "5月", "到", "之前", "以后", "since ",
    "between ", " and ", "to", "前", "no ", "not ", "without ", "nobody", "no one", "people", "at night", "a ",
    "没有", "不要", "无", "非", "人", "的", "除了", "以外", "猫", "dog", "照片", "photos of ", "帮我找",
    "¨", "㋀", "⩴", "＂", "－", "\ud800", "😀", "\u202e", "ﬁ", "İ", "\u0301",
])  # fmt: skip
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=14).map("".join))


@given(TEXTS)
@example('-"')
@example('a words:b "')
@example("folder: -cat")
@example("date:2020 to 2021")
def test_any_text_round_trips_through_its_chips(text: str) -> None:
    assert_round_trip(text)


@given(TEXTS)
def test_any_text_has_spans_in_order_and_in_range(text: str) -> None:
    end = 0
    for clause in parse(text, today=TODAY).clauses:
        assert end <= clause.span.start < clause.span.end <= len(text)
        end = clause.span.end


@given(TEXTS)
def test_any_text_is_empty_or_words_once_its_chips_are_taken_out(text: str) -> None:
    query = parse(text, today=TODAY)
    for _ in range(2 * len(text) + 2):
        others = [index for index, clause in enumerate(query.clauses) if not isinstance(clause, WordsClause)]
        if not others:
            break
        query = parse(query.without(others[0]), today=TODAY)
    assert all(isinstance(clause, WordsClause) for clause in query.clauses)


@given(st.text(max_size=30).filter(lambda text: any(character.isalnum() for character in text)))
def test_minus_and_quotes_always_negate(text: str) -> None:
    inside = text.replace('"', "").replace("＂", "")
    query = parse(f'-"{inside}"', today=TODAY)
    assert [type(clause) for clause in query.clauses] == [NegatedClause]


def assert_round_trip(text: str) -> None:
    query = parse(text, today=TODAY)
    canonical = query.to_text()
    assert parse(canonical, today=TODAY) == query
    assert parse(canonical, today=TODAY).to_text() == canonical


@pytest.mark.parametrize(
    ("text", "words", "unwanted"),
    [
        ("🐶", "dog", ()),
        ("🎂 2023", "birthday cake", ()),
        ("海边的🐕", "海边的 dog", ()),
        ("👨\u200d👩\u200d👧 on the beach", "man woman girl on the beach", ()),
        ("👍🏽", "thumbs up sign", ()),
        ("❤\ufe0f", "heart", ()),
        ("dog -🐱", "dog", ("cat",)),
        ("🇨🇳", "🇨🇳", ()),
        ("क्\u200dष", "क्\u200dष", ()),
    ],
)
def test_emoji_is_read_by_its_name(text: str, words: str, unwanted: tuple[str, ...]) -> None:
    query = parse(text, today=TODAY)
    assert (query.text, query.negated) == (words, unwanted)


def test_characters_that_nobody_sees_are_no_part_of_a_word() -> None:
    assert parse("\ufeffred\u200b dog\u200e -c\u00adat", today=TODAY).text == "red dog"
    assert parse("do\u200bg -c\u00adat", today=TODAY) == parse("dog -cat", today=TODAY)
