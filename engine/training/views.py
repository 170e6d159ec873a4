"""Several views of every photo, run once through the fixed early stages and kept on disk as float16.

View 0 is what the finished model will see (the centre); the others are random cut-outs, mirrored unless the words about
the photo speak of left and right. Training the late stages then costs a third of training on pixels.
"""

from __future__ import annotations

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from PIL import Image, ImageEnhance

from engine.imaging.preprocess import InputSpec
from engine.training.data import read_pictures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.training.data import PackPhoto

logger = logging.getLogger(__name__)

INPUT_SPEC = InputSpec(size=224, resize="shortest", interpolation="bicubic")
LEAST_SIDE = 0.6
_SIDES = re.compile(r"\b(left|right)\b|左|右", re.IGNORECASE)


class Early(Protocol):
    """The fixed first part of the image tower."""

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float16]:
        """Turn (N, S, S, 3) pixels into (N, H, W, C) activations."""
        ...


@dataclass(frozen=True, slots=True)
class ViewPlan:
    """How many views of each photo, and how far the random ones may go.

    With ``whole`` the whole photo, squashed to a square, comes before the centre (which ``centre`` may leave out), and
    the random ones are stretched. Views are squares of ``size`` pixels.
    """

    views: int = 6
    least_area: float = 0.45
    jitter: float = 0.2
    seed: int = 1
    whole: bool = False
    centre: bool = True
    size: int = INPUT_SPEC.size


def speaks_of_sides(photo: PackPhoto) -> bool:
    """Say whether mirroring the photo would make its captions wrong."""
    return any(_SIDES.search(text) for text in (*photo.en, *photo.zh))


def centre_view(picture: Image.Image, size: int = INPUT_SPEC.size) -> NDArray[np.uint8]:
    """Scale the shorter side to ``size`` and cut the centre, as ``INPUT_SPEC`` says."""
    scale = size / min(picture.size)
    width, height = (max(size, round(side * scale)) for side in picture.size)
    scaled = picture.resize((width, height), Image.Resampling.BICUBIC)
    left, top = (width - size) // 2, (height - size) // 2
    return np.asarray(scaled.crop((left, top, left + size, top + size)))


def whole_view(picture: Image.Image, size: int = INPUT_SPEC.size) -> NDArray[np.uint8]:
    """Squash the whole photo to a square of ``size``."""
    return np.asarray(picture.resize((size, size), Image.Resampling.BICUBIC))


def random_view(
    picture: Image.Image, plan: ViewPlan, chance: np.random.Generator, *, may_mirror: bool
) -> NDArray[np.uint8]:
    """Cut out a random part of at least ``least_area`` of the photo, of nearly square shape; vary light and colour."""
    size = plan.size
    box = _stretched_box(picture.size, chance) if plan.whole else _random_box(picture.size, plan.least_area, chance)
    view = picture.resize((size, size), Image.Resampling.BICUBIC, box=box)
    if may_mirror and chance.integers(2):
        view = view.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    for change in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        view = change(view).enhance(1 + plan.jitter * float(chance.uniform(-1, 1)))
    return np.asarray(view)


def _random_box(
    size: tuple[int, int], least_area: float, chance: np.random.Generator
) -> tuple[float, float, float, float]:
    width, height = size
    ratio = float(np.exp(chance.uniform(np.log(3 / 4), np.log(4 / 3))))
    # Areas are shares of the largest centred square: a panorama's cut-out is to be nearly square, too.
    side = min(width, height) * float(chance.uniform(least_area, 1.25)) ** 0.5
    cut_width, cut_height = min(width, side * ratio**0.5), min(height, side / ratio**0.5)
    left = float(chance.uniform(0, width - cut_width))
    top = float(chance.uniform(0, height - cut_height))
    return (left, top, left + cut_width, top + cut_height)


def _stretched_box(size: tuple[int, int], chance: np.random.Generator) -> tuple[float, float, float, float]:
    """A box each of whose sides is at least ``LEAST_SIDE`` of the photo's, independently of the other."""
    shares = chance.uniform(LEAST_SIDE, 1, 2)
    width, height = shares * size
    left, top = chance.random(2) * (1 - shares) * size
    return (float(left), float(top), float(left + width), float(top + height))


def cache_views(pack: Path, photos: Sequence[PackPhoto], early: Early, path: Path, plan: ViewPlan) -> None:
    """Write (N, views, H, W, C) float16 activations of ``photos`` to ``path`` (.npy), unless it is there already."""
    if path.is_file():
        return
    partial = path.with_suffix(".part.npy")
    out: Any = None
    done = 0
    for rows, pixels in _pixel_batches(pack, photos, plan):
        states = early(pixels.reshape(-1, *pixels.shape[2:]))
        if out is None:
            shape = (len(photos), plan.views, *states.shape[1:])
            out = np.lib.format.open_memmap(partial, mode="w+", dtype=np.float16, shape=shape)
        out[rows] = states.reshape(len(rows), plan.views, *states.shape[1:])
        done += len(rows)
        if done % 1000 < len(rows):
            logger.info("views: %d of %d photos", done, len(photos))
    if out is not None:
        out.flush()
        del out
        partial.replace(path)


def _pixel_batches(
    pack: Path, photos: Sequence[PackPhoto], plan: ViewPlan, batch: int = 24
) -> Iterator[tuple[list[int], NDArray[np.uint8]]]:
    """Yield row numbers and (B, views, S, S, 3) pixels; a thread cuts out the next batch while this one is used."""

    def views_of(row: int, picture: Image.Image) -> NDArray[np.uint8]:
        chance = np.random.default_rng((plan.seed, row))
        may_mirror = not speaks_of_sides(photos[row])
        fixed = [whole_view(picture, plan.size)] if plan.whole else []
        fixed += [centre_view(picture, plan.size)] if plan.centre else []
        others = range(len(fixed), plan.views)
        return np.stack([*fixed, *(random_view(picture, plan, chance, may_mirror=may_mirror) for _ in others)])

    def cut(members: list[tuple[int, Image.Image]]) -> tuple[list[int], NDArray[np.uint8]]:
        return [row for row, _ in members], np.stack([views_of(row, picture) for row, picture in members])

    with ThreadPoolExecutor(1, thread_name_prefix="views") as thread:
        waiting = None
        for members in _grouped(read_pictures(pack, photos), batch):
            following = thread.submit(cut, members)
            if waiting is not None:
                yield waiting.result()
            waiting = following
        if waiting is not None:
            yield waiting.result()


def _grouped(pictures: Iterator[tuple[int, Image.Image]], batch: int) -> Iterator[list[tuple[int, Image.Image]]]:
    members = []
    for item in pictures:
        members.append(item)
        if len(members) == batch:
            yield members
            members = []
    if members:
        yield members
