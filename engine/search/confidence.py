"""What a score is worth: a match, possible, or nothing, by the thresholds that the model's card carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.protocol import Confidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.models.package import Calibration


def confidence_of(score: float, calibration: Calibration | None) -> Confidence:
    """Judge one cosine similarity; without a calibration nothing is more than possible."""
    if calibration is None:
        return Confidence.POSSIBLE
    if score >= calibration.match:
        return Confidence.MATCH
    return Confidence.POSSIBLE if score >= calibration.possible else Confidence.NONE


def overall(found: Sequence[Confidence]) -> Confidence:
    """The confidence of a result is that of its best hit; of an empty one, NONE."""
    for level in (Confidence.MATCH, Confidence.POSSIBLE):
        if level in found:
            return level
    return Confidence.NONE
