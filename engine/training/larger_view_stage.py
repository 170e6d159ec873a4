"""The stage after that: the image tower learns to see the whole photo larger than it was pretrained on, or stays.

Its convolutions take any size, and more pixels alone already find more. What the tower says of the same photo at
several sizes, cut and mirrored, differs by chance; the mean of that is the aim of its late stages (as in ``one_view``).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image

from engine.imaging.preprocess import InputSpec, preprocess
from engine.training.data import read_pictures
from engine.training.early import EarlySession
from engine.training.features import best_device
from engine.training.held_out import held_out, measure_held_out, one_number
from engine.training.image_tuning import image_vectors
from engine.training.one_view import WHOLE, Seen, teach_one_view
from engine.training.one_view_stage import told_texts
from engine.training.packaging import export_image_tower, open_graph
from engine.training.views import cache_views
from engine.training.workshop import LARGE_WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.training.data import PackPhoto
    from engine.training.image_tower import ImageTower
    from engine.training.workshop import Workshop

logger = logging.getLogger(__name__)

PICTURES = 48  # looked at together


@dataclass(frozen=True, slots=True)
class Look:
    """One way to look at a photo."""

    spec: InputSpec
    mirrored: bool = False


LOOKS = (Look(InputSpec(224)), Look(InputSpec(320, "squash")), Look(InputSpec(288, "squash"), mirrored=True))
"""The best on the held-out photos of all sets of three of: whole at 224 to 320, centre at 224 and 288, mirrored."""


def look_at_photos(shop: Workshop) -> None:
    """Store the tower's mean vector of every photo over ``LOOKS``."""
    path = shop.path("looks.npz")
    if path.is_file():
        return
    tower = shop.whole_image_tower()
    looking = [(look, _encoder(tower, look.spec.size, shop.path(f"look{look.spec.size}.onnx"))) for look in LOOKS]
    captioned = _mean_vectors(shop.data, shop.captioned, looking)
    np.savez(path, captioned=captioned, labelled=_mean_vectors(shop.data, shop.labelled, looking))


def cut_larger_views(shop: Workshop) -> None:
    """Run whole photos and stretched cut-outs, larger, through the fixed early stages."""
    settings = shop.settings
    early = EarlySession.make(shop.image_tower(), shop.path("early_large.onnx"), settings.large_captioned_views.size)
    cache_views(shop.data, shop.captioned, early, shop.path("large_captioned.npy"), settings.large_captioned_views)
    cache_views(shop.data, shop.labelled, early, shop.path("large_labelled.npy"), settings.large_labelled_views)


def learn_larger_view(shop: Workshop) -> None:
    """Teach the late stages; whether it helped is measured on the held-out photos and written down."""
    path = shop.path(LARGE_WEIGHTS)
    if path.is_file():
        return
    late = shop.whole_image_tower().late
    captioned, labelled, looks = shop.views("captioned", "large"), shop.views("labelled", "large"), _looks(shop)
    told = told_texts(shop, shop.text_tower("text.pt"), shop.noted("text")["scale"])
    part = held_out(shop)
    shown = captioned[part.photos, WHOLE]
    seen = {"larger": image_vectors(late, shown), "looks": looks["captioned"].numpy()[part.photos]}
    before = {name: measure_held_out(part, told.vectors.numpy(), images) for name, images in seen.items()}
    taught = teach_one_view(
        late,
        Seen(captioned, looks["captioned"], np.array(shop.split.train)),
        Seen(labelled, looks["labelled"], shop.labelled_rows),
        told,
        shop.settings.large_view_course,
    )
    torch.save(taught.state_dict(), path)
    after = measure_held_out(part, told.vectors.numpy(), image_vectors(taught, shown))
    staged = shop.noted("one_view")
    best = max(one_number(figures) for figures in (before["larger"], {key: staged[key] for key in part.texts}))
    shop.note("large_view", after | {"before": before, "better": one_number(after) > best})


def _looks(shop: Workshop) -> dict[str, torch.Tensor]:
    stored = np.load(shop.path("looks.npz"))
    return {which: torch.from_numpy(stored[which]) for which in ("captioned", "labelled")}


def _encoder(tower: ImageTower, size: int, path: Path) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    if best_device().type == "cuda":
        return _Module(tower)
    export_image_tower(tower, path, size)
    run = open_graph(path)
    return lambda pixels: run({"pixels": pixels})[0]


class _Module:
    def __init__(self, tower: ImageTower) -> None:
        self._tower = tower.to(best_device()).eval()

    @torch.inference_mode()
    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        vectors: NDArray[np.float32] = self._tower(torch.from_numpy(pixels).to(best_device()))[0].float().cpu().numpy()
        return vectors


def _mean_vectors(
    pack: Path,
    photos: Sequence[PackPhoto],
    looking: Sequence[tuple[Look, Callable[[NDArray[np.uint8]], NDArray[np.float32]]]],
) -> NDArray[np.float32]:
    """Return the unit means (N, dim) of each photo's unit vectors over all looks."""
    out: dict[int, NDArray[np.float32]] = {}
    members: list[tuple[int, Image.Image]] = []

    def flush() -> None:
        total = sum(encode(np.stack([_pixels(one, look) for _, one in members])) for look, encode in looking)
        out.update(zip((row for row, _ in members), np.asarray(total), strict=True))
        members.clear()
        if len(out) // PICTURES % 20 == 0:
            logger.info("looks: %d of %d photos", len(out), len(photos))

    for item in read_pictures(pack, photos):
        members.append(item)
        if len(members) == PICTURES:
            flush()
    if members:
        flush()
    vectors = np.stack([out[row] for row in range(len(photos))])
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _pixels(picture: Image.Image, look: Look) -> NDArray[np.uint8]:
    turned = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if look.mirrored else picture
    return preprocess(turned, look.spec)
