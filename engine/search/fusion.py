"""Reciprocal rank fusion: one order from several channels whose scores cannot be compared.

Cormack, Clarke and Buettcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods",
SIGIR 2009: score(d) = sum over channels of weight / (60 + rank of d in the channel).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RANK_CONSTANT = 60
# What a person wrote about a photo says more than the folder it happens to lie in.
WEIGHTS = {"vectors": 1.0, "captions": 1.0, "ocr": 0.8, "name": 0.8, "mixed": 0.6, "directory": 0.3}


def fuse(channels: Mapping[str, Sequence[int]]) -> dict[int, float]:
    """Fuse lists of contents, each best first, into a score for every content; higher is better."""
    scores: dict[int, float] = {}
    for channel, contents in channels.items():
        for rank, content in enumerate(contents, start=1):
            scores[content] = scores.get(content, 0.0) + WEIGHTS[channel] / (RANK_CONSTANT + rank)
    return scores
