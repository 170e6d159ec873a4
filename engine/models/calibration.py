"""Calibration: from which cosine on a photo fits a text, from captioned photos and texts that no photo was taken for.

A query is judged by its best photo, so the thresholds are drawn where the best scores of two kinds of query part: texts
of captioned photos (with their photo among the first ten), and background texts, whose best photo is only the nearest.
A model scores one language higher than another, so each has thresholds of its own where there are captions enough.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.models.package import Calibration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FIRST = 10
# Of eight held-out captions whose photo is among the first ten about one is answered "no good match", in each language.
REAL_CALLED_NONE = 0.12
MATCH_PRECISION = 0.8  # and more in truth: many a background text does fit some photo that it was not written for
GALLERY = 200  # photos a query is put up against
ROUNDS = 20
DOUBLINGS = 2
SMALLEST = 5
LEAST_PHOTOS = 20  # with captions of a language, for thresholds of its own
# With 8,194 photos more beside the held-out ones, balloon-mini's line went on straight from 200 photos to 8,000.
STRAIGHT_UNTIL = 8000


class Trial:
    """Captions of photos put up against galleries drawn from those photos."""

    def __init__(
        self, texts: NDArray[np.float32], photos: NDArray[np.float32], owner: NDArray[np.int64], seed: int
    ) -> None:
        """Take unit vectors of captions (T, dim) and photos (P, dim); ``owner`` (T,) pairs them."""
        self._texts, self._photos, self._owner = texts, photos, owner
        self._chance = np.random.default_rng(seed)

    def round(self, size: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The best scores in a gallery of ``size`` photos: of captions of those photos that find theirs among the
        first ten, and of as many captions of other photos, which are the background.
        """
        gallery = np.sort(self._chance.choice(len(self._photos), size, replace=False))
        inside = np.isin(self._owner, gallery)
        scores = self._texts[inside] @ self._photos[gallery].T
        own = scores[np.arange(len(scores)), np.searchsorted(gallery, self._owner[inside])]
        is_found = (scores >= own[:, None]).sum(axis=1) <= FIRST
        outside = np.flatnonzero(~inside)
        drawn = self._chance.choice(outside, min(len(outside), int(inside.sum())), replace=False)
        return scores.max(axis=1)[is_found], (self._texts[drawn] @ self._photos[gallery].T).max(axis=1)

    def rounds(self, size: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """``round`` again and again: small galleries more often, since each holds few captions."""
        parts = [self.round(size) for _ in range(ROUNDS * max(1, GALLERY // (2 * size)))]
        real, background = zip(*parts, strict=True)
        return np.concatenate(real), np.concatenate(background)


def calibrate(
    texts: NDArray[np.float32], photos: NDArray[np.float32], owner: NDArray[np.int64], languages: Sequence[str] = ()
) -> Calibration:
    """Choose thresholds from unit vectors of captions (T, dim) and photos (P, dim); ``owner`` (T,) pairs them.

    ``languages``, where given, names the language of each caption: those of ``LEAST_PHOTOS`` photos and more are
    calibrated by themselves as well, in the same galleries.
    """
    shared = _calibrated(texts, photos, owner)
    spoken = np.array(languages, dtype=str)
    own = {language: np.flatnonzero(spoken == language) for language in sorted(set(languages))}
    return replace(
        shared,
        languages={
            language: _calibrated(texts[rows], photos, owner[rows])
            for language, rows in own.items()
            if len(np.unique(owner[rows])) >= LEAST_PHOTOS
        },
    )


def _calibrated(
    texts: NDArray[np.float32], photos: NDArray[np.float32], owner: NDArray[np.int64], seed: int = 1
) -> Calibration:
    """One pair of thresholds and its rise.

    ``possible`` lets all but ``REAL_CALLED_NONE`` of the real queries pass, ``match`` is where ``MATCH_PRECISION`` of
    the best photos are their query's own, real and background queries in equal number. Both are for a gallery of half
    the photos, ``GALLERY`` at most; how they rise with the gallery is measured on smaller and larger ones.
    """
    trial = Trial(texts, photos, owner, seed)
    size = min(GALLERY, max(1, len(photos) // 2))
    possible, match = _thresholds(*trial.rounds(size))
    rise = _rise(trial, possible, max(1, len(photos) // 2))
    return Calibration(match=round(match, 4), possible=round(possible, 4), photos=size, rise=rise)


def _rise(trial: Trial, possible: float, largest: int) -> tuple[tuple[int, float], ...]:
    """By how much ``possible`` is higher in other galleries; it never falls when photos are added.

    Above the largest gallery it goes on as over the last two doublings, until ``STRAIGHT_UNTIL``.
    """
    sizes = [size for size in (SMALLEST * 2**doubling for doubling in range(10)) if size <= largest]
    levels = [_kept(trial.rounds(size)[0]) for size in sizes]
    even = np.maximum.accumulate(np.array(levels)).tolist()
    if len(sizes) > DOUBLINGS:
        per_doubling = (even[-1] - even[-1 - DOUBLINGS]) / DOUBLINGS
        even.append(even[-1] + per_doubling * float(np.log2(STRAIGHT_UNTIL / sizes[-1])))
        sizes.append(STRAIGHT_UNTIL)
    return tuple((size, round(level - possible, 4)) for size, level in zip(sizes, even, strict=True))


def _kept(real: NDArray[np.float32]) -> float:
    """Where all but ``REAL_CALLED_NONE`` of the real queries pass; none may be real in a language it does not know."""
    return float(np.quantile(real, REAL_CALLED_NONE)) if len(real) else -np.inf


def _thresholds(real: NDArray[np.float32], background: NDArray[np.float32]) -> tuple[float, float]:
    scores = np.concatenate([real, background])
    possible = _kept(real) if len(real) else float(scores.max())
    is_real = np.concatenate([np.ones(len(real), dtype=bool), np.zeros(len(background), dtype=bool)])
    order = np.argsort(-scores, kind="stable")
    precision = np.cumsum(is_real[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(precision >= MATCH_PRECISION)
    match = float(scores[order[enough[-1]]]) if len(enough) else float(scores.max())
    return possible, max(match, possible)
