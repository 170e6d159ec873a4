"""Short queries borrow from the caption bank; long ones and unknown words stay as they are."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.library.database import Database
from engine.models.package import Calibration
from engine.protocol import Confidence
from engine.search.captioning import BankVectors, read_bank
from engine.search.expansion import CAPTIONS, Expander
from tests.library.conftest import Shelf
from tests.search.gallery import Gallery, levels_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.config import LibraryPaths

ROWS = [
    ("a tomato that is red", "红番茄 red"), ("two tomatoes, red ones", "两个番茄 red"),
    ("a red tomato plant", "番茄苗 red"),
    ("a green field", "田野 green"), ("a green living room", "客厅 green"), ("the living room, green", "大客厅 green"),
    ("in a green living room", "我家客厅 green"), ("an automaton, blue", "机器 blue"),
]  # fmt: skip


@pytest.fixture
def bank(gallery: Gallery, tmp_path: Path) -> BankVectors:
    gallery.encoder.card = replace(gallery.encoder.card, languages=("en", "zh"))
    file = tmp_path / "bank.jsonl"
    file.write_text("".join(json.dumps({"en": en, "zh": zh}) + "\n" for en, zh in ROWS), encoding="utf-8")
    return BankVectors(read_bank(file), gallery.shelf.paths.cache / "bank.npy", gallery.as_encoder)


@pytest.fixture
def gallery(library: LibraryPaths) -> Iterator[Gallery]:
    database = Database.open_writer(library)
    yield Gallery(Shelf(library, database))
    database.close()


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("tomato", "red"), ("Tomatoes", "red"), ("tomatos", "red"), ("番茄", "red"), ("living room", "green"),
        ("客厅", "green"), ("tom", None), ("field", None), ("automaton", None), ("", None), ("?", None), ("(", None),
        ("a tomato that is red", None), ("一个红色的大番茄", None), ("番茄 tomato", None),
    ],
)  # fmt: skip
def test_short_text_goes_towards_the_captions_that_hold_it(
    gallery: Gallery, bank: BankVectors, text: str, colour: str | None
) -> None:
    vector = gallery.encoder.encode_texts([text])[0]
    expanded = Expander(lambda: bank).expand(text, vector)
    assert np.linalg.norm(expanded) == pytest.approx(1.0, abs=1e-5)
    if colour is None:
        np.testing.assert_array_equal(expanded, vector)
    else:
        swatch = gallery.encoder.mixture(**{colour: 1.0})
        assert expanded @ swatch > vector @ swatch + 0.3


def test_language_that_the_model_does_not_know_borrows_nothing(gallery: Gallery, bank: BankVectors) -> None:
    gallery.encoder.card = replace(gallery.encoder.card, languages=("zh",))
    vector = gallery.encoder.encode_texts(["tomato"])[0]
    np.testing.assert_array_equal(Expander(lambda: bank).expand("tomato", vector), vector)
    assert not np.array_equal(Expander(lambda: bank).expand("番茄", vector), vector)


def test_only_few_captions_are_encoded_and_none_once_the_bank_is_there(gallery: Gallery, bank: BankVectors) -> None:
    expander, vector = Expander(lambda: bank), gallery.encoder.encode_texts(["tomato"])[0]
    before = gallery.encoder.texts
    alone = expander.expand("tomato", vector)
    assert 0 < gallery.encoder.texts - before <= CAPTIONS
    bank.vectors()
    before = gallery.encoder.texts
    np.testing.assert_allclose(expander.expand("tomato", vector), alone, atol=1e-3)
    assert gallery.encoder.texts == before


def test_bank_is_not_asked_for_by_long_texts_and_may_be_missing(gallery: Gallery, bank: BankVectors) -> None:
    asked: list[str] = []

    def missing() -> None:
        asked.append("bank")

    expander, vector = Expander(missing), gallery.encoder.encode_texts(["tomato"])[0]
    np.testing.assert_array_equal(expander.expand("a tomato on a table", vector), vector)
    assert asked == []
    np.testing.assert_array_equal(expander.expand("tomato", vector), vector)
    assert asked == ["bank"]


def test_search_finds_by_the_company_of_a_word(gallery: Gallery, bank: BankVectors) -> None:
    limits = Calibration(match=0.6, possible=0.3)
    gallery.encoder.card = replace(gallery.encoder.card, calibration=limits)
    gallery.photo("salad.jpg", red=1.0, green=0.2)
    gallery.photo("sea.jpg", blue=1.0)
    assert gallery.search("tomato").confidence is Confidence.NONE, "the bare word says nothing here"
    assert set(gallery.names("-tomato")) == {"sea.jpg", "salad.jpg"}
    gallery.expand_by(Expander(lambda: bank))
    found = gallery.search("tomato")
    assert (found.hits[0].path.to_path().name, found.confidence) == ("salad.jpg", Confidence.POSSIBLE)
    assert gallery.names("-tomato") == ["sea.jpg"], "what is not wanted is understood by the same company"


def test_words_of_the_bank_are_known_to_be_of_what_photos_show(gallery: Gallery, bank: BankVectors) -> None:
    expander = Expander(lambda: bank)
    assert [text for text in ("red", "Living room", "Bob", "番茄", "a red tomato plant") if expander.knows(text)] == [
        "red",
        "Living room",
        "番茄",
    ]
    assert not Expander(lambda: None).knows("red")


def test_what_is_known_makes_photos_doubtful_where_none_surely_shows_it(gallery: Gallery, bank: BankVectors) -> None:
    gallery.encoder.card = replace(gallery.encoder.card, calibration=Calibration(match=0.7, possible=0.5))
    gallery.photo("reddish.jpg", blue=0.8, red=0.45)
    gallery.photo("greenish.jpg", blue=0.8, green=0.5)
    assert set(levels_of(gallery.search("blue -red")).values()) == {Confidence.MATCH}
    gallery.expand_by(Expander(lambda: bank))
    found = levels_of(gallery.search("blue -red"))
    assert found == {"greenish.jpg": Confidence.MATCH, "reddish.jpg": Confidence.POSSIBLE}
