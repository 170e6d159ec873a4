"""From whatever a file holds (palette, CMYK, 16 bits, alpha, a colour profile) to plain sRGB."""

from __future__ import annotations

import importlib
import io
from functools import lru_cache
from typing import Any

from PIL import Image, ImageCms

_SIXTEEN_BITS = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
_REDUCIBLE = frozenset({"L", "LA", "La", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "I", "F"})
_LAB = b"LAB"  # stands for the profile of CIE L*a*b* itself
_PROFILED = frozenset({"L", "RGB", "CMYK"})


def to_srgb(image: Image.Image, min_edge: int) -> Image.Image:
    """Return a loaded ``image`` as RGB in sRGB on white, without its metadata.

    A picture whose shorter side is at least four times ``min_edge`` is first averaged down to no less than twice
    ``min_edge``: what follows then costs next to nothing. A colour profile that cannot be used is ignored.
    """
    profile = image.info.get("icc_profile")
    shown = _reduce(_eight_bits(_reduce(image, min_edge)), min_edge)
    colours, alpha = _split_alpha(shown)
    rgb = _apply_profile(colours, profile)
    if alpha is not None:
        white = Image.new("RGB", rgb.size, (255, 255, 255))
        white.paste(rgb, mask=alpha)
        rgb = white
    rgb.info = {}
    return rgb


def _eight_bits(image: Image.Image) -> Image.Image:
    """Bring deep and palette modes to a mode that Pillow can scale and convert without clipping."""
    if image.mode in _SIXTEEN_BITS:
        np = _numpy()
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in {"I", "F"}:
        return _stretch(image)
    if image.mode in {"P", "PA"} or (image.mode in {"1", "L", "RGB"} and "transparency" in image.info):
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode == "1":
        return image.convert("L")
    return image


def _numpy() -> Any:
    """NumPy, which a worker that sees no such picture does without."""
    try:
        return importlib.import_module("numpy")
    except ImportError as error:  # the engine has imported it: there is no memory for its libraries here
        raise MemoryError from error


def _stretch(image: Image.Image) -> Image.Image:
    """Show 32-bit values, which have no agreed white, from their own darkest to their own brightest."""
    np = _numpy()
    values = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    scale = 255.0 / (high - low) if high > low else 0.0
    return Image.fromarray(((values - low) * scale).astype(np.uint8))


def _reduce(image: Image.Image, min_edge: int) -> Image.Image:
    factor = min(image.size) // (2 * min_edge)
    return image.reduce(factor) if factor > 1 and image.mode in _REDUCIBLE else image


def _split_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    if image.mode in {"La", "RGBa"}:
        image = image.convert({"La": "LA", "RGBa": "RGBA"}[image.mode])
    if image.mode in {"LA", "RGBA"}:
        return image.convert(image.mode[:-1]), image.getchannel("A")
    return image, None


def _apply_profile(image: Image.Image, profile: object) -> Image.Image:
    if image.mode == "LAB":
        converted = _transformed(image, _LAB)
        return converted if converted is not None else image.convert("L").convert("RGB")
    if image.mode not in _PROFILED:
        image = image.convert("RGB")
    if isinstance(profile, bytes) and profile:
        converted = _transformed(image, profile)
        if converted is not None:
            return converted
    return image.convert("RGB")


def _transformed(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Convert with an ICC profile; None where the profile is broken or is for another kind of picture."""
    try:
        return ImageCms.applyTransform(image, _transform(profile, image.mode))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform:
    """Build a transform to sRGB; kept, since the photos of one camera share one profile."""
    own = ImageCms.createProfile("LAB") if profile == _LAB else io.BytesIO(profile)
    return ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(own),
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
