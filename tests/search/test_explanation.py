"""Which part of a photo a word is near to: the half that shows it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.models.encoder import Encoder
from engine.search.chinese_words import cut, words_of
from engine.search.explanation import MOST_WORDS, _words, explain
from tests.fakes import COLOURS
from tests.search.gallery import EDGE, Palette

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from numpy.typing import NDArray


def two_halves() -> NDArray[np.uint8]:
    """Red at the left, blue at the right."""
    pixels = np.zeros((EDGE, EDGE, 3), dtype=np.uint8)
    pixels[:, : EDGE // 2] = COLOURS["red"]
    pixels[:, EDGE // 2 :] = COLOURS["blue"]
    return pixels


def explained(text: str) -> list[Any]:
    encoder: Any = Palette()
    return explain(encoder, text, encoder.encode_grid(two_halves()))


def test_each_word_points_at_its_half() -> None:
    whole, red, blue = explained("red blue")
    assert (whole.word, whole.weight, red.word, blue.word) == ("red blue", 1.0, "red", "blue")
    for found, here, there in ((red, slice(0, 2), slice(3, 5)), (blue, slice(3, 5), slice(0, 2))):
        assert found.relevance.shape == (5, 5)
        assert found.relevance[:, here].min() > 0.9
        assert found.relevance[:, there].max() < 0.1


def test_word_that_makes_the_match_weighs_most() -> None:
    _, red, sky = explained("red sky")
    assert (red.weight, sky.weight) == (1.0, 0.0)


def test_relevance_and_weights_lie_between_0_and_1_even_where_nothing_stands_out() -> None:
    encoder: Any = Palette()
    grid = encoder.encode_grid(np.full((EDGE, EDGE, 3), 128, dtype=np.uint8))
    for found in explain(encoder, "green yellow grass", grid):
        assert 0.0 <= found.weight <= 1.0
        assert found.relevance.min() >= 0.0
        assert found.relevance.max() <= 1.0
        assert np.isfinite(found.relevance).all()


def test_text_of_little_words_is_explained_as_a_whole() -> None:
    (whole,) = explained("of the")
    assert whole.word == "of the"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a red balloon over the sea", ["red", "balloon", "over", "sea"]),
        ("红气球", ["红气球"]),
        ("海上气球", ["海上", "气球"]),
        ("街上的公交车", ["街上", "公交车"]),
        ("海上的红气球 red", ["海上", "红气球", "red"]),
        ("一只在草地上的狗", ["草地上", "狗"]),
        ("red red Red", ["red"]),
        ("", []),
    ],
)
def test_words_are_what_a_person_would_point_at(text: str, words: list[str]) -> None:
    assert _words(text) == words


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("桌上的笔记本电脑", ["桌上", "笔记本电脑"]),
        ("看笔记本电脑", ["看", "笔记本电脑"]),
        ("笔记本电脑上放书", ["笔记本电脑上", "放书"]),
        ("红色火车", ["红色", "火车"]),
    ],
)
def test_words_the_captions_use_often_stay_whole(run: str, words: list[str]) -> None:
    captions = ["桌上的笔记本电脑", "床上的笔记本电脑", "用笔记本电脑的人"]
    assert cut(run, words_of(captions)) == words


@settings(deadline=None)
@given(st.text(alphabet="一只的在红色火车站里", min_size=1, max_size=30))
def test_cut_words_stand_in_the_text_in_order(run: str) -> None:
    rest = run
    for word in cut(run, words_of(["红色火车站"] * 3)):
        assert word
        assert word in rest
        rest = rest.split(word, 1)[1]


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_has_at_most_so_many_words_and_loses_no_chinese(text: str) -> None:
    words = _words(text)
    assert len(words) == len(set(words)) <= MOST_WORDS


def test_embedded_model_points_at_the_half_that_a_caption_speaks_of(mini: Path, shared_photos: Path) -> None:
    encoder = Encoder.open(mini, threads=2)
    if encoder.card.image.grid_output is None:
        pytest.skip("the embedded model has no grid")
    lines = (shared_photos / "captions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines[:24]]
    size = encoder.card.image.input_spec.size
    right = 0
    for one, other in zip(rows[::2], rows[1::2], strict=True):
        picture = Image.new("RGB", (size, size))
        for place, row in ((0, one), (size // 2, other)):
            with Image.open(shared_photos / row["file"]) as photo:
                picture.paste(photo.convert("RGB").resize((size // 2, size)), (place, 0))
        grid = encoder.encode_grid(np.asarray(picture))
        lean = [_lean(explain(encoder, row["query_en"], grid)[0].relevance) for row in (one, other)]
        right += lean[0] > lean[1]
    assert right >= 10, "of 12 pictures put together of two photos"


def _lean(relevance: NDArray[np.float32]) -> float:
    half = relevance.shape[1] // 2
    return float(relevance[:, :half].mean() - relevance[:, -half:].mean())
