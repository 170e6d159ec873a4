"""Training both towers together, end to end from pixels, from where training them one after the other ended.

Meant for a GPU: on a CPU an epoch takes an hour. Batches are drawn by array arithmetic and nothing waits for the device
between two steps.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from engine.training.alignment import Average, softened, two_way_loss
from engine.training.batches import FIRST_WORD_ID, pad
from engine.training.distillation import Lecture, lesson_loss, warm_then_cosine
from engine.training.features import best_device, low_precision
from engine.training.image_tuning import alikeness
from engine.training.pixels import CropPlan, random_views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from engine.training.alignment import Album
    from engine.training.image_tower import ImageTower
    from engine.training.text_tower import TextTower

logger = logging.getLogger(__name__)

LARGEST_SCALE = 100.0


@dataclass(frozen=True, slots=True)
class JointCourse:
    """How to train both towers. ``soft`` is the share of the target given to photos with like captions, ``line_weight``
    the weight of sentences that are to keep the vectors they had.
    """

    epochs: int = 16
    batch: int = 384
    each: int = 2
    image_rate: float = 1.5e-4
    mapping_rate: float = 3e-4
    text_rate: float = 7e-5
    word_rate: float = 2e-4
    weight_decay: float = 0.05
    dropout: float = 0.3
    word_drop: float = 0.1
    soft: float = 0.2
    label_weight: float = 0.5
    label_batch: int = 192
    line_weight: float = 0.25
    line_batch: int = 384
    average: float = 0.99
    crops: CropPlan = field(default_factory=CropPlan)
    seed: int = 1


class TextTable:
    """Texts as padded ids and masks (T, L) on the training device, their lengths known on this side."""

    def __init__(self, rows: Sequence[Sequence[int]], device: torch.device) -> None:
        tokens = pad(rows)
        self._ids, self._mask = tokens.ids.to(device), tokens.mask.to(device)
        self._lengths = np.array([len(row) for row in rows])

    def __len__(self) -> int:
        return len(self._lengths)

    def take(self, rows: NDArray[np.int64], chosen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return ids and mask (N, L) of ``rows``, which ``chosen`` holds on the device, as short as they can be."""
        length = int(self._lengths[rows].max())
        return self._ids[chosen, :length], self._mask[chosen, :length]


@dataclass(frozen=True, slots=True)
class Shown:
    """Photos to learn from: ``pixels`` (N, S, S, 3) uint8 and ``may_mirror`` (N,) bool on the training device, the
    ``rows`` to use, all texts, and fixed ``vectors`` (T, d), on the device, that say which texts are alike.

    ``pools`` (N, most) are each photo's texts in one language, -1 where there are no more; ``classes`` (N,) are equal
    for photos that are right for each other's texts.
    """

    pixels: torch.Tensor
    may_mirror: torch.Tensor
    rows: NDArray[np.int64]
    texts: TextTable
    vectors: torch.Tensor
    pools: tuple[NDArray[np.int64], ...]
    classes: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lines:
    """Sentences without photos, and the unit vectors (N, d) they had at the start."""

    texts: TextTable
    vectors: torch.Tensor


@dataclass(frozen=True, slots=True)
class Material:
    """What both towers learn from."""

    captioned: Shown
    labelled: Shown
    lines: Lines


class Towers(nn.Module):
    """An image tower, a text tower and the scale of their scores."""

    def __init__(self, image: ImageTower, text: TextTower, scale: float) -> None:
        super().__init__()
        self.image = image
        self.text = text
        self.log_scale = nn.Parameter(torch.tensor(math.log(scale)))

    def train(self, mode: bool = True) -> Towers:
        """Switch dropout on or off; the fixed early stages always stay as they are."""
        super().train(mode)
        self.image.early.eval()
        return self

    @property
    def scale(self) -> float:
        """The factor that turns cosines into logits."""
        return min(LARGEST_SCALE, float(self.log_scale.detach().exp()))

    def photo_vectors(self, views: torch.Tensor) -> torch.Tensor:
        """Return (N, dim) unit vectors of views (N, S, S, 3), 0..255."""
        with low_precision(views.device):
            with torch.no_grad():
                states = self.image.early(views)
            vectors = self.image.late.vector(states)
        return nn.functional.normalize(vectors.float(), dim=-1)

    def scores(self, ids: torch.Tensor, mask: torch.Tensor, views: torch.Tensor) -> torch.Tensor:
        """Return scaled cosines (T, P) of padded texts and views."""
        with low_precision(ids.device):
            texts: torch.Tensor = self.text(ids, mask)
        scaled: torch.Tensor = self.log_scale.exp().clamp(max=LARGEST_SCALE)
        cosines = texts.float() @ self.photo_vectors(views).T
        return cosines * scaled


def pools_of(album: Album) -> tuple[NDArray[np.int64], ...]:
    """Each photo's texts in each language as a rectangle, -1 where there are no more."""
    return tuple(_rectangle(pools) for pools in (album.english, album.chinese))


def class_numbers(album: Album) -> NDArray[np.int64]:
    """Number the label sets of an album: equal sets, equal numbers."""
    numbers: dict[frozenset[str], int] = {}
    return np.array([numbers.setdefault(labels, len(numbers)) for labels in album.classes])


def draw_texts(
    pools: Sequence[NDArray[np.int64]], photos: NDArray[np.int64], each: int, chance: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw ``each`` texts of every pool for every photo, all where there are fewer: rows, and places in ``photos``."""
    texts, owner = [], []
    for pool in pools:
        told = pool[photos]
        keys = np.where(told >= 0, chance.random(told.shape), np.inf)
        first = np.argsort(keys, axis=1)[:, :each]
        picked = np.take_along_axis(told, first, axis=1)
        places, columns = (picked >= 0).nonzero()
        texts.append(picked[places, columns])
        owner.append(places)
    return np.concatenate(texts), np.concatenate(owner)


def train_together(
    towers: Towers, material: Material, course: JointCourse, watch: Callable[[int, Towers], None] | None = None
) -> Towers:
    """Train ``towers`` and return the average of their weights over the last steps.

    ``watch`` is shown that average after every epoch, with the epoch's number from 1.
    """
    torch.manual_seed(course.seed)
    towers.to(best_device())
    towers.image.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's hints
    towers.image.late.dropout.p = course.dropout
    optimiser = _optimiser(towers, course)
    captioned, labelled = material.captioned, material.labelled
    steps = math.ceil(len(captioned.rows) / course.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, warm_then_cosine(course.epochs * steps))
    average = Average(towers, course.average)
    teaching = _Teaching(towers, course)
    labels = _forever(labelled.rows, course.label_batch, teaching.chance)
    for epoch in range(1, course.epochs + 1):
        towers.train()
        running = torch.zeros((), device=best_device())
        for photos in _batches(captioned.rows, course.batch, teaching.chance):
            optimiser.zero_grad(set_to_none=True)
            loss = teaching.loss(captioned, photos, course.each)
            torch.autograd.backward(loss)
            torch.autograd.backward(course.label_weight * teaching.loss(labelled, next(labels), 1))
            torch.autograd.backward(course.line_weight * teaching.line_loss(material.lines))
            nn.utils.clip_grad_norm_(towers.parameters(), 2.0)
            optimiser.step()
            schedule.step()
            average.update(towers)
            running += loss.detach() / steps
        logger.info("joint epoch %d of %d: loss %.3f", epoch, course.epochs, float(running))
        if watch is not None:
            watch(epoch, _averaged(average))
    return _averaged(average)


def _averaged(average: Average) -> Towers:
    trained = average.module
    assert isinstance(trained, Towers)
    return trained.eval()


class _Teaching:
    """The losses of one course; draws views and leaves out words by its own chance."""

    def __init__(self, towers: Towers, course: JointCourse) -> None:
        self.chance = np.random.default_rng(course.seed)
        self._towers = towers
        self._course = course

    def loss(self, shown: Shown, photos: NDArray[np.int64], each: int) -> torch.Tensor:
        """Two-way cross-entropy of a batch of photos and their texts."""
        course, device = self._course, shown.pixels.device
        texts, owner = draw_texts(shown.pools, photos, each, self.chance)
        right = torch.from_numpy(shown.classes[photos][owner][:, None] == shown.classes[photos][None]).to(device)
        chosen, of_photo, seen = (torch.from_numpy(rows).to(device) for rows in (texts, owner, photos))
        views = random_views(shown.pixels[seen], shown.may_mirror[seen], course.crops, self.chance)
        scores = self._towers.scores(*self._leave_out(*shown.texts.take(texts, chosen)), views)
        alike = alikeness(shown.vectors[chosen], of_photo, len(photos))
        return two_way_loss(scores, softened(right, alike, course.soft), softened(right.T, alike.T, course.soft))

    def line_loss(self, lines: Lines) -> torch.Tensor:
        """Keep sentences near to the vectors that they had at the start."""
        rows = self.chance.integers(len(lines.texts), size=self._course.line_batch)
        chosen = torch.from_numpy(rows).to(lines.vectors.device)
        ids, mask = self._leave_out(*lines.texts.take(rows, chosen))
        with low_precision(ids.device):
            vectors = self._towers.text.sentence(ids, mask)
        return lesson_loss(vectors.float(), lines.vectors[chosen].float(), Lecture())[0]

    def _leave_out(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Hide each word piece with the course's probability."""
        hidden = torch.rand(ids.shape, device=ids.device) < self._course.word_drop
        return ids, mask * ~(hidden & (ids >= FIRST_WORD_ID))


def _rectangle(pools: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    most = max((len(pool) for pool in pools), default=0)
    out = np.full((len(pools), most), -1)
    for row, pool in enumerate(pools):
        out[row, : len(pool)] = pool
    return out


def _optimiser(towers: Towers, course: JointCourse) -> torch.optim.AdamW:
    words = [towers.text.words.weight]
    mappings = [*towers.text.mapping.parameters(), *towers.image.late.mapping.parameters()]
    named = {id(parameter) for parameter in [*words, *mappings]}
    image = [one for one in towers.image.late.parameters() if id(one) not in named]
    text = [one for one in towers.text.parameters() if id(one) not in named]
    for parameter in towers.image.early.parameters():
        parameter.requires_grad_(False)
    groups = [
        {"params": image, "lr": course.image_rate, "weight_decay": course.weight_decay},
        {"params": mappings, "lr": course.mapping_rate, "weight_decay": course.weight_decay},
        {"params": text, "lr": course.text_rate, "weight_decay": 0.01},
        {"params": words, "lr": course.word_rate, "weight_decay": 0.0},
        {"params": [towers.log_scale], "lr": course.mapping_rate, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, fused=True)


def _batches(rows: NDArray[np.int64], batch: int, chance: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    order = chance.permutation(rows)
    for start in range(0, len(order), batch):
        yield order[start : start + batch]


def _forever(rows: NDArray[np.int64], batch: int, chance: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    while True:
        yield from _batches(rows, batch, chance)
