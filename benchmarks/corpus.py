"""Photos to index: 12-megapixel JPEGs, small JPEGs, PNGs and HEICs, made of the shared photos, or else of noise.

Every photo differs from every other in its pixels, or Balloon would embed it once.
"""

from __future__ import annotations

import importlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
PHOTOS_VARIABLE = "BALLOON_TEST_PHOTOS"
LARGE, SMALL = (4000, 3000), (640, 480)
KINDS = ("12 MP JPEG", "0.3 MP JPEG", "0.3 MP PNG", "12 MP HEIC")
_NOISE = 4.0


def made(place: Path, kind: str, count: int) -> Path:
    """A folder of ``count`` photos of this kind, made once and kept in ``place``.

    Raises ``ImportError`` for HEIC where pillow-heif, which can write it, is not installed.
    """
    folder = place / f"photos-{kind.lower().replace(' ', '-').replace('.', '')}-{count}"
    if not folder.is_dir():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        for number, picture in enumerate(_pictures(kind, count)):
            _save(picture, part / f"photo-{number:05}", kind)
        part.rename(folder)
    return folder


def make_heics(place: str, count: int) -> dict[str, float]:
    """Make the HEICs from an environment that can write them."""
    return {"photos": float(len(list(made(Path(place), KINDS[-1], count).iterdir())))}


def _pictures(kind: str, count: int) -> Iterator[Image.Image]:
    random = np.random.default_rng(1)
    sources = _sources()
    for number in range(count):
        picture = _source(sources, number, random)
        scaled = picture.resize(LARGE if "12 MP" in kind else SMALL, Image.Resampling.BICUBIC)
        grain = random.normal(0, _NOISE, size=(scaled.height, scaled.width, 1))  # as a sensor's: it is what weighs
        yield Image.fromarray((np.asarray(scaled) + grain).clip(0, 255).astype(np.uint8))


def _sources() -> list[Path]:
    folder = Path(os.environ.get(PHOTOS_VARIABLE, ROOT.parent / "shared" / "photos"))
    return sorted(folder.glob("*.jpg"))


def _source(sources: list[Path], number: int, random: np.random.Generator) -> Image.Image:
    if sources:
        with Image.open(sources[number % len(sources)]) as image:
            return image.convert("RGB")
    rough = random.integers(0, 256, size=(48, 64, 3), dtype=np.uint8)
    return Image.fromarray(rough).resize(SMALL, Image.Resampling.BICUBIC)


def _save(picture: Image.Image, stem: Path, kind: str) -> None:
    if kind.endswith("JPEG"):
        picture.save(stem.with_suffix(".jpg"), quality=90)
    elif kind.endswith("PNG"):
        picture.save(stem.with_suffix(".png"), compress_level=1)
    else:
        importlib.import_module("pillow_heif").register_heif_opener()
        picture.save(stem.with_suffix(".heic"), quality=60)
