"""Similarity of vectors in NumPy, higher is better: cosine (the default), Euclidean distance, KL divergence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale each row of (N, d) to length 1; a row of zeros stays zeros."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: NDArray[np.float32] = (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)
    return scaled


def cosine(texts: NDArray[np.float32], images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return z.y / (|z| |y|) of every pair: (N, d) and (M, d) -> (N, M) in -1..1; 0 where a vector is all zeros."""
    similarity: NDArray[np.float32] = unit(texts) @ unit(images).T
    return similarity


def euclidean(texts: NDArray[np.float32], images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return -|z - y| of every pair: (N, d) and (M, d) -> (N, M), at most 0."""
    out = np.empty((len(texts), len(images)), np.float32)
    for row, text in enumerate(texts):
        # Differences, not the expanded square: that one loses all digits for vectors that lie close together.
        out[row] = -np.linalg.norm(images - text, axis=1)
    return out


def kl(texts: NDArray[np.float32], images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return -KL(softmax(z) || softmax(y)) of every pair: (N, d) and (M, d) -> (N, M), at most 0."""
    log_p, log_q = _log_softmax(texts), _log_softmax(images)
    p = np.exp(log_p)
    out = np.empty((len(texts), len(images)), np.float32)
    for row in range(len(texts)):
        out[row] = -(p[row] * (log_p[row] - log_q)).sum(axis=1)
    return out


def _log_softmax(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    wide = vectors.astype(np.float64)
    shifted = wide - wide.max(axis=-1, keepdims=True)
    logs: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return logs
