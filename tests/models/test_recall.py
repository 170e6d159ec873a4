"""Recall against a slow reference that counts one caption and one photo at a time."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models.recall import recall
from engine.protocol import RecallRow

if TYPE_CHECKING:
    from numpy.typing import NDArray


@st.composite
def cases(draw: st.DrawFn) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Scores with many ties, and the photo of each caption."""
    captions, photos = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    rows = draw(
        st.lists(
            st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=photos, max_size=photos),
            min_size=captions,
            max_size=captions,
        )
    )
    owner = draw(st.lists(st.integers(0, photos - 1), min_size=captions, max_size=captions))
    return np.asarray(rows, dtype=np.float32), np.asarray(owner, dtype=np.int64)


def slow(ranks: list[int]) -> RecallRow:
    r1, r5, r10 = (sum(rank <= k for rank in ranks) / len(ranks) for k in (1, 5, 10))
    return RecallRow(len(ranks), r1, r5, r10, float(median(ranks)))


@settings(deadline=None)
@given(cases())
def test_recall_is_what_a_slow_count_says(case: tuple[NDArray[np.float32], NDArray[np.int64]]) -> None:
    scores, owner = case
    text_ranks = [
        1 + sum(scores[c, p] >= scores[c, o] for p in range(scores.shape[1]) if p != o) for c, o in enumerate(owner)
    ]
    image_ranks = []
    for photo in sorted(set(owner.tolist())):
        best = max(scores[c, photo] for c, o in enumerate(owner) if o == photo)
        image_ranks.append(1 + sum(scores[c, photo] >= best for c, o in enumerate(owner) if o != photo))
    found = recall(scores, owner)
    for row, expected in ((found.text_to_image, slow(text_ranks)), (found.image_to_text, slow(image_ranks))):
        assert row == expected


def test_right_scores_give_full_recall_and_constant_ones_none() -> None:
    owner = np.arange(20, dtype=np.int64)
    perfect = recall(np.eye(20, dtype=np.float32), owner)
    assert perfect.text_to_image == perfect.image_to_text == RecallRow(20, 1.0, 1.0, 1.0, 1.0)
    constant = recall(np.ones((20, 20), dtype=np.float32), owner)
    assert constant.text_to_image == constant.image_to_text == RecallRow(20, 0.0, 0.0, 0.0, 20.0)


def test_scores_that_are_no_numbers_give_no_recall() -> None:
    broken = recall(np.full((20, 20), np.nan, dtype=np.float32), np.arange(20, dtype=np.int64))
    assert (broken.text_to_image.r10, broken.image_to_text.r10) == (0.0, 0.0)


def test_photo_without_a_caption_counts_only_as_a_wrong_answer() -> None:
    scores = np.array([[0.5, 0.9, 0.1], [0.2, 0.1, 0.3]], dtype=np.float32)
    found = recall(scores, np.array([0, 2]))
    assert found.text_to_image == RecallRow(2, 0.5, 1.0, 1.0, 1.5)
    assert found.image_to_text.queries == 2


def test_no_captions_give_zeros() -> None:
    nothing = recall(np.zeros((0, 3), dtype=np.float32), np.zeros(0, dtype=np.int64))
    assert nothing.text_to_image == nothing.image_to_text == RecallRow(0, 0.0, 0.0, 0.0, 0.0)
