"""Scanning codes: the places whose cosine can be among the k best, all of a library or a part of it, on every core."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numkong
import numpy as np

from engine.search.codes import quantised, reach

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from engine.search.codes import Block, Codes

CHUNK = 32_768  # rows scored at a time: their scores stay in a core's cache
SPARSE = 16  # of fewer than one row in so many the codes are gathered; of more, all are scanned
MOST_THREADS = 8  # memory is the limit long before that
MOST_TIES = 4096


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
    if among is None:
        return scan.run(_slices(codes))
    if len(among) * SPARSE < len(codes):
        return scan.run(_gathers(codes, np.sort(among)))
    allowed = np.zeros(len(codes), dtype=np.bool_)
    allowed[among] = True
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


class _Scan:
    """One vector against some pieces. ``_cut`` only rises: what lies below it cannot be among the k best any more."""

    def __init__(self, codes: Codes, vector: NDArray[np.float32], k: int) -> None:
        self._code, (scale,) = quantised(vector[None])
        coarsest = max(block.coarsest for block in codes.blocks)
        self._slack = 2 * reach(float(scale), coarsest, len(vector)) / float(scale)
        self._k = k
        self._cut = -np.inf

    def run(self, pieces: Sequence[_Piece], allowed: NDArray[np.bool_] | None = None) -> NDArray[np.intp]:
        count = min(_thread_count(), len(pieces))
        if count > 1:
            shares = [pieces[number::count] for number in range(count)]
            pools = list(_threads().map(lambda share: self._work(share, allowed), shares))
        else:
            pools = [self._work(pieces, allowed)]
        places = np.concatenate([places for places, _ in pools])
        scores = np.concatenate([scores for _, scores in pools])
        places, scores = self._best(places, scores)
        most = 4 * self._k + MOST_TIES
        if len(places) > most:
            places = places[np.lexsort((places, -scores))[:most]]
        return np.sort(places)

    def _work(
        self, pieces: Iterable[_Piece], allowed: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        places, scores = np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.float64)
        for piece in pieces:
            found = self._scored(piece)
            if allowed is not None:
                found[~allowed[piece.start + piece.first : piece.start + piece.last]] = np.nan
            kept = np.flatnonzero(found >= self._cut)
            at = kept + piece.first if piece.places is None else piece.places[kept]
            places = np.concatenate([places, at + piece.start])
            scores = np.concatenate([scores, found[kept]])
            if len(places) > 4 * self._k:
                places, scores = self._best(places, scores)
        return places, scores

    def _scored(self, piece: _Piece) -> NDArray[np.float64]:
        """Cosines over the vector's own scale, which all share."""
        rows = slice(piece.first, piece.last) if piece.places is None else piece.places
        dots: NDArray[np.float64] = np.asarray(numkong.cdist(self._code, piece.block.codes[rows], "dot"))[0]
        return np.multiply(dots, piece.block.scales[rows], out=dots)

    def _best(
        self, places: NDArray[np.intp], scores: NDArray[np.float64]
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        if len(scores) <= self._k:
            return places, scores
        cut = np.partition(scores, -self._k)[-self._k] - self._slack
        self._cut = max(self._cut, cut)
        kept = scores >= cut
        return places[kept], scores[kept]


@cache
def _thread_count() -> int:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST_THREADS, usable)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_thread_count(), thread_name_prefix="scan")
