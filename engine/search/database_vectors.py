"""Vectors that stay in a shared database: of many millions no copy fits into the memory of each person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.library.postgres.nearness import NearnessQueries
from engine.search.nearness import Nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engine.library.connection import Connection
    from engine.library.embeddings import Embeddings
    from engine.search.nearness import StoredVectors


class DatabaseVectors:
    """The vectors of one model, asked for over one thread's connection."""

    def __init__(self, connection: Connection, embeddings: Callable[[], Embeddings]) -> None:
        """``embeddings`` gives the model as it is registered now: a reader may meet it before its first vector."""
        self._connection = connection
        self._embeddings = embeddings
        self._queries = self._newest()

    def __len__(self) -> int:
        return self._queries.count()

    def refresh(self, embeddings: StoredVectors) -> None:
        """Nothing is copied; only which model is asked for may have changed."""
        del embeddings
        self._queries = self._newest()

    def _newest(self) -> NearnessQueries:
        known = self._embeddings()
        return NearnessQueries(self._connection, known.model, known.dim)

    def nearest(self, vector: NDArray[np.float32], k: int, among: Sequence[int] | None = None) -> Nearest:
        """The ``k`` nearest contents to a unit ``vector`` of shape (dim,), by cosine; ``among`` narrows the choice."""
        return Nearest(*self._queries.nearest(vector, k, among))

    def scores(self, vector: NDArray[np.float32], contents: Sequence[int]) -> dict[int, float]:
        """Cosine similarity of ``vector`` with each of ``contents`` that has a vector."""
        return self._queries.scores(vector, contents)

    def vectors_of_photos(self, content_of: Mapping[int, int]) -> dict[int, NDArray[np.float32]]:
        """The vector (dim,) of each photo whose content has one."""
        vectors = self._queries.vectors(list(set(content_of.values())))
        return {photo: vectors[content] for photo, content in content_of.items() if content in vectors}

    def sample(self, most: int) -> NDArray[np.float32]:
        """At most ``most`` of the vectors, (M, dim), spread evenly over the library."""
        return self._queries.sample(most)
