"""One tile for what is one moment: RAW + JPEG pairs, copies saved anew, and bursts.

Cosines of balloon-mini: on 160 photos a frame of a burst (shifted by 3 %, a little brighter) keeps at least 0.93 with
its neighbour, half of them 0.98; saved anew as a smaller JPEG (3/4 of the side, quality 75) all keep 0.95, at half the
side 86 of 100. Of the 414,505 pairs among 911 other photos 39 come above 0.85 (two flowers of one kind, two kitchens),
11 above 0.90, and one above 0.95: an airliner from below, twice.
"""

from __future__ import annotations

import os.path
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from engine.imaging.formats import RAW_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NEAR_COPY = 0.95
BURST = 0.85
BURST_SECONDS = 10
CAMERA_SUFFIXES = RAW_SUFFIXES | {".heic", ".heif", ".hif"}


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo as grouping sees it: ``vector`` of unit length, (dim,), None where there is none."""

    path: str
    taken_at: str | None
    vector: NDArray[np.float32] | None


def group(shots: Sequence[Shot]) -> list[list[int]]:
    """Put rows of ``shots`` together; each group starts with its first row, and groups keep the order of those."""
    likeness = _likeness(shots)
    groups: list[list[int]] = []
    leaders: list[int] = []  # the first row of each
    has_like: NDArray[np.bool_] = np.any(np.tril(likeness >= BURST, -1), axis=1)  # one before it: most have none
    by_stem: dict[str, int] = {}
    for row, shot in enumerate(shots):
        stem = os.path.normcase(os.path.splitext(shot.path)[0])
        place = by_stem.get(stem)
        if place is not None and not _is_one_shot(shots[groups[place][0]], shot, likeness[row, groups[place][0]]):
            place = None
        if place is None and has_like[row]:
            near = np.flatnonzero(likeness[row, leaders] >= BURST).tolist()
            place = next(
                (at for at in near if _is_one_moment(shots[leaders[at]], shot, likeness[row, leaders[at]])), None
            )
        if place is None:
            place = len(groups)
            groups.append([])
            leaders.append(row)
        groups[place].append(row)
        by_stem.setdefault(stem, place)
    return groups


def _likeness(shots: Sequence[Shot]) -> NDArray[np.float32]:
    """Cosine of every pair, (N, N); 0 where a photo has no vector."""
    dim = next((len(shot.vector) for shot in shots if shot.vector is not None), 1)
    vectors = np.zeros((len(shots), dim), dtype=np.float32)
    for row, shot in enumerate(shots):
        if shot.vector is not None:
            vectors[row] = shot.vector
    pairs: NDArray[np.float32] = vectors @ vectors.T
    return pairs


def _is_one_shot(one: Shot, other: Shot, likeness: float) -> bool:
    """Two files of one name: a camera's pair, or the same picture saved twice; not a 1.png and a 1.jpg of another."""
    return likeness >= BURST or any(_suffix(shot.path) in CAMERA_SUFFIXES for shot in (one, other))


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _is_one_moment(one: Shot, other: Shot, likeness: float) -> bool:
    apart = _seconds_apart(one.taken_at, other.taken_at)
    # Two photos of one view a day apart are two memories, however alike they look.
    return likeness >= NEAR_COPY if apart is None else apart <= BURST_SECONDS


def _seconds_apart(one: str | None, other: str | None) -> float | None:
    if one is None or other is None:
        return None
    try:
        # The camera's own clock: an offset that only one of the two carries says nothing about their distance.
        first, second = (datetime.fromisoformat(text).replace(tzinfo=None) for text in (one, other))
    except ValueError:
        return None
    return abs((first - second).total_seconds())
