"""Negation that really works: how much a photo that shows what was not wanted goes down.

The similarity of a photo with "without people" says little about people; so the clause is scored by itself, as the
probability that the photo matches it, and that much is taken away.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from engine.models.package import Calibration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.search.nearness import Vectors

# "People" alone is near to few photos of them, and it is what is negated most. On 911 held-out photos, 276 of them with
# people, the area under the curve rises from 0.76 to 0.91 in English and from 0.86 to 0.91 in Chinese (without the
# player 0.87 and 0.85), on the 160 test photos from 0.75 to 0.94 and from 0.87 to 0.90; of the held-out photos with
# people 46 of 100 are possible instead of 7 (Chinese: 35 instead of 14), of the others less than one.
_PEOPLE = frozenset(("people", "person", "persons", "humans", "anyone", "anybody", "人", "人物", "人们", "人类"))
_KINDS_OF_PEOPLE = {
    "en": ("a man", "a woman", "a child", "a player"),
    "zh": ("一个男人", "一个女人", "一个孩子", "运动员"),
}
PENALTY = 2.0  # more than any difference of two cosine similarities: a sure match of a negated clause goes last
# Where a model has no calibration: between the 80th and 98th percentile of the similarities at hand.
_ROUGH = (80, 98)
_TELLS = 1e-4
_LEAST_OF_POSSIBLE = 0.7  # where "possible" and "match" lie far apart, not everything is doubtful


@dataclass(frozen=True, slots=True)
class Unwanted:
    """A clause that is not wanted: its unit vector (dim,), the thresholds of its language where there are any, its
    words, whether they are known to be of something that photos show, and what is written: contents that show it, and
    contents that do not.
    """

    vector: NDArray[np.float32]
    limits: Calibration | None = None
    clause: str = ""
    is_known: bool = False
    showing: frozenset[int] = frozenset()
    lacking: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Against:
    """What speaks against contents: for each with a vector, or written to show it, the ``likelihood`` in 0..1 that it
    matches at least the likeliest of the unwanted clauses; the cosine similarity above 0 to the nearest of them; and
    those that may show one, ``doubted``.
    """

    likelihood: dict[int, float] = field(default_factory=dict)
    nearness: dict[int, float] = field(default_factory=dict)
    doubted: frozenset[int] = frozenset()


def kinds_of(clause: str) -> tuple[str, ...]:
    """The clause, and what a photo of it shows in its place."""
    language = "en" if clause.isascii() else "zh"
    return (clause, *_KINDS_OF_PEOPLE[language]) if clause.lower() in _PEOPLE else (clause,)


def probability(score: float, calibration: Calibration) -> float:
    """The probability in 0..1 that a photo with cosine similarity ``score`` matches."""
    return float(probabilities(np.array([score]), calibration)[0])


def probabilities(scores: NDArray[np.float64], calibration: Calibration) -> NDArray[np.float64]:
    """The same for many (N,): a logistic curve between the thresholds of the model, 0.5 halfway between "possible" and
    "match"; next to 0 for -inf.
    """
    middle = (calibration.match + calibration.possible) / 2
    width = max(1e-6, (calibration.match - calibration.possible) / 6)
    return 1.0 / (1.0 + np.exp(-np.clip((scores - middle) / width, -60.0, 60.0)))


def doubt_from(clause: Unwanted, best: float) -> float:
    """The cosine similarity from which a photo may show a clause, where the best photo at hand comes to ``best``.

    That is as far below "possible" as "match" lies above it. As measured in ``scoring``, 16 of 100 matches of such a
    query show what is not wanted, instead of 27 without doubt (Chinese: 17, 23); of the right ones 17 of 100 become
    possible (Chinese: 9). A name, "me" or "boring" comes about as near to every photo and tells none from the others:
    no photo is doubted for the sake of words that nobody knows and no photo surely shows.
    """
    limits = clause.limits
    if limits is None or not (clause.is_known or best >= limits.match):
        return float("inf")
    return max(2 * limits.possible - limits.match, _LEAST_OF_POSSIBLE * limits.possible)


def against(matrix: Vectors, unwanted: Sequence[Unwanted], contents: Sequence[int]) -> Against:
    """Weigh every clause against every content; what is written about a content counts more than its vector."""
    if not unwanted:
        return Against()
    place = {content: at for at, content in enumerate(dict.fromkeys(contents))}
    near = np.full((len(unwanted), len(place)), -np.inf)
    likelihood = np.zeros_like(near)
    best: dict[str, float] = {}
    for row, clause in enumerate(unwanted):
        similarities = matrix.scores(clause.vector, contents)
        near[row, [place[content] for content in similarities]] = list(similarities.values())
        best[clause.clause] = max(best.get(clause.clause, -np.inf), near[row].max(initial=-np.inf))
        near[row, [place[content] for content in clause.lacking & similarities.keys()]] = -1.0
        likelihood[row] = probabilities(near[row], clause.limits or _rough_calibration(similarities))
    there = np.isfinite(near).any(axis=0).tolist()
    worst = {
        content: p
        for content, p, is_there in zip(place, likelihood.max(axis=0).tolist(), there, strict=True)
        if is_there
    }
    worst.update((content, 1.0) for clause in unwanted for content in clause.showing & place.keys())
    nearest = np.maximum(near.max(axis=0), 0.0).tolist()  # what is far from it gains nothing
    line = [doubt_from(clause, best[clause.clause]) for clause in unwanted]  # all kinds of people stand together
    doubted: NDArray[np.bool_] = np.any(near >= np.array(line)[:, np.newaxis], axis=0)
    return Against(
        worst,
        {content: similarity for content, similarity in zip(place, nearest, strict=True) if similarity > 0},
        frozenset(content for content, is_doubted in zip(place, doubted.tolist(), strict=True) if is_doubted),
    )


def _rough_calibration(similarities: dict[int, float]) -> Calibration:
    possible, match = np.percentile(list(similarities.values()) or [0.0], _ROUGH)
    if match - possible < _TELLS:
        return Calibration(match=2.0, possible=2.0)  # out of reach: where all are alike none can be singled out
    return Calibration(match=float(match), possible=float(possible))
