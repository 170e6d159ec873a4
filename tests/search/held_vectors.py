"""Vectors held in memory where the library would have them: what the hot matrix reads, without a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.search.vectors import HotMatrix, HotView

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from engine.search.nearness import StoredVectors


class HeldVectors:
    """Rows 1, 2, ... of ``contents`` with ``vectors`` (N, dim), of which some may be removed."""

    def __init__(self, contents: Sequence[int], vectors: NDArray[np.float32], *, streamed: int = 8192) -> None:
        self.contents = np.asarray(contents, dtype=np.int64)
        self.vectors = vectors
        self.rows = np.arange(1, len(self.contents) + 1)
        self.streamed = streamed
        self.times_read = 0

    @property
    def dim(self) -> int:
        return int(self.vectors.shape[1])

    def version(self) -> tuple[int, int]:
        return int(self.rows.max(initial=0)), len(self.rows)

    def remove(self, rows: Sequence[int]) -> None:
        """As if these rows were deleted."""
        self.rows = np.setdiff1d(self.rows, rows)

    def stream(self, after: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]]:
        self.times_read += 1
        rows = self.rows[self.rows > after]
        for first in range(0, len(rows), self.streamed):
            part = rows[first : first + self.streamed]
            yield part, self.contents[part - 1], self.vectors[part - 1]

    def held(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return self.rows, self.contents[self.rows - 1]

    def of_rows(self, rows: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        found = np.intersect1d(self.rows, rows)
        return found, self.vectors[found - 1]


def view_of(contents: Sequence[int], vectors: NDArray[np.float32]) -> HotView:
    """What a search sees of these ``vectors`` (N, dim)."""
    return seen(HotMatrix(), HeldVectors(contents, vectors))


def seen(matrix: HotMatrix, stored: StoredVectors) -> HotView:
    """What a search of ``stored`` sees."""
    view = HotView(matrix)
    view.refresh(stored)
    return view
