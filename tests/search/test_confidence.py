"""What a score, and a whole result, is worth."""

from __future__ import annotations

import pytest

from engine.models.package import Calibration
from engine.protocol import Confidence
from engine.search.confidence import confidence_of, overall

MATCH, POSSIBLE, NONE = Confidence.MATCH, Confidence.POSSIBLE, Confidence.NONE


@pytest.mark.parametrize(
    ("score", "expected"), [(0.9, MATCH), (0.3, MATCH), (0.29, POSSIBLE), (0.2, POSSIBLE), (0.19, NONE), (-1.0, NONE)]
)
def test_thresholds_belong_to_the_better_side(score: float, expected: Confidence) -> None:
    assert confidence_of(score, Calibration(match=0.3, possible=0.2)) is expected


def test_score_that_is_no_number_is_worth_nothing() -> None:
    assert confidence_of(float("nan"), Calibration(match=0.3, possible=0.2)) is NONE


def test_without_a_calibration_nothing_is_more_than_possible() -> None:
    assert {confidence_of(score, None) for score in (-1.0, 0.0, 1.0)} == {POSSIBLE}


@pytest.mark.parametrize(
    ("found", "expected"),
    [([], NONE), ([NONE, NONE], NONE), ([NONE, POSSIBLE], POSSIBLE), ([POSSIBLE, NONE, MATCH], MATCH)],
)
def test_result_is_worth_what_its_best_hit_is(found: list[Confidence], expected: Confidence) -> None:
    assert overall(found) is expected
