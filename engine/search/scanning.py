"""Scanning codes: the places whose cosine can be among the k best, all of a library or a part of it, on every core.

Heads are compared first, and of most rows nothing else: whichever way their tails point, they are too far.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numkong
import numpy as np

from engine.search.codes import quantised, reach
from engine.search.rotation import Rotation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from engine.search.codes import Block, Codes

CHUNK = 32_768  # rows scored at a time: their scores stay in a core's cache
LOWEST = -2.0  # lower than any cosine, by whatever it is off: of a row that is not allowed
SPARSE = 16  # of fewer than one row in so many the codes are gathered; of more, all are scanned
MOST_THREADS = 8  # memory is the limit long before that
MOST_TIES = 4096
LOOKED_AT = 2048  # rows, of many more, to guess what is too far
MANY = 4  # of more than one row in so many all tails are compared in one go, of fewer those alone


@dataclass(frozen=True, slots=True)
class _Piece:
    """Rows of one block: from ``first`` to ``last``, or those at ``places``; ``start`` is where the block begins."""

    block: Block
    start: int
    first: int
    last: int
    places: NDArray[np.intp] | None = None


def candidates(
    codes: Codes, vector: NDArray[np.float32], k: int, among: NDArray[np.intp] | None = None
) -> NDArray[np.intp]:
    """Places of all rows whose cosine with a unit ``vector`` (dim,) can be among the ``k`` best, in ascending order.

    ``among``, places in any order, narrows the choice. Where thousands are as good as the k-th, the first of them.
    """
    if k <= 0 or not len(codes) or not np.isfinite(vector).all():
        return np.zeros(0, dtype=np.intp)
    scan = _Scan(codes, vector, k)
    if among is not None and len(among) * SPARSE < codes.places:
        return scan.run(_gathers(codes, np.sort(among)))
    allowed = None
    if among is not None:
        allowed = np.zeros(codes.places, dtype=np.bool_)
        allowed[among] = True
    scan.guess(codes, among)
    return scan.run(_slices(codes), allowed)


def _slices(codes: Codes) -> list[_Piece]:
    return [
        _Piece(block, start, first, min(first + CHUNK, len(block)))
        for start, block in zip(codes.starts, codes.blocks, strict=False)
        for first in range(0, len(block), CHUNK)
    ]


def _gathers(codes: Codes, among: NDArray[np.intp]) -> list[_Piece]:
    pieces = []
    for start, block in zip(codes.starts, codes.blocks, strict=False):
        begin, end = np.searchsorted(among, (start, start + len(block)))
        here = among[begin:end] - start
        pieces += [_Piece(block, start, 0, 0, here[first : first + CHUNK]) for first in range(0, len(here), CHUNK)]
    return pieces


@dataclass(frozen=True, slots=True)
class _Asked:
    """A vector's part as code (1, d) and scale, and the length of that part."""

    code: NDArray[np.int8]
    scale: np.float32
    length: float

    @classmethod
    def of(cls, part: NDArray[np.float32]) -> _Asked:
        code, (scale,) = quantised(part)
        return cls(code, scale, float(np.linalg.norm(part)))

    def cosines(self, codes: NDArray[np.int8], scales: NDArray[np.float32]) -> NDArray[np.float32]:
        """What this part and those of rows (N, d) with ``scales`` (N,) add to the cosines (N,)."""
        dots: NDArray[np.float32] = np.asarray(numkong.cdist(self.code, codes, "dot", out_dtype="float32"))[0]
        dots *= scales * self.scale
        return dots


class _Scan:
    """One vector against some pieces. What lies below ``_cut`` cannot be among the k best, if it was not guessed.

    It rises while threads go through their pieces. Where two raise it at once the lower may stay: more work, no error.
    """

    def __init__(self, codes: Codes, vector: NDArray[np.float32], k: int) -> None:
        rotation = codes.rotation or Rotation.none(len(vector))
        head, tail = rotation.parts(vector[None])
        self._head, self._tail = _Asked.of(head), _Asked.of(tail)
        scales = np.array([block.coarsest for block in codes.blocks]).max(axis=0)
        off = [
            reach(float(asked.scale), float(scale), asked.code.shape[1])
            for asked, scale in zip((self._head, self._tail), scales, strict=True)
        ]
        self._slack = 2 * sum(off)
        self._beyond_head = float(tail[0] @ rotation.centre) + off[1]  # and the length times a row's spread
        self._k = k
        self._cut = self._guess = -np.inf

    def guess(self, codes: Codes, among: NDArray[np.intp] | None) -> None:
        """Guess the cut by some rows, evenly spread: rather too low. ``run`` sees whether it was too high."""
        count = codes.places if among is None else len(among)
        step = max(1, count // LOOKED_AT)
        some = np.arange(0, count, step) if among is None else np.sort(among[::step])
        expected = self._k * len(some) / max(1, count)
        rank = math.ceil(expected + 4 * math.sqrt(expected)) + 3
        if step == 1 or rank >= len(some):
            return
        scores = np.concatenate([self._gathered(piece)[1] for piece in _gathers(codes, some)])
        if rank <= len(scores):  # many may have been removed
            self._cut = self._guess = float(np.partition(scores, -rank)[-rank])

    def run(self, pieces: Sequence[_Piece], allowed: NDArray[np.bool_] | None = None) -> NDArray[np.intp]:
        """Places of the rows that can be among the best, in ascending order."""
        places, scores = self._pooled(pieces, allowed)
        if self._guess > -np.inf and not self._kth(scores) - self._slack >= self._guess:
            self._cut = self._guess = -np.inf
            places, scores = self._pooled(pieces, allowed)
        places, scores = self._best(places, scores)
        most = 4 * self._k + MOST_TIES
        if len(places) > most:
            places = places[np.lexsort((places, -scores))[:most]]
        return np.sort(places)

    def _pooled(
        self, pieces: Sequence[_Piece], allowed: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        count = min(_thread_count(), len(pieces))
        if count > 1:
            shares = [pieces[number::count] for number in range(count)]
            pools = list(_threads().map(lambda share: self._work(share, allowed), shares))
        else:
            pools = [self._work(pieces, allowed)]
        return np.concatenate([places for places, _ in pools]), np.concatenate([scores for _, scores in pools])

    def _work(
        self, pieces: Iterable[_Piece], allowed: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        places, scores = np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.float32)
        for piece in pieces:
            found, cosines = self._gathered(piece) if piece.places is not None else self._sieved(piece, allowed)
            places = np.concatenate([places, found + piece.start])
            scores = np.concatenate([scores, cosines])
            if len(places) > 4 * self._k:
                places, scores = self._best(places, scores)
        return places, scores

    def _gathered(self, piece: _Piece) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        assert piece.places is not None
        block, at = piece.block, piece.places
        cosines = self._head.cosines(block.codes[at], block.scales[at])
        return self._above(at, cosines + self._tails(block, at))

    def _sieved(self, piece: _Piece, allowed: NDArray[np.bool_] | None) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Places in the block and cosines of the piece's rows that may be among the best."""
        block, rows = piece.block, slice(piece.first, piece.last)
        heads = self._head.cosines(block.codes[rows], block.scales[rows])
        if allowed is not None:
            heads[~allowed[piece.start + piece.first : piece.start + piece.last]] = -np.inf
        if not block.tail_codes.shape[1]:
            kept = np.flatnonzero(heads >= max(self._cut, LOWEST))
            return kept + piece.first, heads[kept]
        most = block.spreads[rows] * np.float32(self._tail.length)
        most += heads
        kept = np.flatnonzero(most >= self._cut - self._beyond_head)
        if len(kept) > 4 * self._k:  # some first: they raise the cut for the others
            first = kept[np.argpartition(heads[kept], -self._k)[-self._k :]]
            self._raise(heads[first] + self._tails(block, first + piece.first))
            kept = kept[most[kept] >= self._cut - self._beyond_head]
        at = kept + piece.first
        if len(kept) * MANY > len(heads):
            tails = self._tail.cosines(block.tail_codes[rows], block.tail_scales[rows])[kept]
        else:
            tails = self._tails(block, at)
        return self._above(at, heads[kept] + tails)

    def _tails(self, block: Block, at: NDArray[np.intp]) -> NDArray[np.float32]:
        if not block.tail_codes.shape[1] or not len(at):
            return np.zeros(len(at), dtype=np.float32)
        return self._tail.cosines(np.take(block.tail_codes, at, axis=0), block.tail_scales[at])

    def _above(
        self, at: NDArray[np.intp], cosines: NDArray[np.float32]
    ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        kept = np.flatnonzero(cosines >= max(self._cut, LOWEST))
        return at[kept], cosines[kept]

    def _best(
        self, places: NDArray[np.intp], scores: NDArray[np.float32]
    ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        if len(scores) <= self._k:
            return places, scores
        self._raise(scores)
        kept = scores >= self._cut
        return places[kept], scores[kept]

    def _raise(self, scores: NDArray[np.float32]) -> None:
        """By ``scores`` of rows, the k-th best and the reach of codes say what is too far from now on."""
        self._cut = max(self._cut, self._kth(scores) - self._slack)

    def _kth(self, scores: NDArray[np.float32]) -> float:
        return float(np.partition(scores, -self._k)[-self._k]) if len(scores) >= self._k else -np.inf


@cache
def _thread_count() -> int:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST_THREADS, usable)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_thread_count(), thread_name_prefix="scan")
