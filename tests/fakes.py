"""Stand-ins with the real ones' shape: an encoder that needs no model, yet tells colours apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.imaging.preprocess import InputSpec
from engine.models.encoder import unit
from engine.models.image_runner import RunnerFacts
from engine.models.package import ImageTower, ModelCard, TextTower

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

COLOURS = {"red": (230, 30, 30), "green": (30, 180, 60), "blue": (40, 60, 220), "yellow": (240, 220, 40)}
BINS = 4


class FakeEncoder:
    """Photos and colour words as histograms of RGB in ``BINS`` ** 3 cells."""

    folder = Path("no-package")  # so a check of the model finds its files missing
    provider: str | None = None
    facts = RunnerFacts()
    batch_size = 8

    def __init__(self, size: int = 16) -> None:
        image = ImageTower("image.onnx", InputSpec(size))
        text = TextTower("text.onnx", "tokenizer.json", 16)
        self.card = ModelCard(
            key="fake", name="Fake", dim=BINS**3, languages=("en",), licence="Apache-2.0",
            image=image, text=text, logit_scale=1.0, fingerprint=f"fake-{size}",
            files={"text.onnx": {"sha256": "fake"}},
        )  # fmt: skip
        self.encoded = 0

    def encode_images(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.encoded += len(pixels)
        cells = (pixels.astype(np.int64) * BINS) // 256
        index = (cells[..., 0] * BINS + cells[..., 1]) * BINS + cells[..., 2]
        counts = np.stack([np.bincount(row.ravel(), minlength=BINS**3) for row in index])
        return unit(counts.astype(np.float32))

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        swatches = np.zeros((len(texts), 2, 2, 3), dtype=np.uint8)
        for row, text in enumerate(texts):
            words = [colour for word, colour in COLOURS.items() if word in text]
            swatches[row] = words[0] if words else (128, 128, 128)
        return self.encode_images(swatches)
