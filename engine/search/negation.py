"""Negation that really works: how much a photo that shows what was not wanted goes down.

The similarity of a photo with "without people" says little about people; so the clause is scored by itself, as the
probability that the photo matches it, and that much is taken away.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.models.package import Calibration

PENALTY = 2.0  # more than any difference of two cosine similarities: a sure match of a negated clause goes last


def probability(score: float, calibration: Calibration) -> float:
    """The probability in 0..1 that a photo with cosine similarity ``score`` matches: a logistic curve between the
    thresholds of the model, 0.5 halfway between "possible" and "match"."""
    middle = (calibration.match + calibration.possible) / 2
    width = max(1e-6, (calibration.match - calibration.possible) / 6)
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, (score - middle) / width))))
