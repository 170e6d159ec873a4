"""How sure a cosine makes us: thresholds from held-out captions, with background captions as what fits nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.models.package import Calibration

if TYPE_CHECKING:
    from numpy.typing import NDArray

POSSIBLE_KEPT = 0.95
MATCH_PRECISION = 0.9


def calibrate(
    texts: NDArray[np.float32], images: NDArray[np.float32], owner: NDArray[np.int64], background: NDArray[np.float32]
) -> Calibration:
    """Choose the thresholds from unit vectors of held-out texts (T, d), photos (M, d) and background texts (B, d).

    ``possible`` lets 95 % of the right pairs pass. ``match`` is where nine of ten scores at least that high come from
    right pairs, each text put up against as many best photos of background texts, which no photo was taken for.
    """
    right = (texts * images[owner]).sum(axis=1)
    wrong = (background @ images.T).max(axis=1)
    possible = float(np.quantile(right, 1 - POSSIBLE_KEPT))
    match = max(possible, _precise_from(right, wrong))
    return Calibration(match=round(match, 4), possible=round(possible, 4))


def _precise_from(right: NDArray[np.float32], wrong: NDArray[np.float32]) -> float:
    """The lowest score from which on the weighted share of right pairs stays at least ``MATCH_PRECISION``."""
    levels = np.unique(np.concatenate([right, wrong]))
    right_share = 1 - np.searchsorted(np.sort(right), levels) / len(right)
    wrong_share = 1 - np.searchsorted(np.sort(wrong), levels) / len(wrong)
    precision = right_share / np.maximum(right_share + wrong_share, 1e-9)
    enough = precision >= MATCH_PRECISION
    return float(levels[enough.argmax()]) if enough.any() else float(levels[-1])
