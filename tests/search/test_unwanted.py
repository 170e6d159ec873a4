"""Searches for what is not wanted: what goes down, what is left out, and what is only possible because of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.library import opening
from engine.models.package import Calibration
from engine.protocol import Confidence
from tests.library.conftest import Shelf
from tests.search.gallery import CALIBRATION, Gallery, Palette, levels_of, names_of

if TYPE_CHECKING:
    from engine.config import LibraryPaths

MATCH, POSSIBLE = Confidence.MATCH, Confidence.POSSIBLE


@pytest.mark.parametrize("calibration", [CALIBRATION, None])
def test_photo_with_and_one_without_are_told_apart(library: LibraryPaths, calibration: Calibration | None) -> None:
    database = opening.open_writer(library)
    gallery = Gallery(Shelf(library, database), Palette(calibration))
    gallery.photo("plain.jpg", blue=0.7, green=0.3)
    gallery.photo("spoilt.jpg", blue=0.7, red=0.7)
    for number in range(8):
        gallery.photo(f"{number}.jpg", yellow=1.0, green=number / 10)
    with_red = gallery.names("blue")
    assert set(with_red[:2]) == {"plain.jpg", "spoilt.jpg"}
    for text in ("blue -red", "blue without red", "blue, no red"):
        result = gallery.search(text)
        assert names_of(result)[0] == "plain.jpg", text
        assert "spoilt.jpg" not in names_of(result)[:2]
    database.close()


def test_photo_that_may_show_what_is_not_wanted_goes_down_as_well(gallery: Gallery) -> None:
    limits = Calibration(match=0.99, possible=0.3)
    gallery.encoder.card = replace(gallery.encoder.card, calibration=limits)
    gallery.photo("reddish.jpg", blue=0.8, red=0.5)
    gallery.photo("yellowish.jpg", blue=0.75, yellow=0.6)
    assert gallery.names("blue") == ["reddish.jpg", "yellowish.jpg"]
    assert gallery.names("blue -red") == ["yellowish.jpg", "reddish.jpg"]


@pytest.fixture
def doubtful(gallery: Gallery) -> Gallery:
    """A blue photo with some red, and one with green."""
    gallery.encoder.card = replace(gallery.encoder.card, calibration=Calibration(match=0.7, possible=0.5))
    gallery.photo("reddish.jpg", caption="blue sea", taken_at="2023-01-01", blue=0.8, red=0.45)
    gallery.photo("greenish.jpg", taken_at="2022-01-01", blue=0.8, green=0.5)
    return gallery


def test_photo_that_may_show_what_is_not_wanted_is_no_sure_match(doubtful: Gallery) -> None:
    doubtful.photo("red.jpg", red=1.0)
    assert levels_of(doubtful.search("blue")) == {"reddish.jpg": MATCH, "greenish.jpg": MATCH}
    assert levels_of(doubtful.search("blue -red")) == {"greenish.jpg": MATCH, "reddish.jpg": POSSIBLE}


def test_without_other_words_doubtful_photos_come_after_the_others(doubtful: Gallery) -> None:
    doubtful.photo("red.jpg", taken_at="2024-01-01", red=1.0)
    assert levels_of(doubtful.search("-red")) == {"greenish.jpg": MATCH, "reddish.jpg": POSSIBLE}
    assert doubtful.names("-red") == ["greenish.jpg", "reddish.jpg"]
    assert doubtful.names("-red", limit=1) == ["greenish.jpg"]
    by_date = levels_of(doubtful.search("-red", order="date"))
    assert list(by_date.items()) == [("reddish.jpg", MATCH), ("greenish.jpg", MATCH)], "what divides them has no place"


def test_by_date_doubtful_photos_stay_among_the_matches(doubtful: Gallery) -> None:
    doubtful.photo("red.jpg", red=1.0)
    assert doubtful.names("blue -red", order="date") == ["reddish.jpg", "greenish.jpg"]


def test_name_that_no_photo_surely_shows_makes_no_match_doubtful(doubtful: Gallery) -> None:
    assert set(levels_of(doubtful.search("blue -red")).values()) == {MATCH}


def test_caption_that_says_it_is_not_there_counts_more_than_the_vector(doubtful: Gallery) -> None:
    doubtful.photo("red.jpg", red=1.0)
    doubtful.photo("said.jpg", caption="harbour, no red", blue=0.8, red=0.45)
    assert levels_of(doubtful.search("harbour without red"))["said.jpg"] is MATCH
    assert levels_of(doubtful.search("blue -red"))["said.jpg"] is MATCH


def test_without_a_calibration_nothing_is_doubted(library: LibraryPaths) -> None:
    database = opening.open_writer(library)
    gallery = Gallery(Shelf(library, database), Palette(None))
    for number in range(9):
        gallery.photo(f"{number}.jpg", caption="blue sea", blue=0.8, red=number / 20)
    levels = [hit.confidence for hit in gallery.search("blue sea -red").hits]
    assert levels.count(MATCH) > levels.count(POSSIBLE)
    database.close()


def test_without_other_words_a_photo_that_only_possibly_shows_it_is_left_out(gallery: Gallery) -> None:
    gallery.photo("reddish.jpg", blue=0.8, red=0.5)
    gallery.photo("blue.jpg", blue=1.0)
    assert gallery.search("red").confidence is POSSIBLE
    assert gallery.names("-red") == ["blue.jpg"]


def test_what_is_said_twice_is_read_once(colours: Gallery) -> None:
    before = colours.encoder.texts
    assert colours.names("red" + " -blue" * 50, without=("blue",)) == colours.names("red -blue")
    assert colours.encoder.texts - before == 4


def test_what_is_not_wanted_on_top_counts_like_a_negated_word(colours: Gallery) -> None:
    assert colours.names("red", without=("blue",)) == colours.names("red -blue")
    assert colours.names("red", without=("blue",))[0] == "redish.jpg"


def test_photos_without_red_are_all_the_others_newest_first(gallery: Gallery) -> None:
    gallery.photo("a.jpg", taken_at="2020-01-01T00:00:00", blue=1.0)
    gallery.photo("b.jpg", taken_at="2021-01-01T00:00:00", red=1.0)
    gallery.photo("c.jpg", taken_at="2022-01-01T00:00:00", green=1.0)
    gallery.photo("no-vector.jpg", taken_at="2023-01-01T00:00:00")
    for text in ("photos without red", "-red"):
        result = gallery.search(text)
        assert names_of(result) == ["no-vector.jpg", "c.jpg", "a.jpg"], text
        assert {hit.channels for hit in result.hits} == {("filters",)}


def test_what_is_not_wanted_may_fill_the_newest_thousands(gallery: Gallery) -> None:
    model = gallery.embeddings()
    vector = gallery.encoder.mixture(red=1.0)
    database = gallery.shelf.database
    folder = gallery.shelf.folder()
    gallery.photo("old.jpg", taken_at="1999-01-01T00:00:00", blue=1.0)
    with database.transaction():
        database.run_many(
            "INSERT INTO content (id, digest, byte_size, taken_at) VALUES (?, ?, 1, '2020-01-01T00:00:00')",
            ((number, number.to_bytes(32, "big")) for number in range(10, 1510)),
        )
        database.run_many(
            "INSERT INTO photo (folder, path, name, directory, byte_size, mtime_ns, inode, content) "
            "VALUES (?, ?, '', '', 1, 1, ?, ?)",
            ((folder, b"%d" % number, number, number) for number in range(10, 1510)),
        )
        model.add(range(10, 1510), np.tile(vector, (1500, 1)))
    assert gallery.names("-red", limit=5) == ["old.jpg"]


def test_alike_photos_are_not_all_taken_for_what_is_not_wanted(library: LibraryPaths) -> None:
    database = opening.open_writer(library)
    gallery = Gallery(Shelf(library, database), Palette(calibration=None))
    gallery.photo("only.jpg", blue=1.0)
    assert gallery.names("-red") == ["only.jpg"]
    database.close()


def test_caption_is_no_reason_to_show_what_is_not_wanted(gallery: Gallery) -> None:
    gallery.photo("1.png", caption="harbour in the evening", data="1", red=1.0)
    gallery.photo("2.png", caption="harbour in the morning", data="2", blue=1.0)
    result = gallery.search("harbour -red")
    assert [(hit.path.to_path().name, hit.confidence) for hit in result.hits] == [("2.png", MATCH)]


@pytest.mark.parametrize(
    ("caption", "text"),
    [
        ("a street without cars", "street without cars"),
        ("street, no cars", "street -cars"),
        ("没有汽车的街道", "没有汽车的街道"),
    ],
)
def test_caption_that_says_it_is_not_there_is_no_reason_against_a_photo(
    gallery: Gallery, caption: str, text: str
) -> None:
    gallery.photo("1.jpg", data="1", caption=caption, blue=1.0)
    assert gallery.search(text).confidence is MATCH
