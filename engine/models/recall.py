"""Recall of cross-modal retrieval: how often the right photo, or a right caption, is among the first k."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.protocol import RecallRow

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Recall:
    """Recall in both directions."""

    text_to_image: RecallRow
    image_to_text: RecallRow


def recall(scores: NDArray[np.float32], owner: NDArray[np.int64]) -> Recall:
    """Measure recall of ``scores`` (captions, photos), higher is better; ``owner[c]`` is the photo of caption ``c``.

    A photo's rank for image -> text is that of its best caption; photos without a caption are left out of that
    direction. Ties count against the right answer, so a constant score gives no recall.
    """
    rows = np.arange(len(owner))
    right = scores[rows, owner]
    text_ranks = (~(scores < right[:, None])).sum(axis=1)  # NaN counts against the right answer, too
    image_ranks = [_best_rank(scores[:, photo], owner == photo) for photo in np.unique(owner)]
    return Recall(_row(text_ranks), _row(np.asarray(image_ranks)))


def _best_rank(column: NDArray[np.float32], own: NDArray[np.bool_]) -> int:
    best = column[own].max()
    return int((~(column[~own] < best)).sum()) + 1


def _row(ranks: NDArray[np.int64]) -> RecallRow:
    if not len(ranks):
        return RecallRow(0, 0.0, 0.0, 0.0, 0.0)
    r1, r5, r10 = (float((ranks <= k).mean()) for k in (1, 5, 10))
    return RecallRow(len(ranks), r1, r5, r10, float(np.median(ranks)))
