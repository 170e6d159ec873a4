"""Re-ranking: the first hits in a better order, by what a model's attention adds to their cosines.

Only what was found by its looks alone is moved, and never across the line between matches and possible ones: a photo
whose caption says the very words keeps its place, and so does what the confidence says.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.protocol import Hit

MOST_GRIDS = 256  # of 7 x 7 cells and 384 numbers: 10 MB


class GridShelf:
    """The grids of the last photos, (cells, dim) float16, by content. Safe from several threads."""

    def __init__(self, most: int = MOST_GRIDS) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._grids: OrderedDict[int, NDArray[np.float16]] = OrderedDict()

    def get(self, content: int) -> NDArray[np.float32] | None:
        """A grid, if it is here."""
        with self._lock:
            grid = self._grids.get(content)
            if grid is None:
                return None
            self._grids.move_to_end(content)
            return grid.astype(np.float32)

    def put(self, content: int, grid: NDArray[np.float32]) -> None:
        """Keep a grid; the one longest unused goes."""
        with self._lock:
            self._grids[content] = grid.astype(np.float16)
            self._grids.move_to_end(content)
            while len(self._grids) > self._most:
                self._grids.popitem(last=False)


def is_movable(hit: Hit) -> bool:
    """Whether a hit stands where it does for its looks alone."""
    return hit.channels == ("vectors",)


def reorder(hits: Sequence[Hit], added: Mapping[int, float]) -> tuple[Hit, ...]:
    """Put the hits in the order of score + ``added`` (by photo id), within each confidence; ranks count anew.

    Hits that ``added`` does not name keep their places.
    """
    ordered = list(hits)
    for level in {hit.confidence for hit in hits}:
        places = [row for row, hit in enumerate(hits) if hit.confidence is level and hit.photo_id in added]
        best = sorted((hits[row] for row in places), key=lambda hit: -(hit.score + added[hit.photo_id]))
        for row, hit in zip(places, best, strict=True):
            ordered[row] = hit
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(ordered, start=1))
