"""Searches over a small gallery: what comes first, what goes down, and what never comes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import LibraryPaths
from engine.library import opening
from engine.library.folders import Folders
from engine.models.package import Calibration
from engine.protocol import Confidence, FolderState
from engine.search.vectors import HotView
from tests.conftest import sqlite_alone
from tests.library.conftest import ROOT, Shelf
from tests.search.gallery import Gallery, Palette, names_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


MATCH, POSSIBLE, NONE = Confidence.MATCH, Confidence.POSSIBLE, Confidence.NONE


# Words


def test_nearest_photos_come_first_with_their_cosine_and_what_it_is_worth(colours: Gallery) -> None:
    result = colours.search("red")
    assert [(hit.rank, hit.path.to_path().name, hit.score, hit.confidence) for hit in result.hits] == [
        (1, "redish.jpg", 1.0, MATCH),
        (2, "both.jpg", pytest.approx(0.7071, abs=1e-4), POSSIBLE),
    ]
    assert (result.query, result.model, result.confidence) == ("red", "fake", MATCH)
    assert (result.covered, result.known) == (5, 5)
    assert all(hit.channels == ("vectors",) for hit in result.hits)


def test_request_in_words_finds_what_the_plain_words_find(colours: Gallery) -> None:
    assert colours.names("show me photos of red things")[0] == colours.names("red things")[0] == "redish.jpg"


def test_where_nothing_fits_the_closest_are_given_and_called_nothing(gallery: Gallery) -> None:
    for number in range(30):
        gallery.photo(f"{number}.jpg", blue=1.0, green=number / 100)
    result = gallery.search("red")
    assert (result.confidence, len(result.hits)) == (NONE, 10)
    assert {hit.confidence for hit in result.hits} == {POSSIBLE}


def test_the_fewer_photos_are_searched_the_less_it_takes(gallery: Gallery) -> None:
    limits = Calibration(match=0.9, possible=0.7, rise=((1, -0.2), (200, 0.0)))
    gallery.encoder.card = replace(gallery.encoder.card, calibration=limits)
    gallery.photo("one/mixed.jpg", red=0.8, blue=1.0)
    assert gallery.search("red").confidence is POSSIBLE
    for number in range(200):
        gallery.photo(f"many/{number}.jpg", data=str(number), green=1.0)
    assert gallery.search("red").confidence is NONE, "the best of many is no better for it"
    assert gallery.search("red folder:one").confidence is POSSIBLE, "only what passes the filters is searched"


def test_each_language_is_judged_by_its_own_thresholds(gallery: Gallery) -> None:
    limits = Calibration(match=0.99, possible=0.9, languages={"zh": Calibration(match=0.95, possible=0.6)})
    gallery.encoder.card = replace(gallery.encoder.card, calibration=limits)
    gallery.photo("both.jpg", red=1.0, blue=1.0)
    assert gallery.search("赤色").confidence is POSSIBLE
    for text in ("red", "T恤 赤色"):
        assert gallery.search(text).confidence is NONE, "words of two languages are judged by the shared thresholds"


def test_what_is_not_wanted_is_judged_by_the_thresholds_of_its_own_language(gallery: Gallery) -> None:
    limits = Calibration(match=0.999, possible=0.99, languages={"zh": Calibration(match=0.6, possible=0.5)})
    gallery.encoder.card = replace(gallery.encoder.card, calibration=limits)
    gallery.photo("both.jpg", blue=1.0, red=1.0)
    gallery.photo("other.jpg", blue=1.0, yellow=1.2)
    assert set(gallery.names("-red")) == {"both.jpg", "other.jpg"}, "nothing is surely red in English"
    assert gallery.names("-赤色") == ["other.jpg"]


def test_model_without_calibration_calls_nothing_a_match(library: LibraryPaths) -> None:
    database = opening.open_writer(library)
    gallery = Gallery(Shelf(library, database), Palette(calibration=None))
    gallery.photo("red.png", data="1", red=1.0)
    assert gallery.search("red wall").confidence is POSSIBLE
    database.close()


def test_empty_library_answers_every_kind_of_question_with_nothing(gallery: Gallery) -> None:
    vector = gallery.encoder.mixture(red=1.0)
    for text in ("red", "", "-red", "red -blue", "2020", "red 2020", '"exact"', "folder:x", "without red"):
        for photos in ((), (vector,), (vector, vector)):
            for order in ("relevance", "date"):
                result = gallery.search(text, photos=photos, order=order)
                assert (result.hits, result.confidence, result.covered, result.known) == ((), NONE, 0, 0)


def test_empty_question_finds_nothing(colours: Gallery) -> None:
    assert colours.search("").hits == ()


# Photos


def test_several_photos_and_words_are_wanted_together(gallery: Gallery) -> None:
    gallery.photo("all.jpg", red=1.0, green=1.0, blue=1.0)
    gallery.photo("two.jpg", red=1.0, green=1.0)
    gallery.photo("one.jpg", red=1.0)
    gallery.photo("none.jpg", yellow=1.0)
    photos = (gallery.encoder.mixture(red=1.0), gallery.encoder.mixture(green=1.0))
    assert gallery.names("blue", photos=photos) == ["all.jpg", "two.jpg"]  # the others are below the average
    assert gallery.names("", photos=photos)[0] == "two.jpg"
    assert gallery.search("blue", photos=photos).confidence is POSSIBLE, "the calibration is for words alone"


def test_weights_say_how_much_a_photo_counts(gallery: Gallery) -> None:
    for name, shares in (("reddish", (1.0, 0.4)), ("even", (1.0, 1.0)), ("greenish", (0.4, 1.0))):
        gallery.photo(f"{name}.jpg", red=shares[0], green=shares[1])
    gallery.photo("blue.jpg", blue=1.0)
    photos = (gallery.encoder.mixture(red=1.0), gallery.encoder.mixture(green=1.0))
    for weights, first in (
        ((3.0, 1.0), "reddish"),
        ((1.0, 3.0), "greenish"),
        ((1.0,), "even"),
        ((1.0, -1.0), "reddish"),
    ):
        assert gallery.names("", photos=photos, weights=weights)[0] == f"{first}.jpg", weights
    assert gallery.names("red", photos=photos[1:], weights=(-1.0,))[0] == "reddish.jpg", "red, and unlike the green one"


def test_photo_itself_is_left_out(colours: Gallery) -> None:
    red = colours.embeddings().get(1)
    assert red is not None
    assert "redish.jpg" not in colours.names("", photos=(red,), besides=frozenset({1}))
    assert "redish.jpg" not in colours.names("-blue", besides=frozenset({1}))


# Filters and dates


@pytest.fixture
def dated(gallery: Gallery) -> Gallery:
    gallery.photo("2019/old red.jpg", taken_at="2019-03-01T10:00:00", red=1.0)
    gallery.photo("2021/new red.jpg", taken_at="2021-03-01T10:00:00", red=0.95, green=0.05)
    gallery.photo("2021/half red.jpg", taken_at="2021-06-01T10:00:00", red=0.5, green=0.5)
    gallery.photo("2022/blue.jpg", taken_at="2022-03-01T10:00:00", blue=1.0)
    return gallery


def test_filters_alone_list_by_date(dated: Gallery) -> None:
    result = dated.search("photos from 2021")
    assert names_of(result) == ["half red.jpg", "new red.jpg"]
    assert [(hit.rank, hit.channels, hit.confidence) for hit in result.hits] == [
        (1, ("filters",), MATCH), (2, ("filters",), MATCH),
    ]  # fmt: skip
    assert result.confidence is MATCH
    assert dated.names("since 2021", limit=1) == ["blue.jpg"]
    assert dated.names('"old red"') == ["old red.jpg"]


def test_camera_is_found_by_the_chinese_name_of_its_maker(gallery: Gallery) -> None:
    for camera in ("Canon EOS 5D", "NIKON D5", "Apple iPhone 15"):
        content = gallery.photo(f"{camera}.jpg", data=camera, red=1.0)
        gallery.shelf.database.run("UPDATE content SET camera = ? WHERE id = ?", (camera, content))
    for text in ("相机:佳能", "camera:佳能", "red 相机:佳能", "camera:canon"):
        assert gallery.names(text) == ["Canon EOS 5D.jpg"], text
    assert gallery.names("相机:苹果") == ["Apple iPhone 15.jpg"]


def test_filters_narrow_what_words_find(dated: Gallery) -> None:
    assert dated.names("yellow sea 2022") == ["blue.jpg"]
    assert dated.names("red name:old") == ["old red.jpg"]
    assert dated.names("red 1987") == []
    assert dated.search("red folder:nowhere").confidence is NONE


def test_dates_order_only_what_lies_above_the_confidence_line(dated: Gallery) -> None:
    dated.photo("2023/3.jpg", taken_at="2023-01-01T00:00:00", red=1.0, yellow=0.2)
    dated.photo("2023/4.jpg", taken_at="2023-01-01T00:00:00", red=0.6, yellow=0.4)
    by_relevance = dated.search("crimson redness")
    by_date = dated.search("crimson redness", order="date")
    assert by_date.confidence is by_relevance.confidence is MATCH
    assert {hit.confidence for hit in by_date.hits} == {MATCH}
    assert [hit.rank for hit in by_date.hits] == [1, 2, 3, 4]
    dates = [hit.taken_at or "" for hit in by_date.hits]
    assert dates == sorted(dates, reverse=True)


def test_where_nothing_fits_dates_order_nothing(gallery: Gallery) -> None:
    for number in range(12):
        gallery.photo(
            f"{number}.png", data=f"{number}", taken_at=f"20{10 + number}-01-01T00:00:00", blue=1.0, red=number / 40
        )
    assert gallery.names("red thing", order="date") == gallery.names("red thing")


def test_what_only_fills_up_does_not_stand_among_the_dates(gallery: Gallery) -> None:
    gallery.photo("1.png", data="1", taken_at="2020-01-01T00:00:00", red=0.5, blue=0.5)
    gallery.photo("2.png", data="2", taken_at="2023-01-01T00:00:00", red=0.36, blue=1.0)
    assert len(gallery.search("red thing").hits) == 2 or gallery.names("red thing") == ["1.png"]
    assert gallery.names("red thing", order="date") == ["1.png"]


# Text


def test_text_finds_what_no_vector_fits(gallery: Gallery) -> None:
    gallery.photo("1.png", caption="grandma's birthday", data="1", blue=1.0)
    gallery.photo("2.png", data="2", green=1.0)
    (hit,) = gallery.search("birthday").hits
    assert (hit.path.to_path().name, hit.confidence, hit.channels) == ("1.png", MATCH, ("captions",))
    assert gallery.search("birthday").confidence is MATCH


@pytest.fixture
def unseen(gallery: Gallery) -> Gallery:
    """Photos that the model has not seen yet, as after another one came: only words are known of them."""
    gallery.photo("sea/red boat.jpg", data="1", caption="harbour in the evening")
    gallery.photo("sea/2.jpg", data="2", caption="harbour in the morning with Bob", taken_at="1999-05-01T00:00:00")
    gallery.photo("3.jpg", data="3", caption="港口的早晨")
    return gallery


def test_photos_without_a_vector_are_found_by_their_words_meanwhile(unseen: Gallery) -> None:
    found = {text: unseen.search(text) for text in ("harbour", "早晨", "red boat", "sea", "harbour 1999", "meadow")}
    hits = {text: [(hit.path.to_path().name, hit.channels) for hit in result.hits] for text, result in found.items()}
    assert hits == {
        "harbour": [("red boat.jpg", ("captions",)), ("2.jpg", ("captions",))],
        "早晨": [("3.jpg", ("captions",))],
        "red boat": [("red boat.jpg", ("name",))],
        "sea": [("red boat.jpg", ("directory",)), ("2.jpg", ("directory",))],
        "harbour 1999": [("2.jpg", ("captions",))],
        "meadow": [],
    }
    assert (found["harbour"].confidence, found["sea"].confidence, found["meadow"].confidence) == (MATCH, POSSIBLE, NONE)
    assert {(result.covered, result.known) for result in found.values()} == {(0, 3)}
    assert {hit.score for hit in found["harbour"].hits} == {0.0}


def test_vectors_join_in_as_they_come(unseen: Gallery) -> None:
    unseen.embeddings().add([1], unseen.encoder.mixture(red=1.0)[None])
    result = unseen.search("red boat")
    assert [(hit.path.to_path().name, hit.channels) for hit in result.hits] == [("red boat.jpg", ("vectors", "name"))]
    assert (result.covered, result.known) == (1, 3)
    assert set(unseen.names("harbour")) == {"red boat.jpg", "2.jpg"}


def test_vectors_of_photos_that_are_gone_are_not_counted_as_searched(colours: Gallery) -> None:
    database = colours.shelf.database
    with database.transaction():
        database.run("UPDATE photo SET missing_since = '2026-11-27' WHERE name IN ('redish.jpg', 'both.jpg')")
    colours.photo("new.jpg", data="unseen")
    result = colours.search("green")
    assert (result.covered, result.known) == (3, 4)


def test_words_about_a_photo_do_not_tell_how_like_another_it_is(unseen: Gallery) -> None:
    assert unseen.names("harbour", photos=(unseen.encoder.mixture(red=1.0),)) == []


def test_what_is_written_about_a_photo_counts_against_it_too(unseen: Gallery) -> None:
    assert unseen.names("harbour -bob") == unseen.names("harbour", without=("Bob",)) == ["red boat.jpg"]
    unseen.embeddings().add([1, 2, 3], np.stack([unseen.encoder.mixture(red=1.0)] * 3))
    assert unseen.names("red -bob") == ["red boat.jpg", "3.jpg"], "no vector can know who Bob is"
    assert set(unseen.names("-bob")) == {"red boat.jpg", "3.jpg"}


def test_hit_names_every_channel_that_found_it(gallery: Gallery) -> None:
    gallery.photo("x/red wall.jpg", red=1.0)
    (hit,) = gallery.search("red wall").hits
    assert hit.channels == ("vectors", "name")


def test_folders_name_makes_a_photo_possible_at_most(gallery: Gallery) -> None:
    gallery.photo("birthday/1.png", data="1", blue=1.0)
    result = gallery.search("birthday")
    assert [(hit.confidence, hit.channels) for hit in result.hits] == [(POSSIBLE, ("directory",))]
    assert result.confidence is POSSIBLE


def test_single_character_finds_captions_and_is_only_possible_inside_another_word(gallery: Gallery) -> None:
    gallery.photo("1.png", caption="一只猫在窗边", data="1", blue=1.0)
    gallery.photo("2.png", caption="树上的熊猫", data="2", green=1.0)
    hits = [(hit.path.to_path().name, hit.confidence, hit.channels) for hit in gallery.search("猫").hits]
    assert hits == [("1.png", MATCH, ("captions",)), ("2.png", POSSIBLE, ("captions",))]


def test_filters_hold_for_text_as_well(gallery: Gallery) -> None:
    gallery.photo("a/1.png", caption="birthday", data="1", blue=1.0)
    gallery.photo("b/2.png", caption="birthday", data="2", blue=1.0)
    assert gallery.names("birthday folder:b") == ["2.png"]


# Files


def test_missing_photos_are_never_shown_and_offline_ones_are_marked(gallery: Gallery) -> None:
    for number in range(90):
        gallery.photo(f"{number}.png", data=f"{number}", red=1.0)
    gallery.photo("further.jpg", red=1.0, blue=0.2)
    known = gallery.shelf.photos.known(gallery.shelf.folder())
    gallery.shelf.photos.mark_missing(photo.id for photo in known if photo.path != b"further.jpg")
    Folders(gallery.shelf.database).set_state(gallery.shelf.folder(), FolderState.OFFLINE)
    (hit,) = gallery.search("red", limit=2).hits
    assert (hit.path.to_path(), hit.is_offline) == (ROOT / "further.jpg", True)


def test_content_of_many_files_is_shown_once(gallery: Gallery) -> None:
    gallery.photo("a.png", caption="birthday", data="same", red=1.0)
    for name in ("b.png", "c/birthday.png"):
        gallery.shelf.photo(name, "same")
    for text in ("red", "birthday", "birthday red", "name:.png", "-blue"):
        assert gallery.names(text) == ["a.png"], text


def test_limit_is_kept_and_shorter_lists_begin_longer_ones(gallery: Gallery) -> None:
    for number in range(40):
        gallery.photo(f"{number}.png", data=f"{number}", red=1.0, blue=(number % 4) / 10)
    whole = gallery.names("red")
    assert len(whole) == len(set(whole)) == 40
    for limit in (0, 1, 7, 40, 1000):
        assert gallery.names("red", limit=limit) == whole[:limit]
        assert len(gallery.names("name:png", limit=limit)) == min(limit, 40)


@sqlite_alone
def test_vector_that_went_while_searching_does_no_harm(colours: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    colours.search("red")
    real = HotView.scores
    calls = []

    def scores(view: HotView, vector: object, contents: object) -> dict[int, float]:
        calls.append(1)
        found = real(view, vector, contents)  # type: ignore[arg-type]
        if len(calls) > 1:
            found.pop(1, None)
        return found

    monkeypatch.setattr(HotView, "scores", scores)
    names = colours.names("red", photos=(colours.encoder.mixture(red=1.0),))
    assert "redish.jpg" not in names
    assert "both.jpg" in names


def test_near_copies_come_as_one_when_asked_for(gallery: Gallery) -> None:
    for number in range(3):
        gallery.photo(f"{number}.png", data=f"{number}", red=1.0, blue=number / 100)
    gallery.photo("other.png", data="other", red=0.9, green=0.5)
    assert len(gallery.search("red thing").hits) == 4
    hits = gallery.search("red thing", grouped=True).hits
    assert [(hit.rank, len(hit.group)) for hit in hits] == [(1, 2), (2, 0)]


# Anything


@pytest.fixture(scope="module")
def any_gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    root: Path = tmp_path_factory.mktemp("any")
    paths = LibraryPaths(root / "library")
    database = opening.open_writer(paths)
    gallery = Gallery(Shelf(paths, database))
    gallery.photo("海/red.jpg", caption="海上的红气球 100%", taken_at="2020-01-01T00:00:00", red=1.0)
    gallery.photo("b.jpg", blue=1.0)
    yield gallery
    database.close()


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(alphabet=st.characters(), max_size=60),
        st.lists(
            st.sampled_from(
                ["red", "-red", '"100%"', "海上", "2020", "folder:海", "without", "-", '"', "type:jpg", "%_", ":"]
            ),
            max_size=6,
        ).map(" ".join),
    ),
    st.sampled_from(["relevance", "date"]),
)
def test_any_question_has_an_answer(any_gallery: Gallery, text: str, order: str) -> None:
    result = any_gallery.search(text, order=order)
    assert [hit.rank for hit in result.hits] == list(range(1, len(result.hits) + 1))
    assert len({hit.photo_id for hit in result.hits}) == len(result.hits) <= 2
    assert all(-1.001 <= hit.score <= 1.001 for hit in result.hits)
