"""A rotation of vectors after which a few leading components say most of what tells photos apart.

Principal components (Hotelling 1933) of a sample of the library, those of the head mixed evenly with each other and
those of the tail too: no component then stands out, which would cost the others precision as int8. The tail need not
be read for a row whose head, with all that the tail's length can add (Cauchy and Schwarz), is too far from a query.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOLD = 0.92  # of the sample's variance: the head's share
STEP = 64  # components: what processors compare at once
WORTH = 0.6  # a head longer than this share saves too little
LEAST = 4096  # vectors: of fewer the components are chance


@dataclass(frozen=True, eq=False)
class Rotation:
    """An orthogonal ``matrix`` (dim, dim), the length of the head, and the mean (dim - head,) of the turned tails.

    Where ``head`` is ``dim`` nothing is turned, and ``matrix`` has no rows.
    """

    dim: int
    head: int
    matrix: NDArray[np.float32]
    centre: NDArray[np.float32]

    @classmethod
    def none(cls, dim: int) -> Rotation:
        """Vectors as they are, all head."""
        return cls(dim, dim, np.zeros((0, 0), np.float32), np.zeros(0, np.float32))

    @classmethod
    def learnt(cls, sample: NDArray[np.float32]) -> Rotation:
        """The rotation for vectors such as ``sample`` (M, dim); none where it is small or no head tells enough."""
        dim = sample.shape[1]
        if len(sample) < max(LEAST, 2 * dim):
            return cls.none(dim)
        mean = sample.mean(axis=0)
        spread = sample - mean
        variances, components = np.linalg.eigh((spread.T @ spread).astype(np.float64))
        told = np.cumsum(variances[::-1]) / max(float(variances.sum()), np.finfo(np.float64).tiny)
        head = -(-(int(np.searchsorted(told, TOLD)) + 1) // STEP) * STEP
        if head > WORTH * dim:
            return cls.none(dim)
        leading = components[:, ::-1]
        mixed = np.hstack([leading[:, :head] @ _mixer(head), leading[:, head:] @ _mixer(dim - head)])
        matrix = np.ascontiguousarray(mixed, dtype=np.float32)
        return cls(dim, head, matrix, mean @ matrix[:, head:])

    def parts(self, vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Heads (N, head) and tails (N, dim - head) of ``vectors`` (N, dim), turned."""
        turned = vectors @ self.matrix if len(self.matrix) else vectors
        return turned[:, : self.head], turned[:, self.head :]


def _mixer(size: int) -> NDArray[np.float64]:
    """An orthogonal matrix (size, size) that spreads each component over all, the same every time."""
    mixer: NDArray[np.float64] = np.linalg.qr(np.random.default_rng(size).standard_normal((size, size)))[0]
    return mixer
