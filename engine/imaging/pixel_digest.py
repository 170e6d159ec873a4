"""What tells one picture from another whatever its file says besides: a digest of the pixels that were decoded.

A program that writes a rating into a photo changes its bytes and not one pixel.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

PIXEL_DIGEST_BYTES = 16

_SIZES = struct.Struct("!III")


def pixel_digest(picture: Image.Image, size: tuple[int, int], min_edge: int) -> bytes:
    """BLAKE2b-128 of an upright sRGB ``picture`` that ``decode`` gave for ``min_edge``, of a photo of ``size`` pixels.

    Everything that an image tower and a thumbnail see comes from these pixels, so equal digests mean equal vectors and
    equal thumbnails. How far a large photo is scaled down while it is decoded depends on ``min_edge``: pictures decoded
    for different ones never have equal digests.
    """
    digest = hashlib.blake2b(_SIZES.pack(*size, min_edge), digest_size=PIXEL_DIGEST_BYTES)
    digest.update(picture.tobytes())
    return digest.digest()
