"""Parity: do two ways of running a tower give the same vectors?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Parity:
    """``cosine``: the smallest of any row; ``difference``: the largest of any component of two unit vectors."""

    tower: str
    rows: int
    cosine: float
    difference: float

    def describe(self) -> str:
        """One line for people."""
        return (
            f"{self.tower}: cosine {self.cosine:.6f}, largest difference {self.difference:.1e} over {self.rows} inputs"
        )


def compare(tower: str, expected: NDArray[np.float32], found: NDArray[np.float32]) -> Parity:
    """Compare (N, dim) vectors row by row, whatever their length; a row that is no vector makes the cosine NaN."""
    if expected.shape != found.shape:
        return Parity(tower, len(expected), float("nan"), float("nan"))
    with np.errstate(invalid="ignore", divide="ignore"):
        one = expected / np.linalg.norm(expected, axis=1, keepdims=True)
        other = found / np.linalg.norm(found, axis=1, keepdims=True)
    return Parity(tower, len(one), float((one * other).sum(axis=1).min()), float(np.abs(one - other).max()))
