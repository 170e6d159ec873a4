"""Losses that pull a text and its photo together, over a batch of pairs in which a photo may have several texts.

All take ``scores`` (N, M), the similarity of every text with every photo, and ``right`` (N, M) bool, true where the
text is about that photo; every row and every column must have at least one true entry. All return a scalar.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import torch
from torch.nn import functional

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class LossKind(StrEnum):
    """The losses of the method."""

    COSINE_EMBEDDING = "cosine_embedding"
    TRIPLET_HARDEST = "triplet_hardest"
    HINGE_SUM = "hinge_sum"
    HINGE_MAX = "hinge_max"
    CROSS_ENTROPY = "cross_entropy"


def cosine_embedding(scores: torch.Tensor, right: torch.Tensor, margin: float = 0.2) -> torch.Tensor:
    """CosineEmbeddingLoss(z, y, +-1): mean of 1 - s over right pairs plus mean of max(0, s - margin) over wrong ones.

    The two means are added with equal weight, else the wrong pairs of a batch, N times as many, drown the right ones.
    """
    pull = (1 - scores)[right].mean()
    wrong = (scores - margin).clamp_min(0)[~right]
    return pull + wrong.mean() if wrong.numel() else pull


def triplet_hardest(scores: torch.Tensor, right: torch.Tensor, margin: float = 0.2) -> torch.Tensor:
    """max(0, margin - s(right) + s(hardest wrong photo)) over right pairs, text -> photo (Schroff et al. 2015)."""
    hardest = scores.masked_fill(right, float("-inf")).amax(dim=1, keepdim=True)
    return (margin - scores + hardest).clamp_min(0)[right].mean()


def hinge_sum(scores: torch.Tensor, right: torch.Tensor, margin: float = 0.2) -> torch.Tensor:
    """Bidirectional matching loss, summed over all wrong photos and all wrong texts of each right pair (Kiros 2014)."""
    texts, photos = right.nonzero(as_tuple=True)
    pair = scores[texts, photos]
    photo_cost = (margin - pair[:, None] + scores[texts]).clamp_min(0).masked_fill(right[texts], 0)
    text_cost = (margin - pair[:, None] + scores.T[photos]).clamp_min(0).masked_fill(right.T[photos], 0)
    return (photo_cost.sum(dim=1) + text_cost.sum(dim=1)).mean()


def hinge_max(scores: torch.Tensor, right: torch.Tensor, margin: float = 0.2) -> torch.Tensor:
    """Bidirectional matching loss with the hardest wrong photo and text only (VSE++, Faghri et al. 2018)."""
    return triplet_hardest(scores, right, margin) + triplet_hardest(scores.T, right.T, margin)


def cross_entropy(
    scores: torch.Tensor, right: torch.Tensor, scale: torch.Tensor | float = 20.0, smoothing: float = 0.0
) -> torch.Tensor:
    """Symmetric cross-entropy: mean of -log softmax over photos and over texts, all right answers sharing the target.

    ``scale`` is the inverse temperature; ``smoothing`` moves that share of the target evenly onto all answers.
    """
    logits = scores * scale
    return (_soft_target(logits, right, smoothing) + _soft_target(logits.T, right.T, smoothing)) / 2


def _soft_target(logits: torch.Tensor, right: torch.Tensor, smoothing: float) -> torch.Tensor:
    target = right.to(logits.dtype)
    target = target / target.sum(dim=1, keepdim=True)
    if smoothing:
        target = target * (1 - smoothing) + smoothing / target.shape[1]
    return -(target * functional.log_softmax(logits, dim=1)).sum(dim=1).mean()


LOSSES: dict[LossKind, Loss] = {
    LossKind.COSINE_EMBEDDING: cosine_embedding,
    LossKind.TRIPLET_HARDEST: triplet_hardest,
    LossKind.HINGE_SUM: hinge_sum,
    LossKind.HINGE_MAX: hinge_max,
    LossKind.CROSS_ENTROPY: cross_entropy,
}
