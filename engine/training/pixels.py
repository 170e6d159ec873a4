"""Whole photos as squares of pixels, and the views cut out of them anew each time they are shown.

Every photo is squashed to a square once: a view is then an affine cut-out of that square, made for a whole batch on the
device that trains. A view of the whole square is what a package with ``resize: squash`` sees.
"""

from __future__ import annotations

import io
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from engine.training.data import read_encoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.training.data import PackPhoto

logger = logging.getLogger(__name__)

STORED_EDGE = 320
GREY = (0.299, 0.587, 0.114)


@dataclass(frozen=True, slots=True)
class CropPlan:
    """How views are cut: each side at least ``least_side`` of the photo's; ``whole`` is the share of uncut views."""

    size: int = 288
    least_side: float = 0.55
    whole: float = 0.2
    jitter: float = 0.25


def store_pixels(
    pack: Path, photos: Sequence[PackPhoto], path: Path, sides_path: Path, edge: int = STORED_EDGE
) -> None:
    """Write (N, edge, edge, 3) uint8 pixels of ``photos``, squashed, to ``path`` (.npy), unless it is there already;
    their widths and heights (N, 2) to ``sides_path``.
    """
    if path.is_file():
        return
    partial = path.with_suffix(".part.npy")
    out = np.lib.format.open_memmap(partial, mode="w+", dtype=np.uint8, shape=(len(photos), edge, edge, 3))
    sides = np.zeros((len(photos), 2), np.int64)

    def squash(item: tuple[int, bytes]) -> None:
        row, encoded = item
        picture = Image.open(io.BytesIO(encoded)).convert("RGB")
        sides[row] = picture.size
        out[row] = np.asarray(picture.resize((edge, edge), Image.Resampling.BICUBIC))

    waiting = read_encoded(pack, photos)
    with ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="pixels") as threads:
        while part := list(islice(waiting, 2048)):
            list(threads.map(squash, part))
            logger.info("pixels: %d more photos", len(part))
    out.flush()
    np.save(sides_path, sides)
    partial.replace(path)


def random_views(
    photos: torch.Tensor, may_mirror: torch.Tensor, plan: CropPlan, chance: np.random.Generator
) -> torch.Tensor:
    """Return random views (N, size, size, 3), 0..255, of squashed ``photos`` (N, S, S, 3), on their device.

    Width and height of a cut-out are drawn independently, so views are stretched and pressed as squashed photos are.
    """
    count = len(photos)
    sides = chance.uniform(plan.least_side, 1, (count, 2))
    sides[chance.random(count) < plan.whole] = 1
    corner = chance.random((count, 2)) * (1 - sides)
    boxes = torch.from_numpy(np.concatenate([corner, sides], axis=1).astype(np.float32)).to(photos.device)
    mirrored = torch.from_numpy(chance.integers(2, size=count) == 1).to(photos.device) & may_mirror
    light = torch.from_numpy(chance.uniform(-plan.jitter, plan.jitter, (3, count)).astype(np.float32))
    return _relight(cut_out(photos, boxes, mirrored, plan.size), 1 + light.to(photos.device))


def whole_views(photos: torch.Tensor, size: int) -> torch.Tensor:
    """Return (N, size, size, 3) views, 0..255, of whole squashed ``photos`` (N, S, S, 3)."""
    planes = photos.permute(0, 3, 1, 2).float()
    scaled = functional.interpolate(planes, (size, size), mode="bicubic", antialias=True)
    return scaled.clamp(0, 255).permute(0, 2, 3, 1)


def centre_boxes(sides: NDArray[np.int64]) -> torch.Tensor:
    """Return the boxes (N, 4), for ``cut_out``, of the largest centred squares of photos of ``sides`` (N, 2)."""
    shares = sides.min(axis=1, keepdims=True) / sides
    return torch.from_numpy(np.concatenate([(1 - shares) / 2, shares], axis=1).astype(np.float32))


def cut_out(photos: torch.Tensor, boxes: torch.Tensor, mirrored: torch.Tensor, size: int) -> torch.Tensor:
    """Return (N, size, size, 3) cut-outs; ``boxes`` (N, 4) are left, top, width, height as shares of the photo."""
    left, top, width, height = boxes.unbind(dim=1)
    zero = torch.zeros_like(left)
    across = torch.where(mirrored, -width, width)
    rows = [torch.stack([across, zero, 2 * left + width - 1], 1), torch.stack([zero, height, 2 * top + height - 1], 1)]
    planes = photos.permute(0, 3, 1, 2).float()
    grid = functional.affine_grid(torch.stack(rows, dim=1), [len(photos), 3, size, size], align_corners=False)
    cut: torch.Tensor = functional.grid_sample(
        planes, grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    return cut.permute(0, 2, 3, 1)


def _relight(views: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    """Vary brightness, contrast and colour by ``factors`` (3, N)."""
    brightness, contrast, colour = (factor[:, None, None, None] for factor in factors)
    views = views * brightness
    mean = views.mean(dim=(1, 2, 3), keepdim=True)
    views = mean + (views - mean) * contrast
    grey = (views * views.new_tensor(GREY)).sum(dim=3, keepdim=True)
    relit: torch.Tensor = (grey + (views - grey) * colour).clamp(0, 255)
    return relit


def batches(count: int, batch: int) -> Iterator[slice]:
    """Yield slices of at most ``batch`` that cover ``count`` rows."""
    for start in range(0, count, batch):
        yield slice(start, min(count, start + batch))


def on_device(pixels: NDArray[np.uint8], device: torch.device) -> torch.Tensor:
    """Bring stored pixels, mapped from disk, to the device piece by piece."""
    out = torch.empty(pixels.shape, dtype=torch.uint8, device=device)
    for rows in batches(len(pixels), 512):
        out[rows] = torch.from_numpy(np.array(pixels[rows])).to(device)
    return out
