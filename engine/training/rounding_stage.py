"""The last stage of the image tower: its weights learn to be whole numbers, so that the package can be int8.

Everything is rounded, the early stages too; the late ones learn to say once more what they said before. On a GPU they
aim at the mean over all pairs that were trained together, each shown the photo whole, mirrored, larger and cut, which
finds more than the one pair of their mean weights. On a CPU they aim at what the stage before aimed at.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from engine.training.early import EarlySession
from engine.training.features import best_device, low_precision
from engine.training.held_out import held_out, measure_held_out, one_number
from engine.training.image_tuning import image_vectors
from engine.training.joint_stages import held_out_texts, joint_plan, members
from engine.training.one_view import WHOLE, Seen, teach_one_view
from engine.training.one_view_stage import told_texts
from engine.training.pixels import batches, centre_boxes, cut_out, on_device, random_views, whole_views
from engine.training.rounding import keep_rounded, round_weights
from engine.training.views import cache_views, speaks_of_sides
from engine.training.workshop import ROUNDED_WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.training.image_tower import EarlyStages, ImageTower
    from engine.training.one_view import Lessons
    from engine.training.pixels import CropPlan
    from engine.training.workshop import Workshop

logger = logging.getLogger(__name__)

LARGER = 320


@dataclass(frozen=True, slots=True)
class Squashed:
    """Photos as squares of ``pixels`` (N, S, S, 3) on the training device, seen through rounded ``early`` stages."""

    pixels: torch.Tensor
    may_mirror: torch.Tensor
    early: EarlyStages
    crops: CropPlan
    targets: torch.Tensor
    rows: NDArray[np.int64]

    def pick(self, photos: NDArray[np.int64], whole: float, chance: np.random.Generator) -> torch.Tensor:
        """Return activations (P, C, H, W) of whole photos and of cut-outs."""
        chosen = torch.from_numpy(photos).to(self.pixels.device)
        plan = replace(self.crops, whole=whole)
        views = random_views(self.pixels[chosen], self.may_mirror[chosen], plan, chance)
        with torch.no_grad(), low_precision(views.device):
            states: torch.Tensor = self.early(views)
        return states


def learn_rounding(shop: Workshop) -> None:
    """Teach the finished tower's late stages with rounded weights everywhere."""
    path = shop.path(ROUNDED_WEIGHTS)
    if path.is_file():
        return
    tower = shop.tower_to_round()
    tower.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's hints
    round_weights(tower)
    captioned, labelled = _lessons(shop, "captioned", tower), _lessons(shop, "labelled", tower)
    told = told_texts(shop, shop.finished_text_tower(), shop.finished_scale)
    tower.late = teach_one_view(tower.late, captioned, labelled, told, shop.settings.rounding_course)
    keep_rounded(tower)
    torch.save(tower.cpu().state_dict(), path)


def _lessons(shop: Workshop, which: str, tower: ImageTower) -> Lessons:
    rows = np.array(shop.split.train) if which == "captioned" else shop.labelled_rows
    if shop.takes_joint:
        return _squashed(shop, which, tower, rows)
    states = _rounded_states(shop, which)
    if shop.takes_large_view:
        return Seen(states, torch.from_numpy(np.load(shop.path("looks.npz"))[which]), rows)
    kind = "whole" if shop.takes_one_view else "views"
    return Seen(states, torch.from_numpy(_said(shop.finished_image_tower(), shop.views(which, kind))), rows)


def _squashed(shop: Workshop, which: str, tower: ImageTower, rows: NDArray[np.int64]) -> Squashed:
    photos = shop.captioned if which == "captioned" else shop.labelled
    may_mirror = torch.tensor([not speaks_of_sides(photo) for photo in photos], device=best_device())
    aims = _aims(shop, which)
    pixels = on_device(shop.pixels(which), best_device())
    crops = joint_plan(shop).crops
    return Squashed(pixels, may_mirror, tower.early.to(best_device()).eval(), crops, aims, rows)


def _rounded_states(shop: Workshop, which: str) -> NDArray[np.float16]:
    """Some views of every photo through the rounded early stages: the late ones are to get used to those."""
    photos = shop.captioned if which == "captioned" else shop.labelled
    tower = shop.tower_to_round()  # a new one: torch cannot take parametrisations away from a copy alone
    round_weights(tower)
    keep_rounded(tower)
    early = EarlySession.make(tower, shop.path("early_rounded.onnx"), shop.input_spec.size)
    cache_views(shop.data, photos, early, shop.path(f"rounded_{which}.npy"), shop.plan_to_round(which))
    return shop.views(which, "rounded")


def _said(tower: ImageTower, states: NDArray[np.float16], photos: int = 512) -> NDArray[np.float32]:
    """What the tower says of each photo before its weights are rounded."""
    return np.concatenate([image_vectors(tower.late, states[some, WHOLE]) for some in batches(len(states), photos)])


def _aims(shop: Workshop, which: str) -> torch.Tensor:
    """Unit means (N, dim) of every photo's vectors over all pairs and all looks."""
    towers = [one.image.to(best_device()).to(memory_format=torch.channels_last) for one in members(shop)]  # type: ignore[call-overload]  # missing in torch's hints
    pixels, sides = shop.pixels(which), shop.sides(which)
    parts = []
    for some in batches(len(pixels), 256):
        photos = torch.from_numpy(np.array(pixels[some])).to(best_device())
        looks = _looks(photos, centre_boxes(sides[some]).to(best_device()), shop.input_spec.size)
        parts.append(_mean_vectors(towers, looks).cpu())
    aims = torch.cat(parts)
    if which == "captioned":
        _note_aims(shop, aims)
    return aims


def _looks(photos: torch.Tensor, centre: torch.Tensor, size: int) -> list[torch.Tensor]:
    whole = whole_views(photos, size)
    uncut = torch.zeros(len(photos), dtype=torch.bool, device=photos.device)
    return [whole, whole.flip(2), whole_views(photos, LARGER), cut_out(photos, centre, uncut, size)]


@torch.inference_mode()
def _mean_vectors(towers: Sequence[ImageTower], looks: Sequence[torch.Tensor]) -> torch.Tensor:
    total = torch.zeros((), device=looks[0].device)
    for tower in towers:
        for views in looks:
            with low_precision(views.device):
                total = total + nn.functional.normalize(tower.vector(views).float(), dim=-1)
    return nn.functional.normalize(total, dim=-1)


def _note_aims(shop: Workshop, aims: torch.Tensor) -> None:
    part = held_out(shop)
    figures = measure_held_out(part, held_out_texts(shop, shop.finished_text_tower()), aims.numpy()[part.photos])
    shop.note("aims", figures)
    logger.info("aims: %.4f over all", one_number(figures))
