"""From an upright sRGB picture to the pixels a model's image tower takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image


@dataclass(frozen=True, slots=True)
class InputSpec:
    """What an image tower wants to see: a ``size`` x ``size`` square.

    ``shortest`` scales the shorter side to ``size`` (times ``1 / crop_fraction``) and cuts the centre; ``squash`` scales
    both sides and distorts.
    """

    size: int
    resize: Literal["shortest", "squash"] = "shortest"
    interpolation: Literal["bilinear", "bicubic", "lanczos"] = "bicubic"
    crop_fraction: float = 1.0


def preprocess(picture: Image.Image, spec: InputSpec) -> NDArray[np.uint8]:
    """Return uint8 pixels of shape (size, size, 3), RGB, 0..255, of an upright sRGB ``picture``."""
    raise NotImplementedError
