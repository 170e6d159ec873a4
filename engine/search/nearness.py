"""What searching needs of the vectors of a model, kept in memory (``vectors``) or in a shared database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Nearest:
    """Content ids, shape (k,), and cosine similarities in -1..1, shape (k,), best first."""

    contents: NDArray[np.int64]
    scores: NDArray[np.float32]


class StoredVectors(Protocol):
    """The library's embeddings (``engine.library.embeddings``), as one thread's connection reads them."""

    @property
    def dim(self) -> int:
        """Components of a vector."""

    def version(self) -> tuple[int, int]:
        """The newest row's id and the number of rows."""

    def stream(self, after: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]]:
        """Row ids (M,), contents (M,) and vectors (M, dim), oldest first, some thousands at a time."""

    def held(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row ids (M,) in ascending order, and their contents (M,)."""

    def of_rows(self, rows: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Ids (M,) in ascending order and vectors (M, dim) of those ``rows`` that are there."""


class Vectors(Protocol):
    """The vectors of one model, each of unit length."""

    def __len__(self) -> int:
        """How many there are."""

    def refresh(self, embeddings: StoredVectors) -> None:
        """Take over what the library has now; called at the start of every search."""

    def nearest(self, vector: NDArray[np.float32], k: int, among: Sequence[int] | None = None) -> Nearest:
        """The ``k`` nearest contents to a unit ``vector`` of shape (dim,), by cosine; ``among`` narrows the choice."""

    def scores(self, vector: NDArray[np.float32], contents: Sequence[int]) -> dict[int, float]:
        """Cosine similarity of ``vector`` with each of ``contents`` that has a vector."""

    def vectors_of_photos(self, content_of: Mapping[int, int]) -> dict[int, NDArray[np.float32]]:
        """The vector (dim,) of each photo whose content has one."""

    def sample(self, most: int) -> NDArray[np.float32]:
        """At most ``most`` of the vectors, (M, dim), spread evenly over the library."""
