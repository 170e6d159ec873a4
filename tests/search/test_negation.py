"""How likely it is that a photo shows what is not wanted."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models.package import Calibration
from engine.search.negation import PENALTY, Unwanted, against, doubt_from, kinds_of, probability
from engine.search.scoring import Wanted, score
from tests.search.held_vectors import view_of

if TYPE_CHECKING:
    from engine.search.vectors import HotView

LIMITS = Calibration(match=0.3, possible=0.2)


def test_probability_is_a_half_between_the_thresholds_and_sure_beyond_them() -> None:
    assert probability(0.25, LIMITS) == pytest.approx(0.5)
    assert probability(0.3, LIMITS) > 0.95
    assert probability(0.2, LIMITS) < 0.05


@settings(deadline=None)
@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1), st.floats(0, 1))
def test_probability_grows_with_similarity_for_any_thresholds(
    one: float, other: float, low: float, width: float
) -> None:
    limits = Calibration(match=low + width, possible=low)
    less, more = sorted((one, other))
    assert 0.0 <= probability(less, limits) <= probability(more, limits) <= 1.0


def matrix_of(*rows: tuple[float, float]) -> HotView:
    return view_of(range(1, len(rows) + 1), np.array(rows, dtype=np.float32).reshape(-1, 2))


def vector(*values: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.array(values, dtype=np.float32)


def test_likeliest_of_the_unwanted_counts() -> None:
    matrix = matrix_of((1, 0), (0, 1), (0.6, 0.8))
    limits = Calibration(0.9, 0.7)
    unwanted = (Unwanted(vector(1, 0), limits), Unwanted(vector(0, 1), limits))
    found = against(matrix, unwanted, [1, 2, 3, 99]).likelihood
    assert found == {1: pytest.approx(1, abs=0.01), 2: pytest.approx(1, abs=0.01), 3: pytest.approx(0.5)}


def test_sure_match_of_what_is_not_wanted_goes_behind_everything() -> None:
    matrix = matrix_of((1, 0), (-0.8, 0.6))
    unwanted = Unwanted(vector(1, 0), Calibration(0.9, 0.7))
    scored = score(matrix, Wanted(vector(1, 0), (), (unwanted,)), [1, 2])
    assert scored.ranked() == [2, 1]
    assert PENALTY >= 2.0


def test_without_anything_unwanted_nothing_is_taken_away() -> None:
    matrix = matrix_of((1, 0), (0.6, 0.8))
    scored = score(matrix, Wanted(vector(1, 0)), [2, 1])
    assert scored.unwanted == {}
    assert scored.order == scored.shown == {2: pytest.approx(0.6), 1: pytest.approx(1.0)}


def test_contents_without_a_vector_have_no_score() -> None:
    assert score(matrix_of(), Wanted(vector(1, 0)), [1, 2]).order == {}
    assert score(matrix_of((1, 0)), Wanted(vector(1, 0)), [5]).order == {}


def test_equal_photos_share_a_standardised_score() -> None:
    matrix = matrix_of((0.6, 0.8), (0.6, 0.8))
    scored = score(matrix, Wanted(vector(1, 0), (vector(0, 1),)), [2, 1])
    assert scored.ranked() == [1, 2]
    assert set(scored.order.values()) == {0.0}


def test_people_are_looked_for_by_what_a_photo_of_them_shows() -> None:
    assert kinds_of("People") == ("People", "a man", "a woman", "a child", "a player")
    assert kinds_of("人")[1:] == ("一个男人", "一个女人", "一个孩子", "运动员")
    assert kinds_of("dog") == ("dog",)


def dog(limits: Calibration | None, *, is_known: bool = False) -> Unwanted:
    return Unwanted(vector(1, 0), limits, "dog", is_known)


def test_doubt_begins_as_far_below_possible_as_match_lies_above_it() -> None:
    assert doubt_from(dog(LIMITS), best=0.35) == pytest.approx(0.14), "0.7 of possible at least"
    assert doubt_from(dog(Calibration(match=0.45, possible=0.37)), best=0.5) == pytest.approx(0.29)
    assert doubt_from(dog(Calibration(match=0.3, possible=0.3)), best=0.3) == pytest.approx(0.3)


def test_word_that_no_photo_surely_shows_makes_nothing_doubtful() -> None:
    assert doubt_from(dog(LIMITS), best=0.29) == doubt_from(dog(None), best=0.9) == math.inf
    assert doubt_from(dog(LIMITS, is_known=True), best=0.29) < 0.2, "but where it is known that photos show such things"
    unwanted = (Unwanted(vector(1, 0), Calibration(match=0.9, possible=0.7)),)
    assert against(matrix_of((0.8, 0.6), (0.6, 0.8), (0, 1)), unwanted, [1, 2, 3]).doubted == frozenset()
    assert against(matrix_of((0.8, 0.6), (0.6, 0.8), (1, 0), (0, 1)), unwanted, [1, 2, 3, 4]).doubted == {1, 2, 3}


def test_one_sure_photo_of_a_man_is_enough_to_doubt_for_all_kinds_of_people() -> None:
    limits = Calibration(match=0.9, possible=0.8)
    kinds = [Unwanted(vector(1, 0), limits, "people"), Unwanted(vector(0, 1), limits, "people")]
    matrix = matrix_of((0.6, 0.8), (1, 0))
    assert against(matrix, kinds, [1, 2]).doubted == {1, 2}
    assert against(matrix, [replace(kinds[0], clause="dog"), kinds[1]], [1, 2]).doubted == {2}


def test_what_is_written_counts_more_than_a_vector() -> None:
    matrix = matrix_of((1, 0), (0, 1))
    unwanted = (Unwanted(vector(1, 0), Calibration(0.9, 0.7), showing=frozenset({2}), lacking=frozenset({1, 99})),)
    found = against(matrix, unwanted, [1, 2])
    assert found.likelihood == {1: pytest.approx(0, abs=1e-6), 2: 1.0}
    assert found.nearness == {}
    assert found.doubted == frozenset()
