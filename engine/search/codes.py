"""Vectors as int8 codes: a quarter of the memory, scanned on every core for those that can be among the nearest.

A vector is turned first, and its head and its tail (``rotation``) have codes of their own: the part divided by its
scale, which is its largest absolute component over 127. ``reach`` bounds how far the cosine of two codes may be from
that of their vectors, so that exact cosines of the candidates alone find the true nearest.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from engine.search.rotation import Rotation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LEVELS = 127
SPREADS = 4.0
SMALLEST = np.float32(1e-20)  # a peak: what is all zeros has a scale too
GONE = np.iinfo(np.int64).min  # the content of a row that was removed
MERGED_BELOW = 65_536  # rows: small blocks are put together, large ones never copied


@dataclass(frozen=True, eq=False)
class Block:
    """Contents (N,), the ids of their rows in the library (N,) in ascending order, and what is known of their vectors:

    scales (N,) and codes (N, head) of the heads, tail_scales (N,) and tail_codes (N, dim - head) of the tails, and
    spreads (N,), the distance of each tail from the mean one. A row that was removed keeps its place: its content is
    ``GONE`` and its scale NaN, which is near to nothing.
    """

    contents: NDArray[np.int64]
    rows: NDArray[np.int64]
    scales: NDArray[np.float32]
    codes: NDArray[np.int8]
    tail_scales: NDArray[np.float32]
    tail_codes: NDArray[np.int8]
    spreads: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        contents: NDArray[np.int64],
        rows: NDArray[np.int64],
        vectors: NDArray[np.float32],
        rotation: Rotation | None = None,
    ) -> Block:
        """Quantise unit ``vectors`` (N, dim), turned by ``rotation``."""
        turned = rotation or Rotation.none(vectors.shape[1])
        head, tail = turned.parts(vectors)
        codes, scales = quantised(head)
        tail_codes, tail_scales = quantised(tail)
        spreads = np.linalg.norm(tail - turned.centre, axis=1)
        return cls(contents, rows, scales, codes, tail_scales, tail_codes, spreads)

    def __len__(self) -> int:
        return len(self.contents)

    def with_rows_of(self, other: Block) -> Block:
        """One block of both."""
        names = [field.name for field in fields(self)]
        return Block(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in names))

    @cached_property
    def held(self) -> NDArray[np.bool_]:
        """Which rows were not removed, (N,)."""
        held: NDArray[np.bool_] = self.contents != GONE
        return held

    @cached_property
    def count(self) -> int:
        """How many were not removed."""
        return int(np.count_nonzero(self.held))

    @cached_property
    def newest(self) -> int:
        """The highest id of a row that was not removed; 0 where there is none."""
        places = np.flatnonzero(self.held[::-1])
        return int(self.rows[len(self) - 1 - places[0]]) if len(places) else 0

    def without(self, gone: NDArray[np.bool_]) -> Block:
        """The same with these rows (N,) removed; codes, which may be mapped from a file, are not copied."""
        contents = np.where(gone, GONE, self.contents)
        return replace(self, contents=contents, scales=np.where(gone, np.float32(np.nan), self.scales))

    @cached_property
    def by_content(self) -> NDArray[np.intp] | None:
        """Places in this block, in ascending order of content; None where they are so already, as they mostly are."""
        if (self.contents[1:] >= self.contents[:-1]).all():
            return None
        return np.argsort(self.contents, kind="stable")

    @cached_property
    def coarsest(self) -> tuple[float, float]:
        """The largest scale of a head and of a tail."""
        return float(np.fmax.reduce(self.scales, initial=0.0)), float(self.tail_scales.max(initial=0.0))

    def places_of(self, contents: NDArray[np.int64]) -> NDArray[np.intp]:
        """Where in this block those of ``contents`` are that it holds, in the order given."""
        if not len(self):
            return np.zeros(0, dtype=np.intp)
        at = np.minimum(np.searchsorted(self.contents, contents, sorter=self.by_content), len(self) - 1)
        places = at if self.by_content is None else self.by_content[at]
        found: NDArray[np.intp] = places[(self.contents[places] == contents) & (contents != GONE)]
        return found


class Codes:
    """Blocks of vectors turned alike, seen as one table whose places count through them all.

    Never changes: safe from any thread.
    """

    def __init__(self, blocks: Sequence[Block] = (), rotation: Rotation | None = None) -> None:
        self.blocks = tuple(blocks)
        self.rotation = rotation  # None: vectors as they are
        self.starts = (0, *itertools.accumulate(map(len, self.blocks)))

    def __len__(self) -> int:
        return sum(block.count for block in self.blocks)

    @property
    def places(self) -> int:
        """How many places there are, those of removed rows among them."""
        return self.starts[-1]

    @property
    def is_turned(self) -> bool:
        """Whether the heads alone say most."""
        return self.rotation is not None and self.rotation.head < self.rotation.dim

    def with_block(self, block: Block) -> Codes:
        """These and ``block`` behind them; small blocks grow together, each row is copied a few times at most."""
        blocks = [*self.blocks, block]
        while len(blocks) > 1 and len(blocks[-2]) <= 2 * len(blocks[-1]) and len(blocks[-2]) < MERGED_BELOW:
            last = blocks.pop()
            blocks[-1] = blocks[-1].with_rows_of(last)
        return Codes(blocks, self.rotation)

    def only(self, rows: NDArray[np.int64], contents: NDArray[np.int64]) -> Codes | None:
        """Those of the library's ``rows`` (M,), ascending, which hold ``contents``; None where one held another."""
        blocks = []
        for block in self.blocks:
            at = np.minimum(np.searchsorted(rows, block.rows), max(0, len(rows) - 1))
            there = rows[at] == block.rows if len(rows) else np.zeros(len(block), dtype=np.bool_)
            if (contents[at[there]] != block.contents[there]).any():
                return None
            blocks.append(block if there[block.held].all() else block.without(~there))
        return Codes(blocks, self.rotation)

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
        """The highest id of a row that was not removed; 0 where there is none."""
        return max((block.newest for block in self.blocks), default=0)

    def _taken(self, places: NDArray[np.intp], columns: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
        out = np.zeros(len(places), dtype=np.int64)
        for start, column in zip(self.starts, columns, strict=False):
            here = (places >= start) & (places < start + len(column))
            out[here] = column[places[here] - start]
        return out


def quantised(vectors: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Codes (N, dim) and scales (N,) of ``vectors`` (N, dim): each is about its codes times its scale."""
    peaks = np.maximum(vectors.max(axis=1, initial=SMALLEST), -vectors.min(axis=1, initial=0.0))
    steps = vectors * (LEVELS / peaks)[:, None]
    return np.rint(steps, out=steps).astype(np.int8), (peaks / LEVELS).astype(np.float32)


def reach(scale: float, other: float, dim: int) -> float:
    """How far the cosine of two codes may be from that of their unit vectors, by their scales.

    Rounding is off by half a scale at most in each of ``dim`` components: that is the bound in a few dimensions. In
    many, what is rounded up and down evens out, and the difference has a standard deviation of sqrt((s^2 + t^2) / 12):
    ``SPREADS`` times that is the bound. A row would have to be off by twice as much before it is missed.
    """
    worst = (scale + other) * np.sqrt(dim) / 2 + scale * other * dim / 4
    return float(min(worst, SPREADS * np.hypot(scale, other) / np.sqrt(12))) + 1e-6
