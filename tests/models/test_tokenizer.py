"""Texts of every kind become ids within the tower's length."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import KnownError
from engine.models.package import TextTower, read_card
from engine.models.tokenizer import TextTokenizer
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from pathlib import Path


def tokenizer(package: Path, **changes: Literal["max_length"] | int | bool) -> TextTokenizer:
    return TextTokenizer(package, replace(read_card(package).text, **changes))  # type: ignore[arg-type]


def test_shorter_texts_are_padded_to_the_longest(package: Path) -> None:
    ids, mask = tokenizer(package).encode(["red balloon", "red", "nothing known here"])
    assert ids.tolist() == [[1, 2, 7], [1, 7, 7], [0, 0, 0]]
    assert mask.tolist() == [[1, 1, 0], [1, 0, 0], [1, 1, 1]]
    assert ids.dtype == mask.dtype == np.int64


def test_texts_are_padded_to_the_full_length_where_the_tower_wants_it(package: Path) -> None:
    ids, mask = tokenizer(package, padding="max_length").encode(["red"])
    assert ids.tolist() == [[1, 7, 7, 7, 7]]
    assert mask.tolist() == [[1, 0, 0, 0, 0]]


def test_long_texts_are_cut(package: Path) -> None:
    ids, mask = tokenizer(package).encode(["red " * 10_000])
    assert ids.tolist() == [[1] * 5]
    assert mask.sum() == 5


def test_case_and_width_are_folded_where_the_tower_wants_it(package: Path) -> None:
    assert tokenizer(package).encode(["RED", "ＡＢＣ"])[0].tolist() == [[1], [3]]
    assert tokenizer(package, lowercase=False).encode(["RED", "red"])[0].tolist() == [[0], [1]]


@pytest.mark.parametrize(
    ("cleaning", "text", "ids"),
    [
        ("nfkc", "ａｂｃ", [[3]]),
        ("none", "ａｂｃ", [[0]]),
        ("whitespace", " abc\n red ", [[3, 1]]),
        ("whitespace", "ａｂｃ", [[0]]),
        ("canonical", "A-B-C, Red!", [[3, 1]]),
    ],
)
def test_text_is_cleaned_as_the_package_says(package: Path, cleaning: str, text: str, ids: list[list[int]]) -> None:
    tower = replace(read_card(package).text, cleaning=cleaning, lowercase=False)  # type: ignore[arg-type]
    assert TextTokenizer(package, tower).encode([text])[0].tolist() == ids


def test_unreadable_tokenizer_is_a_sentence(package: Path) -> None:
    (package / "tokenizer.json").write_text("{}")
    with pytest.raises(KnownError, match="Install the model again") as raised:
        tokenizer(package)
    assert raised.value.kind is ErrorKind.MODEL_DAMAGED


ODD_TEXTS = [
    "",
    " ",
    "\ud83d half a pair",
    "🎈👨‍👩‍👧‍👦",
    "海" * 10_000,
    "a" * 10_000,
    "\0",
    "\u202e\u200b",
    "e\u0301",
    "ﷺ" * 99,
]


@pytest.fixture(scope="module")
def real(mini: Path) -> tuple[TextTokenizer, TextTower]:
    tower = read_card(mini).text
    return TextTokenizer(mini, tower), tower


def test_embedded_model_takes_odd_texts(real: tuple[TextTokenizer, TextTower]) -> None:
    ids, mask = real[0].encode(ODD_TEXTS)
    assert ids.shape == mask.shape
    assert ids.shape[0] == len(ODD_TEXTS)
    assert 2 <= ids.shape[1] <= real[1].max_length
    assert (mask.sum(axis=1) >= 1).all(), "a text without a token would have no vector"


@settings(deadline=None)
@given(st.lists(st.text(alphabet=st.characters(), max_size=80), min_size=1, max_size=4))
def test_embedded_model_takes_any_text(real: tuple[TextTokenizer, TextTower], texts: list[str]) -> None:
    ids, mask = real[0].encode(texts)
    assert ids.shape == mask.shape == (len(texts), ids.shape[1])
    assert ids.min() >= 0
