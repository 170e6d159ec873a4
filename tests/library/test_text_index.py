"""Words and Chinese characters find photos by name, folder, caption and recognised text."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.library.photos import FileStamp
from engine.library.text_index import TextHit, terms_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.library.conftest import Shelf


def find(shelf: Shelf, text: str) -> list[TextHit]:
    return shelf.database.text_index().find(terms_of(text), limit=50)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("A red Balloon, over the sea!", ["red", "balloon", "over", "sea"]),
        ("photos of my cats", ["cats"]),
        ("海上的红气球", ["海上的红气球"]),
        ("IMG20230714 猫咪and狗狗", ["img20230714", "猫咪", "狗狗"]),
        ("mother-in-law's x 猫", ["mother-in-law's", "猫"]),
        ("猫 和 狗 在 n", ["猫", "狗"]),
        ("100% _under_score a_b", ["100", "under", "score"]),
        ("", []),
        ('" OR NEAR( * ^ -', ["near"]),
    ],
)
def test_query_splits_into_terms(text: str, terms: list[str]) -> None:
    assert terms_of(text) == terms


@pytest.mark.parametrize(
    ("caption", "found_by", "not_by"),
    [
        ("海上的红气球飞得很高", ["红气球", "气球", "海上的红气球"], ["蓝气球", "红球"]),
        ("a birthday party in the garden", ["party", "birthday garden", "PARTY"], ["art", "gard", "part"]),
        ("two cats on a box", ["cat", "cats", "box"], ["at", "dogs"]),
        ("the cat's boxes", ["cat", "box"], ["catalog"]),
        ("Zürich café at night", ["zürich", "CAFÉ", "night"], ["zurich"]),
        ("scan IMG_4711.JPG", ["img", "4711", "jpg"], ["471x"]),
        ("NY at 5 o'clock", ["ny", "o'clock"], ["n"]),
    ],
)
def test_words_are_found_by_their_boundaries_and_chinese_inside_words(
    shelf: Shelf, caption: str, found_by: list[str], not_by: list[str]
) -> None:
    _, content = shelf.photo("0815.png")
    shelf.caption(content, caption)
    for query in found_by:
        assert find(shelf, query) == [TextHit(content, "captions")], query
    for query in not_by:
        assert find(shelf, query) == [], query


@pytest.mark.parametrize(
    ("caption", "is_certain"),
    [
        ("猫", True),
        ("一只猫在窗边", True),
        ("桌上的猫", True),
        ("my 猫!", True),
        ("一只猫头鹰", False),
        ("熊猫", False),
    ],
)
def test_single_character_is_found_and_certain_where_it_is_a_word(shelf: Shelf, caption: str, is_certain: bool) -> None:
    _, content = shelf.photo("a.jpg")
    shelf.caption(content, caption)
    assert find(shelf, "猫") == [TextHit(content, "captions", is_certain)]
    assert find(shelf, "猫 狗") == []
    assert find(shelf, "狗") == []


def test_single_character_in_a_name_or_read_in_the_photo_is_found(shelf: Shelf) -> None:
    _, named = shelf.photo("IMG_猫01.jpg")
    _, read = shelf.photo("b.jpg")
    shelf.caption(read, "猫", source="ocr")
    _, other = shelf.photo("c.jpg")
    shelf.caption(other, "熊猫")
    assert find(shelf, "猫") == [TextHit(read, "ocr"), TextHit(named, "name"), TextHit(other, "captions", False)]


def test_short_terms_of_missing_photos_are_not_found(shelf: Shelf) -> None:
    photo, content = shelf.photo("雪山.jpg")
    assert find(shelf, "雪山") == [TextHit(content, "name")]
    shelf.photos.mark_missing([photo])
    assert find(shelf, "雪山") == find(shelf, "山") == []


def test_every_term_must_stand_somewhere(shelf: Shelf) -> None:
    _, content = shelf.photo("2019 italy/beach.jpg")
    shelf.caption(content, "Anna laughs")
    assert find(shelf, "anna beach") == [TextHit(content, "mixed")]
    assert find(shelf, "anna mountain") == []


def test_captions_go_before_names_and_names_before_folders(shelf: Shelf) -> None:
    _, in_folder = shelf.photo("balloon/1.jpg")
    _, in_name = shelf.photo("x/balloon.jpg")
    _, in_caption = shelf.photo("x/2.jpg")
    shelf.caption(in_caption, "a balloon")
    _, recognised = shelf.photo("x/3.jpg")
    shelf.caption(recognised, "BALLOON TOURS", source="ocr")
    assert find(shelf, "balloon") == [
        TextHit(in_caption, "captions"),
        TextHit(recognised, "ocr"),
        TextHit(in_name, "name"),
        TextHit(in_folder, "directory"),
    ]


def test_of_some_contents_those_that_hold_a_term_are_told_unless_they_deny_it(shelf: Shelf) -> None:
    def holding(text: str, *denials: str) -> set[int]:
        unless = [terms_of(denial) for denial in denials]
        return set(shelf.database.text_index().holding(terms_of(text), contents, unless=unless)[0])

    _, said = shelf.photo("x/1.jpg")
    shelf.caption(said, "Bob and his dog")
    _, denied = shelf.photo("x/2.jpg")
    shelf.caption(denied, "without Bob")
    _, named = shelf.photo("x/bob.jpg")
    _, in_folder = shelf.photo("bob/4.jpg")
    missing, gone = shelf.photo("x/bob5.jpg")
    shelf.photos.mark_missing([missing])
    _, other = shelf.photo("x/bob6.jpg")
    contents = [said, denied, named, in_folder, gone]
    assert holding("Bob") == {said, denied, named}
    assert holding("Bob", "no bob", "without bob") == {said, named}
    assert holding("bob dog", "without bob") == {said}
    denying = shelf.database.text_index().holding(["bob"], contents, unless=[["without", "bob"]])[1]
    assert denying == {denied}
    _, sign = shelf.photo("x/9.jpg")
    shelf.caption(sign, "NO BOB", source="ocr")
    of_sign = shelf.database.text_index().holding(["bob"], [sign], unless=[["no", "bob"]])
    assert of_sign == (frozenset(), frozenset()), "what a sign in the photo forbids may be there or not"
    assert holding("") == holding("cat") == set()
    contents = [other]
    assert holding("bob") == {other}
    _, bears = shelf.photo("7.jpg")
    shelf.caption(bears, "熊猫")
    _, cat = shelf.photo("8.jpg")
    shelf.caption(cat, "一只猫在窗边")
    contents = [bears, cat]
    assert holding("猫") == {cat}


def test_content_of_two_files_is_found_once(shelf: Shelf) -> None:
    _, content = shelf.photo("balloon.jpg", "same")
    shelf.photo("balloon copy.jpg", "same")
    assert find(shelf, "balloon") == [TextHit(content, "name")]


def test_index_follows_a_rename(shelf: Shelf) -> None:
    photo, content = shelf.photo("beach.jpg")
    shelf.photos.move(photo, os.fsencode("山/雪山.jpg"), FileStamp(100, 1, 1), "Holiday")
    assert find(shelf, "beach") == []
    assert find(shelf, "雪山") == [TextHit(content, "name")]
    assert find(shelf, "holiday") == [TextHit(content, "directory")]


def test_index_follows_captions_as_they_are_added_edited_and_removed(shelf: Shelf) -> None:
    _, content = shelf.photo("1.jpg")
    shelf.photo("2.jpg", "other")
    caption = shelf.caption(content, "a dog")
    assert find(shelf, "dog") == [TextHit(content, "captions")]
    shelf.captions.edit(caption, "a wolf", "en")
    assert (find(shelf, "dog"), find(shelf, "wolf")) == ([], [TextHit(content, "captions")])
    shelf.captions.remove(caption)
    assert find(shelf, "wolf") == []


def test_caption_of_a_content_is_found_for_a_file_that_comes_later(shelf: Shelf) -> None:
    photo, content = shelf.photo("1.jpg", "same")
    shelf.caption(content, "a dog")
    shelf.photo("2.jpg", "same")
    shelf.photos.mark_missing([photo])
    assert find(shelf, "dog") == [TextHit(content, "captions")]


def test_missing_photos_and_changed_files_are_not_found(shelf: Shelf) -> None:
    photo, content = shelf.photo("balloon.jpg")
    shelf.caption(content, "a dog")
    shelf.photos.change(photo, FileStamp(5, 5, 5))
    assert find(shelf, "balloon") == [], "its bytes are not known yet"
    shelf.photo("2.jpg", "later")
    assert find(shelf, "dog") == []


def test_file_name_that_is_no_text_is_found_by_the_rest(shelf: Shelf) -> None:
    _, content = shelf.photo(b"caf\xe9 balloon.jpg")
    assert find(shelf, "balloon") == [TextHit(content, "name")]


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_query_is_answered(shelf_for_all: Shelf, text: str) -> None:
    find(shelf_for_all, text)


@pytest.fixture(scope="module")
def shelf_for_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    from engine.config import LibraryPaths
    from engine.library import opening
    from tests.library.conftest import Shelf

    paths = LibraryPaths(tmp_path_factory.mktemp("any") / "library")
    shelf = Shelf(paths, opening.open_writer(paths))
    _, content = shelf.photo("海/a 'quoted' \"name\".jpg")
    shelf.caption(content, "100% 猫_狗 NEAR(x)")
    yield shelf
    shelf.database.close()
