"""Trying a new package out before it is installed, and how near to its origin it must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.models.encoder import Encoder
from engine.models.layouts import refused
from engine.models.trials import TEXTS

if TYPE_CHECKING:
    from pathlib import Path

    from engine.models.parity import Parity

SAME_VECTOR = 0.999
"""A text and its neighbours: cosine between its vector alone and in company, below which padding is misread."""
EXPORT_COSINE = 0.9999
EXPORT_DIFFERENCE = 1e-3
"""How far a component of an exported graph's unit vector may be from PyTorch's."""
HALF_COSINE = 0.999
INT8_COSINE = 0.95


def refuse_far(source: Path, parity: tuple[Parity, ...]) -> None:
    """Raise ``KnownError`` (BAD_FILE) where an exported graph does not do what PyTorch does."""
    for each in parity:
        if not (each.cosine >= EXPORT_COSINE and each.difference <= EXPORT_DIFFERENCE):
            raise refused(source, f"its graph does not give PyTorch's vectors ({each.describe()})")


def try_out(source: Path, package: Path) -> None:
    """Run both towers; refuse vectors that are no numbers, of two lengths, or that change with their company."""
    encoder = Encoder.open(package)
    card, size = encoder.card, encoder.card.image.input_spec.size
    pixels = np.random.default_rng(0).integers(0, 256, (3, size, size, 3), dtype=np.uint8)
    try:
        photos, texts = encoder.encode_images(pixels), encoder.encode_texts(TEXTS)
        photos_alone = [encoder.encode_images(row[None]) for row in pixels]
        texts_alone = [encoder.encode_texts([text]) for text in TEXTS]
    except Exception as error:  # onnxruntime's own exceptions share no base below Exception
        raise refused(source, f"a tower fails on a trial ({error})") from error
    if photos.shape != (len(pixels), card.dim) or texts.shape != (len(TEXTS), card.dim):
        raise refused(
            source, f"its towers give vectors of different lengths ({photos.shape[-1]} and {texts.shape[-1]})"
        )
    together, alone = np.concatenate([photos, texts]), np.concatenate([*photos_alone, *texts_alone])
    if not np.isfinite(together).all():
        raise refused(source, "a tower gives no usable vector for a trial")
    if (together * alone).sum(axis=1).min() < SAME_VECTOR:
        raise refused(source, "the vector of a text or photo changes with what is encoded beside it")
