"""From an upright sRGB picture to the pixels a model's image tower takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

LONGEST_STRIP = 8
"""A picture longer than this many times its width is cut to its middle before it is scaled."""


@dataclass(frozen=True, slots=True)
class InputSpec:
    """What an image tower wants to see: a ``size`` x ``size`` square.

    ``shortest`` scales the shorter side to ``size`` (times ``1 / crop_fraction``) and cuts the centre; ``squash``
    scales both sides and distorts.
    """

    size: int
    resize: Literal["shortest", "squash"] = "shortest"
    interpolation: Literal["bilinear", "bicubic", "lanczos"] = "bicubic"
    crop_fraction: float = 1.0


def preprocess(picture: Image.Image, spec: InputSpec) -> NDArray[np.uint8]:
    """Return uint8 pixels of shape (size, size, 3), RGB, 0..255, of an upright sRGB ``picture``."""
    import numpy as np

    return np.array(scaled(picture, spec), dtype=np.uint8)


def scaled(picture: Image.Image, spec: InputSpec) -> Image.Image:
    """The same as a picture."""
    from PIL import Image

    resample = Image.Resampling[spec.interpolation.upper()]
    if spec.resize == "squash":
        return picture.resize((spec.size, spec.size), resample)
    return _cut_centre(_scale_shortest(_cut_strip(picture), min_edge(spec), resample), spec.size)


def min_edge(spec: InputSpec) -> int:
    """Pixels the shorter side of a picture should have so that ``preprocess`` does not enlarge it."""
    return spec.size if spec.resize == "squash" else max(spec.size, round(spec.size / spec.crop_fraction))


def _cut_strip(picture: Image.Image) -> Image.Image:
    """Cut a very long picture to its middle: scaled as a whole it would need gigabytes, and only the middle is seen."""
    width, height = picture.size
    longest = LONGEST_STRIP * min(width, height)
    if max(width, height) <= longest:
        return picture
    left, top = max(0, (width - longest) // 2), max(0, (height - longest) // 2)
    return picture.crop((left, top, left + min(width, longest), top + min(height, longest)))


def _scale_shortest(picture: Image.Image, edge: int, resample: Image.Resampling) -> Image.Image:
    """Scale the shorter side to ``edge``; the longer side is rounded down, as CLIP's own preprocessing does."""
    width, height = picture.size
    if width <= height:
        return picture.resize((edge, edge * height // width), resample)
    return picture.resize((edge * width // height, edge), resample)


def _cut_centre(picture: Image.Image, size: int) -> Image.Image:
    left, top = (picture.width - size) // 2, (picture.height - size) // 2
    return picture.crop((left, top, left + size, top + size))
