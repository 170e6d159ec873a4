"""Vectors as int8 codes: a quarter of the memory, scanned on every core for those that can be among the nearest.

A code is the vector divided by its scale, which is its largest absolute component over 127. ``reach`` bounds how far
the cosine of two codes may be from that of their vectors, so that exact cosines of the candidates alone find the true
nearest.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LEVELS = 127
SPREADS = 4.0
MERGED_BELOW = 65_536  # rows: small blocks are put together, large ones never copied


@dataclass(frozen=True, eq=False)
class Block:
    """Contents (N,), the ids of their rows in the library (N,) in ascending order, scales (N,) and codes (N, dim)."""

    contents: NDArray[np.int64]
    rows: NDArray[np.int64]
    scales: NDArray[np.float32]
    codes: NDArray[np.int8]

    @classmethod
    def of(cls, contents: NDArray[np.int64], rows: NDArray[np.int64], vectors: NDArray[np.float32]) -> Block:
        """Quantise unit ``vectors`` (N, dim)."""
        codes, scales = quantised(vectors)
        return cls(contents, rows, scales, codes)

    def __len__(self) -> int:
        return len(self.contents)

    def with_rows_of(self, other: Block) -> Block:
        """One block of both."""
        return Block(
            np.concatenate([self.contents, other.contents]),
            np.concatenate([self.rows, other.rows]),
            np.concatenate([self.scales, other.scales]),
            np.concatenate([self.codes, other.codes]),
        )

    @cached_property
    def by_content(self) -> NDArray[np.intp]:
        """Places in this block, in ascending order of content."""
        return np.argsort(self.contents, kind="stable")

    @cached_property
    def coarsest(self) -> float:
        """The largest scale."""
        return float(self.scales.max(initial=0.0))

    def places_of(self, contents: NDArray[np.int64]) -> NDArray[np.intp]:
        """Where in this block those of ``contents`` are that it holds, in the order given."""
        if not len(self):
            return np.zeros(0, dtype=np.intp)
        at = np.minimum(np.searchsorted(self.contents, contents, sorter=self.by_content), len(self) - 1)
        places = self.by_content[at]
        found: NDArray[np.intp] = places[self.contents[places] == contents]
        return found


class Codes:
    """Blocks, seen as one table whose places count through them all. Never changes: safe from any thread."""

    def __init__(self, blocks: Sequence[Block] = ()) -> None:
        self.blocks = tuple(blocks)
        self.starts = (0, *itertools.accumulate(map(len, self.blocks)))

    def __len__(self) -> int:
        return self.starts[-1]

    def with_block(self, block: Block) -> Codes:
        """These and ``block`` behind them; small blocks grow together, each row is copied a few times at most."""
        blocks = [*self.blocks, block]
        while len(blocks) > 1 and len(blocks[-2]) <= 2 * len(blocks[-1]) and len(blocks[-2]) < MERGED_BELOW:
            last = blocks.pop()
            blocks[-1] = blocks[-1].with_rows_of(last)
        return Codes(blocks)

    def places_of(self, contents: NDArray[np.int64]) -> NDArray[np.intp]:
        """Where those of ``contents`` are that have a code."""
        found = [start + block.places_of(contents) for start, block in zip(self.starts, self.blocks, strict=False)]
        return np.concatenate(found) if found else np.zeros(0, dtype=np.intp)

    def contents_at(self, places: NDArray[np.intp]) -> NDArray[np.int64]:
        """The contents at ``places``, in their order."""
        return self._taken(places, [block.contents for block in self.blocks])

    def rows_at(self, places: NDArray[np.intp]) -> NDArray[np.int64]:
        """The library's row ids at ``places``, in their order."""
        return self._taken(places, [block.rows for block in self.blocks])

    def newest(self) -> int:
        """The highest row id; 0 where there is none."""
        return max((int(block.rows[-1]) for block in self.blocks if len(block)), default=0)

    def _taken(self, places: NDArray[np.intp], columns: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
        out = np.zeros(len(places), dtype=np.int64)
        for start, column in zip(self.starts, columns, strict=False):
            here = (places >= start) & (places < start + len(column))
            out[here] = column[places[here] - start]
        return out


def quantised(vectors: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Codes (N, dim) and scales (N,) of ``vectors`` (N, dim): each is about its codes times its scale."""
    peaks = np.abs(vectors).max(axis=1, initial=np.finfo(np.float32).tiny)
    codes = np.rint(vectors * (LEVELS / peaks)[:, None]).astype(np.int8)
    return codes, (peaks / LEVELS).astype(np.float32)


def reach(scale: float, other: float, dim: int) -> float:
    """How far the cosine of two codes may be from that of their unit vectors, by their scales.

    Rounding is off by half a scale at most in each of ``dim`` components: that is the bound in a few dimensions. In
    many, what is rounded up and down evens out, and the difference has a standard deviation of sqrt((s^2 + t^2) / 12):
    ``SPREADS`` times that is the bound. A row would have to be off by twice as much before it is missed.
    """
    worst = (scale + other) * np.sqrt(dim) / 2 + scale * other * dim / 4
    return float(min(worst, SPREADS * np.hypot(scale, other) / np.sqrt(12))) + 1e-6
