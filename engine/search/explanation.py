"""Why a photo matches: which part of it each word of the query is near to.

The image tower's vector is the mean of its grid cells, all in the joint space, so the cosine of a text with the photo
is (up to a common factor) the mean of its products with the cells: each cell's product is its exact share of the score.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.library.text_index import terms_of
from engine.search.chinese_words import cut

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from engine.models.encoder import Encoder

MOST_WORDS = 8
_CJK = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class WordMap:
    """``relevance`` (rows, columns) float32 in 0..1 over the photo's square input; ``weight`` in 0..1."""

    word: str
    weight: float
    relevance: NDArray[np.float32]


def explain(
    encoder: Encoder, text: str, grid: NDArray[np.float32], is_word: Callable[[str], bool] = lambda _: False
) -> list[WordMap]:
    """Relevance of ``text`` as a whole (first) and of its words over ``grid``, shape (cells, dim).

    ``is_word`` tells which runs of Chinese characters are one word.
    """
    words = _words(text, is_word)
    vectors = encoder.encode_texts([text, *words])
    side = round(len(grid) ** 0.5)
    maps = [_scaled(grid @ vector).reshape(side, side) for vector in vectors]
    weights = _weights(encoder, text, words, grid.mean(axis=0))
    return [WordMap(text, 1.0, maps[0])] + [
        WordMap(word, weight, found) for word, weight, found in zip(words, weights, maps[1:], strict=True)
    ]


def _words(text: str, is_word: Callable[[str], bool] = lambda _: False) -> list[str]:
    """Words as a person would point at them."""
    words: list[str] = []
    for term in terms_of(text):
        words += cut(term, is_word) if _CJK.search(term) else [term]
    return list(dict.fromkeys(words))[:MOST_WORDS]


def _weights(encoder: Encoder, text: str, words: list[str], photo: NDArray[np.float32]) -> list[float]:
    """How much the score falls when a word is left out, as a share of the largest fall; 0 where it does not fall."""
    if len(words) <= 1:
        return [1.0] * len(words)  # what is the whole query cannot be left out of it
    shortened = [text.lower().replace(word, " ").strip() or text for word in words]
    vectors = encoder.encode_texts([text, *shortened])
    scores = vectors @ (photo / max(float(np.linalg.norm(photo)), 1e-9))
    falls = np.maximum(scores[0] - scores[1:], 0.0)
    return [round(float(fall / max(falls.max(), 1e-9)), 3) for fall in falls]


def _scaled(values: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = float(values.min()), float(values.max())
    scaled: NDArray[np.float32] = ((values - low) / max(high - low, 1e-9)).astype(np.float32)
    return scaled
