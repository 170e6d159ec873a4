"""Finding near-copies: a perceptual hash of 64 bits that survives scaling and recompression.

The hash says which of the 8 x 8 lowest frequencies of a 32 x 32 grey picture lie above their median (pHash, Zauner
2010).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

from engine.training.data import read_pictures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.training.data import PackPhoto

SIDE = 32
KEPT = 8
NEAR = 8  # bits that may differ
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


@dataclass(frozen=True, slots=True)
class NearCopy:
    """A photo of the pack that looks like a photo it must not look like; ``bits`` differ, of 64."""

    row: int
    like: str
    bits: int


def perceptual_hash(picture: Image.Image) -> NDArray[np.bool_]:
    """Return 64 bits that are alike for pictures that look alike."""
    grey = np.asarray(picture.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS), np.float64)
    cosines = _cosines()
    low = (cosines @ grey @ cosines.T)[:KEPT, :KEPT].reshape(-1)
    bits: NDArray[np.bool_] = low > np.median(low)
    return bits


def hash_folder(folder: Path) -> dict[str, NDArray[np.bool_]]:
    """Hash every photo of ``folder`` as it is seen upright, and mirrored, by its name."""
    out = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in SUFFIXES:
            with Image.open(path) as opened:
                upright = ImageOps.exif_transpose(opened)
                out[path.name] = perceptual_hash(upright)
                out[f"{path.name} (mirrored)"] = perceptual_hash(ImageOps.mirror(upright))
    return out


def find_near_copies(
    pack: Path, photos: Sequence[PackPhoto], forbidden: dict[str, NDArray[np.bool_]]
) -> list[NearCopy]:
    """Return the photos of the pack within ``NEAR`` bits of a forbidden one."""
    if not forbidden:
        return []
    names = list(forbidden)
    hashes = np.stack([forbidden[name] for name in names])
    found = []
    for row, picture in read_pictures(pack, photos):
        distances = (hashes != perceptual_hash(picture)).sum(axis=1)
        nearest = int(distances.argmin())
        if distances[nearest] <= NEAR:
            found.append(NearCopy(row, names[nearest], int(distances[nearest])))
    return found


def _cosines() -> NDArray[np.float64]:
    """The matrix of the discrete cosine transform, type II."""
    steps = np.arange(SIDE)
    matrix: NDArray[np.float64] = np.cos(np.pi * steps[:, None] * (2 * steps[None, :] + 1) / (2 * SIDE))
    return matrix
