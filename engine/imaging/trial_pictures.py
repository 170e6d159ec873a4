"""Pictures to try a model with: two photographs that come with Balloon, and noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.config import resources_dir

if TYPE_CHECKING:
    from PIL import Image


def photographs() -> list[Image.Image]:
    """The photographs in resources/trial, one upright and one lying. (A person's own files go to decode workers.)"""
    from PIL import Image

    pictures = []
    for path in sorted((resources_dir() / "trial").glob("*.jpg")):
        with Image.open(path) as picture:
            pictures.append(picture.convert("RGB"))
    return pictures


def noise(size: int, count: int) -> list[Image.Image]:
    """``count`` square pictures of random pixels, the same every time."""
    import numpy as np
    from PIL import Image

    chance = np.random.default_rng(0)
    return [Image.fromarray(chance.integers(0, 256, (size, size, 3), dtype=np.uint8)) for _ in range(count)]
