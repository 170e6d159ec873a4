"""Similarity of texts and photos as torch functions, higher is better: cosine, Euclidean distance, KL divergence.

The same formulas, written independently with NumPy, are in ``engine.search.similarity``; tests compare the two.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import torch
from torch.nn import functional

Similarity = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class SimilarityKind(StrEnum):
    """The three similarities of the method."""

    COSINE = "cosine"
    EUCLIDEAN = "euclidean"
    KL = "kl"


def cosine(texts: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Return s = z.y / (|z| |y|) of every pair: (N, d) and (M, d) -> (N, M), in -1..1."""
    return functional.normalize(texts, dim=-1) @ functional.normalize(images, dim=-1).T


def euclidean(texts: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Return the negative distance -|z - y| of every pair: (N, d) and (M, d) -> (N, M), at most 0.

    A tiny constant under the root keeps the gradient finite where z = y.
    """
    squares = texts.square().sum(dim=-1)[:, None] + images.square().sum(dim=-1)[None, :] - 2 * texts @ images.T
    return -(squares.clamp_min(0) + 1e-12).sqrt()


def kl(texts: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Return -KL(softmax(z) || softmax(y)) of every pair: (N, d) and (M, d) -> (N, M), at most 0."""
    log_p = functional.log_softmax(texts, dim=-1)
    log_q = functional.log_softmax(images, dim=-1)
    p = log_p.exp()
    return p @ log_q.T - (p * log_p).sum(dim=-1, keepdim=True)


SIMILARITIES: dict[SimilarityKind, Similarity] = {
    SimilarityKind.COSINE: cosine,
    SimilarityKind.EUCLIDEAN: euclidean,
    SimilarityKind.KL: kl,
}
