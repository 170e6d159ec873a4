"""Calibration: from which cosine on a photo fits a text, from captioned photos and texts that no photo was taken for.

A query is judged by its best photo, so the thresholds are drawn where the best scores of two kinds of query part: texts
of captioned photos (with their photo among the first ten), and background texts, whose best photo is only the nearest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.models.package import Calibration

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIRST = 10
REAL_CALLED_NONE = 0.12  # of eight real queries at most one is answered "no good match"
MATCH_PRECISION = 0.8  # and more in truth: many a background text does fit some photo that it was not written for
GALLERY = 200  # photos a query is put up against: the more there are, the better the best wrong one looks
ROUNDS = 20


def calibrate(
    texts: NDArray[np.float32], photos: NDArray[np.float32], owner: NDArray[np.int64], seed: int = 1
) -> Calibration:
    """Choose thresholds from unit vectors of captions (T, dim) and photos (P, dim); ``owner`` (T,) pairs them.

    In every round a sample of photos is the gallery; captions of the photos outside it are the background.
    ``possible`` lets all but ``REAL_CALLED_NONE`` of the real queries pass, ``match`` is where ``MATCH_PRECISION`` of
    the best photos are their query's own, real and background queries in equal number.
    """
    chance = np.random.default_rng(seed)
    real: list[NDArray[np.float32]] = []
    background: list[NDArray[np.float32]] = []
    size = min(GALLERY, max(1, len(photos) // 2))
    for _ in range(ROUNDS):
        gallery = chance.choice(len(photos), size, replace=False)
        inside = np.isin(owner, gallery)
        real.append(_best(texts[inside], owner[inside], photos, gallery))
        outside = np.flatnonzero(~inside)
        drawn = chance.choice(outside, min(len(outside), int(inside.sum())), replace=False)
        background.append((texts[drawn] @ photos[gallery].T).max(axis=1))
    return _thresholds(np.concatenate(real), np.concatenate(background))


def _best(
    texts: NDArray[np.float32], owner: NDArray[np.int64], photos: NDArray[np.float32], gallery: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The best score of each text whose photo is among its first ten."""
    scores = texts @ photos[gallery].T
    column = np.argsort(gallery)[np.searchsorted(np.sort(gallery), owner)]
    own = scores[np.arange(len(texts)), column]
    rank = (scores >= own[:, None]).sum(axis=1)
    best: NDArray[np.float32] = scores.max(axis=1)[rank <= FIRST]
    return best


def _thresholds(real: NDArray[np.float32], background: NDArray[np.float32]) -> Calibration:
    possible = float(np.quantile(real, REAL_CALLED_NONE))
    scores = np.concatenate([real, background])
    is_real = np.concatenate([np.ones(len(real), dtype=bool), np.zeros(len(background), dtype=bool)])
    order = np.argsort(-scores, kind="stable")
    precision = np.cumsum(is_real[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(precision >= MATCH_PRECISION)
    match = float(scores[order[enough[-1]]]) if len(enough) else float(scores.max())
    return Calibration(match=round(max(match, possible), 4), possible=round(possible, 4))
