"""The hot matrix: all vectors of a model in memory, kept up to date from the library, scanned whole for each query."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.library.embeddings import Embeddings


@dataclass(frozen=True, slots=True)
class Nearest:
    """Content ids, shape (k,), and cosine similarities in -1..1, shape (k,), best first."""

    contents: NDArray[np.int64]
    scores: NDArray[np.float32]


class HotMatrix:
    """Content ids (N,) and unit vectors (N, dim). Safe to search from several threads while one refreshes."""

    def __init__(self, dim: int) -> None:
        self._lock = threading.Lock()
        self._contents: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._vectors: NDArray[np.float32] = np.zeros((0, dim), dtype=np.float32)
        self._version = (0, 0)

    def __len__(self) -> int:
        return len(self._contents)

    def refresh(self, embeddings: Embeddings) -> None:
        """Take over what was stored since the last call; rebuild from scratch when vectors were removed."""
        with self._lock:
            version = embeddings.version()
            if version == self._version:
                return
            contents, vectors = embeddings.load(after=self._version[0])
            if len(self) + len(contents) == version[1]:
                contents = np.concatenate([self._contents, contents])
                vectors = np.concatenate([self._vectors, vectors])
            else:
                contents, vectors = embeddings.load()
            self._contents, self._vectors = contents, np.ascontiguousarray(vectors, dtype=np.float32)
            self._version = version

    def nearest(self, vector: NDArray[np.float32], k: int) -> Nearest:
        """The ``k`` nearest contents to a unit ``vector`` of shape (dim,), by cosine."""
        with self._lock:
            contents, vectors = self._contents, self._vectors
        scores = vectors @ vector
        k = min(k, len(scores))
        if k <= 0:
            return Nearest(contents[:0], scores[:0])
        top = np.argpartition(-scores, k - 1)[:k]
        # Equal scores keep the order of the rows, so the same query always gives the same list.
        top = top[np.lexsort((top, -scores[top]))]
        return Nearest(contents[top], scores[top])
