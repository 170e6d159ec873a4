"""The hot matrix: all vectors of a model in memory, kept up to date from the library, scanned whole for each query."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.search.nearness import Nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.library.embeddings import Embeddings


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Content ids (N,), unit vectors (N, dim), the rows in ascending order of content id (N,), and those ids (N,)."""

    contents: NDArray[np.int64]
    vectors: NDArray[np.float32]
    by_content: NDArray[np.int64]
    ordered: NDArray[np.int64]

    @classmethod
    def of(cls, contents: NDArray[np.int64], vectors: NDArray[np.float32]) -> Snapshot:
        """Take ``contents`` with their ``vectors``, in the order given."""
        by_content = np.argsort(contents, kind="stable")
        return cls(contents, np.ascontiguousarray(vectors, dtype=np.float32), by_content, contents[by_content])

    def rows_of(self, contents: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of those ``contents`` that have a vector, in the order given."""
        if not len(self.contents):
            return np.zeros(0, dtype=np.int64)
        wanted = np.asarray(contents, dtype=np.int64)
        place = np.minimum(np.searchsorted(self.ordered, wanted), len(self.ordered) - 1)
        rows: NDArray[np.int64] = self.by_content[place[self.ordered[place] == wanted]]
        return rows


class HotMatrix:
    """The vectors of one model. Safe to search from several threads while one refreshes."""

    def __init__(self, dim: int) -> None:
        self._lock = threading.Lock()
        self._now = Snapshot.of(np.zeros(0, dtype=np.int64), np.zeros((0, dim), dtype=np.float32))
        self._version = (0, 0)

    def __len__(self) -> int:
        return len(self._now.contents)

    def refresh(self, embeddings: Embeddings) -> None:
        """Take over what was stored since the last call; rebuild from scratch when vectors were removed."""
        with self._lock:
            version = embeddings.version()
            if version == self._version:
                return
            contents, vectors = embeddings.load(after=self._version[0])
            if len(self) + len(contents) == version[1]:
                contents = np.concatenate([self._now.contents, contents])
                vectors = np.concatenate([self._now.vectors, vectors])
            else:
                contents, vectors = embeddings.load()
            self._now = Snapshot.of(contents, vectors)
            self._version = version

    def nearest(self, vector: NDArray[np.float32], k: int, among: Sequence[int] | None = None) -> Nearest:
        """The ``k`` nearest contents to a unit ``vector`` of shape (dim,), by cosine; ``among`` narrows the choice."""
        now = self._now
        if among is None:
            contents, scores = now.contents, now.vectors @ vector
        else:
            rows = now.rows_of(among)
            contents, scores = now.contents[rows], now.vectors[rows] @ vector
        k = min(k, len(scores))
        if k <= 0:
            return Nearest(contents[:0], scores[:0])
        # Equal scores keep the order of the rows, at the end of the list too: fewer asked for are the first of more.
        top = np.flatnonzero(scores >= np.partition(scores, -k)[-k])
        top = top[np.lexsort((top, -scores[top]))][:k]
        return Nearest(contents[top], scores[top])

    def vectors_of_photos(self, content_of: Mapping[int, int]) -> dict[int, NDArray[np.float32]]:
        """The vector (dim,) of each photo whose content has one."""
        now = self._now
        rows = now.rows_of(list(content_of.values()))
        row_of = dict(zip(now.contents[rows].tolist(), rows.tolist(), strict=True))
        return {photo: now.vectors[row_of[content]] for photo, content in content_of.items() if content in row_of}

    def sample(self, most: int) -> NDArray[np.float32]:
        """At most ``most`` of the vectors, (M, dim), spread evenly over the library."""
        vectors = self._now.vectors
        return vectors[:: max(1, -(-len(vectors) // most))]

    def scores(self, vector: NDArray[np.float32], contents: Sequence[int]) -> dict[int, float]:
        """Cosine similarity of ``vector`` with each of ``contents`` that has a vector."""
        now = self._now
        rows = now.rows_of(contents)
        return dict(zip(now.contents[rows].tolist(), (now.vectors[rows] @ vector).tolist(), strict=True))
