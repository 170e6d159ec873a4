"""Scoring candidates: the clauses of a query, each a vector, against the photos' vectors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from engine.search.negation import PENALTY, Unwanted, against

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.search.nearness import Vectors

# Below "match" a photo may show what is not wanted as well, so its bare similarity counts, too. By
# ``benchmarks.negation`` with balloon-mini, 911 held-out photos and 70 pairs such as "beach -people": of the first
# ten, 19 of 100 show it without any negation, 15 by the probability alone and 10 with this (Chinese: 16, 14, 11); at
# 0.4 they are 11 and 11. Above 0.6 long lists without thresholds suffer.
_SOFT = 0.6


@dataclass(frozen=True, slots=True)
class Wanted:
    """The vectors of one search, each (dim,) of unit length: the words, photos to be like, and what is not wanted.

    ``weights`` of the photos, in their order; words, and photos without a weight, count 1.
    """

    words: NDArray[np.float32] | None = None
    photos: tuple[NDArray[np.float32], ...] = ()
    unwanted: tuple[Unwanted, ...] = ()
    weights: tuple[float, ...] = ()

    @property
    def parts(self) -> tuple[NDArray[np.float32], ...]:
        """Everything a photo should be near to."""
        return (*(() if self.words is None else (self.words,)), *self.photos)

    @property
    def shares(self) -> NDArray[np.float64]:
        """How much each of ``parts`` counts."""
        of_photos = [*self.weights, *[1.0] * len(self.photos)][: len(self.photos)]
        return np.array([*([] if self.words is None else [1.0]), *of_photos], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Scored:
    """Candidates with their scores. ``shown`` is the cosine similarity a hit reports, ``order`` what ranks it,
    ``unwanted`` the probability in 0..1 that it shows something not wanted, and ``doubted`` those that may.
    """

    shown: dict[int, float] = field(default_factory=dict)
    order: dict[int, float] = field(default_factory=dict)
    unwanted: dict[int, float] = field(default_factory=dict)
    doubted: frozenset[int] = frozenset()

    def ranked(self) -> list[int]:
        """Contents, best first; equal ones by content id, so that the same search always gives the same list."""
        return sorted(self.order, key=lambda content: (-self.order[content], content))


def candidates(matrix: Vectors, wanted: Wanted, k: int, among: Sequence[int] | None) -> list[int]:
    """The union of the ``k`` nearest of every part."""
    found: dict[int, None] = {}
    for part in wanted.parts:
        found.update(dict.fromkeys(matrix.nearest(part, k, among).contents.tolist()))
    return list(found)


def score(matrix: Vectors, wanted: Wanted, contents: Sequence[int]) -> Scored:
    """Score ``contents`` (those without a vector are left out).

    One part ranks by its cosine. Several live on different scales (a photo is nearer to photos than to any text), so
    each is standardised over the candidates before they are added by their weights. What is not wanted is taken away
    last.
    """
    columns = [matrix.scores(part, contents) for part in wanted.parts]
    speaking = against(matrix, wanted.unwanted, contents)
    unwanted, doubted = speaking.likelihood, speaking.doubted
    if not columns:
        return Scored({}, {content: -PENALTY * p for content, p in unwanted.items()}, unwanted, doubted)
    # Another thread may drop a vector between two columns.
    kept = [content for content in columns[0] if all(content in column for column in columns)]
    if not kept:
        return Scored(unwanted=unwanted, doubted=doubted)
    table = np.array([[column[content] for column in columns] for content in kept], dtype=np.float64)
    shares = wanted.shares
    near = np.array([[speaking.nearness.get(content, 0.0)] for content in kept], dtype=np.float64)
    if len(columns) == 1:
        combined = table[:, 0] - _SOFT * near[:, 0]
    else:
        combined = _standardised(table) @ shares - _SOFT * _standardised(near)[:, 0]
    penalty = PENALTY * max(1.0, float(np.abs(shares).sum()))
    order = {
        content: float(value) - penalty * unwanted.get(content, 0.0)
        for content, value in zip(kept, combined, strict=True)
    }
    shown = (
        {content: columns[0][content] for content in kept}
        if wanted.words is not None
        else dict(zip(kept, table.mean(axis=1).tolist(), strict=True))
    )
    return Scored(shown, order, unwanted, doubted)


def _standardised(table: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = table.std(axis=0)
    scaled: NDArray[np.float64] = (table - table.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return scaled
