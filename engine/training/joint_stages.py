"""The last stages of a run on a GPU: several pairs of towers trained end to end, and the mean of their weights.

All pairs start where training the towers one after the other ended and differ in seed and rate, so they stay near to
each other and the mean of their weights is a pair as well, better than each (model soups, Wortsman et al. 2022).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import torch

from engine.training.batches import tokenise
from engine.training.features import best_device
from engine.training.held_out import held_out, measure_held_out, one_number
from engine.training.joint import (
    Lines,
    Material,
    Shown,
    TextTable,
    Towers,
    class_numbers,
    pools_of,
    train_together,
)
from engine.training.pixels import batches, on_device, store_pixels, whole_views
from engine.training.text_tuning import text_vectors
from engine.training.views import speaks_of_sides
from engine.training.workshop import FINISHED, JointPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from engine.training.alignment import Album
    from engine.training.data import PackPhoto
    from engine.training.text_tower import TextTower
    from engine.training.workshop import Workshop

logger = logging.getLogger(__name__)

MOST_LINES = 60_000
WATCHED = 4  # epochs


def squash_photos(shop: Workshop) -> None:
    """Store every photo as a square of pixels."""
    for which, photos in (("captioned", shop.captioned), ("labelled", shop.labelled)):
        store_pixels(shop.data, photos, shop.path(f"pixels_{which}.npy"), shop.path(f"sides_{which}.npy"))


def train_members(shop: Workshop) -> None:
    """Train the pairs, each with a seed and a rate of its own."""
    plan = joint_plan(shop)
    material: Material | None = None
    for number, course in enumerate(plan.courses):
        path = shop.path(member_name(number))
        if path.is_file():
            continue
        material = material or gather_material(shop)
        towers = train_together(shop.staged_towers(), material, course, _watch(shop, number)).cpu()
        torch.save(towers.state_dict(), path)
        shop.note(f"member_{number}", measure(shop, towers))


def _watch(shop: Workshop, number: int) -> Callable[[int, Towers], None]:
    """Report the held-out photos every few epochs: a run on a borrowed GPU is to be seen going wrong."""

    def watch(epoch: int, towers: Towers) -> None:
        if epoch % WATCHED == 0:
            logger.info("pair %d, epoch %d: %.4f over all", number, epoch, one_number(measure(shop, towers)))

    return watch


def average_members(shop: Workshop) -> None:
    """Take the mean of all pairs' weights: the finished pair, if it does better than what all started from."""
    path = shop.path(FINISHED)
    if path.is_file():
        return
    states = _member_states(shop)
    mean = {
        name: torch.stack([state[name].float() for state in states]).mean(dim=0).to(states[0][name].dtype)
        for name in states[0]
    }
    torch.save(mean, path)
    figures = measure(shop, shop.joint_towers())
    staged = [shop.noted(stage) or {} for stage in ("text", "one_view", "large_view")]
    before = max(one_number({key: one[key] for key in ("en", "zh")}) for one in staged if one)
    shop.note("joint", figures | {"better": one_number(figures) > before})
    logger.info("mean of %d pairs: %.4f over all, before %.4f", len(states), one_number(figures), before)


def members(shop: Workshop) -> list[Towers]:
    """All pairs that were trained."""
    towers = []
    for state in _member_states(shop):
        pair = shop.staged_towers()
        pair.load_state_dict(state)
        towers.append(pair.eval())
    return towers


def _member_states(shop: Workshop) -> list[dict[str, torch.Tensor]]:
    names = [member_name(number) for number in range(len(joint_plan(shop).courses))]
    return [torch.load(shop.path(name), weights_only=True) for name in names]


def member_name(number: int) -> str:
    """The stage file of a pair."""
    return f"member_{number}.pt"


def joint_plan(shop: Workshop) -> JointPlan:
    """The plan of a run on a GPU; no other run has these stages."""
    plan = shop.settings.joint
    assert plan is not None
    return plan


def measure(shop: Workshop, towers: Towers) -> dict[str, dict[str, dict[str, float]]]:
    """Measure a pair on the held-out photos."""
    return measure_held_out(held_out(shop), held_out_texts(shop, towers.text), held_out_photos(shop, towers))


def held_out_texts(shop: Workshop, tower: TextTower) -> NDArray[np.float32]:
    """Unit vectors (T, dim) of the held-out texts; zeros for all others of the album."""
    part = held_out(shop)
    rows = np.unique(np.concatenate(list(part.texts.values())))
    out = np.zeros((len(shop.album.texts), shop.settings.dim), np.float32)
    ids = tokenise(shop.tokenizer, [shop.album.texts[row] for row in rows])
    out[rows] = text_vectors(tower.to(best_device()), ids)
    return out


def held_out_photos(shop: Workshop, towers: Towers) -> NDArray[np.float32]:
    """Unit vectors (P, dim) of the held-out photos, seen whole."""
    towers.to(best_device()).eval()
    pixels, size = shop.pixels("captioned")[held_out(shop).photos], joint_plan(shop).crops.size
    parts = []
    with torch.inference_mode():
        for some in batches(len(pixels), 256):
            views = whole_views(torch.from_numpy(pixels[some].copy()).to(best_device()), size)
            parts.append(towers.photo_vectors(views).cpu().numpy())
    return np.concatenate(parts)


def gather_material(shop: Workshop) -> Material:
    """Bring photos, texts and sentences to the training device."""
    tower = shop.staged_towers().text.to(best_device())
    return Material(
        lines=_lines(shop, tower),
        captioned=_shown(shop, "captioned", shop.album, np.array(shop.split.train), tower),
        labelled=_shown(shop, "labelled", shop.label_album, shop.labelled_rows, tower),
    )


def _shown(shop: Workshop, which: str, album: Album, rows: NDArray[np.int64], tower: TextTower) -> Shown:
    device = best_device()
    photos: Sequence[PackPhoto] = shop.captioned if which == "captioned" else shop.labelled
    ids = tokenise(shop.tokenizer, album.texts)
    return Shown(
        may_mirror=torch.tensor([not speaks_of_sides(photo) for photo in photos], device=device),
        rows=rows,
        texts=TextTable(ids, device),
        vectors=torch.from_numpy(text_vectors(tower, ids, sentences=True)).to(device),
        pools=pools_of(album),
        classes=class_numbers(album),
        pixels=on_device(shop.pixels(which), device),
    )


def _lines(shop: Workshop, tower: TextTower) -> Lines:
    chance = np.random.default_rng(shop.settings.seed)
    texts = [*shop.corpus.english_texts(), *shop.corpus.chinese_texts()]
    ids = tokenise(shop.tokenizer, [texts[row] for row in chance.permutation(len(texts))[:MOST_LINES]])
    vectors = torch.from_numpy(text_vectors(tower, ids, sentences=True))
    return Lines(TextTable(ids, best_device()), vectors.to(best_device()))
