"""Teaching the image tower to say from one view of the whole photo what it says from two.

The mean of the vectors of the centre and of the whole photo, squashed, finds more than either: one is undistorted, the
other misses nothing. It would cost two runs for every photo; so the late stages learn to give that mean from the whole
photo alone (distillation, Hinton et al. 2015), and what the texts ask of it beside. The text side stays as it is.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch import nn

from engine.training.alignment import Average, draw, right_answers, softened, two_way_loss
from engine.training.distillation import warm_then_cosine
from engine.training.features import best_device, low_precision
from engine.training.image_tuning import alikeness, as_states, image_vectors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from engine.training.alignment import Album, Drawn
    from engine.training.image_tower import LateStages

logger = logging.getLogger(__name__)

WHOLE, CENTRE = 0, 1  # the first views; those after them are cut out at random


@dataclass(frozen=True, slots=True)
class OneViewCourse:
    """How to teach it. ``whole`` is the share of whole photos among the views shown, ``distance_weight`` the weight of
    the distance to the mean vector beside the cross-entropy with the texts.
    """

    epochs: int = 5
    batch: int = 192
    each: int = 2
    label_batch: int = 128
    learning_rate: float = 3e-4
    weight_decay: float = 0.02
    dropout: float = 0.1
    whole: float = 0.55
    distance_weight: float = 20.0
    soft: float = 0.2
    seed: int = 1


class Lessons(Protocol):
    """Photos to learn from: the unit vectors (N, dim) to aim at, and the ``rows`` to use."""

    @property
    def targets(self) -> torch.Tensor:
        """What to say of each photo."""
        ...

    @property
    def rows(self) -> NDArray[np.int64]:
        """Which photos are for learning."""
        ...

    def pick(self, photos: NDArray[np.int64], whole: float, chance: np.random.Generator) -> torch.Tensor:
        """Return activations (P, C, H, W): of the whole photo with probability ``whole``, else of a cut-out of it."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """Photos as ``states`` (N, views, H, W, C) and the unit vectors (N, dim) to aim at; the ``rows`` to use."""

    states: NDArray[np.float16]
    targets: torch.Tensor
    rows: NDArray[np.int64]

    def pick(self, photos: NDArray[np.int64], whole: float, chance: np.random.Generator) -> torch.Tensor:
        """Take the whole view of some photos and one of the others of the rest."""
        views = chance.integers(1, max(2, self.states.shape[1]), size=len(photos))
        views[chance.random(len(photos)) < whole] = WHOLE
        return as_states(self.states[photos, views]).to(best_device())


@dataclass(frozen=True, slots=True)
class Told:
    """The texts of the captioned photos: their unit vectors in the photos' space and those that say which are alike."""

    album: Album
    vectors: torch.Tensor
    alike: torch.Tensor
    scale: float


def both_views(late: LateStages, states: NDArray[np.float16]) -> NDArray[np.float32]:
    """Return (N, dim): the unit mean of the vectors of the whole photo and of its centre."""
    total = image_vectors(late, states[:, WHOLE]) + image_vectors(late, states[:, CENTRE])
    unit: NDArray[np.float32] = total / np.linalg.norm(total, axis=1, keepdims=True)
    return unit


def teach_one_view(
    late: LateStages, captioned: Lessons, labelled: Lessons, told: Told, course: OneViewCourse
) -> LateStages:
    """Train ``late`` and return the average of its weights over the last steps."""
    torch.manual_seed(course.seed)
    chance = np.random.default_rng(course.seed)
    late.to(best_device())
    late.dropout.p = course.dropout
    learning = [one for one in late.parameters() if one.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=course.learning_rate, weight_decay=course.weight_decay)
    steps = math.ceil(len(captioned.rows) / course.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, warm_then_cosine(course.epochs * steps))
    average, others = Average(late, 0.99), _forever(labelled.rows, course.label_batch, chance)
    for epoch in range(1, course.epochs + 1):
        late.train()
        running = 0.0
        for drawn in draw(told.album, chance.permutation(captioned.rows), course.batch, course.each, chance):
            more = next(others)
            views = [captioned.pick(drawn.photos, course.whole, chance), labelled.pick(more, course.whole, chance)]
            vectors = _vectors(late, torch.cat(views))
            target = torch.cat([captioned.targets[drawn.photos], labelled.targets[more]]).to(vectors.device)
            distance = (1 - (vectors * target).sum(dim=1)).mean()
            loss = course.distance_weight * distance + _text_loss(vectors[: len(drawn.photos)], drawn, told, course)
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(learning, 2.0)
            optimiser.step()
            schedule.step()
            average.update(late)
            running += float(distance.detach()) / steps
        logger.info("one view, epoch %d of %d: distance %.4f", epoch, course.epochs, running)
    return average.module.cpu()  # type: ignore[return-value]  # a copy of ``late``


def _text_loss(photos: torch.Tensor, drawn: Drawn, told: Told, course: OneViewCourse) -> torch.Tensor:
    device = photos.device
    scores = told.vectors[drawn.texts].to(device) @ photos.T * told.scale
    right = right_answers(told.album, drawn).to(device)
    alike = alikeness(told.alike[drawn.texts].to(device), torch.from_numpy(drawn.owner).to(device), len(photos))
    return two_way_loss(scores, softened(right, alike, course.soft), softened(right.T, alike.T, course.soft))


def _vectors(late: LateStages, states: torch.Tensor) -> torch.Tensor:
    with low_precision(states.device):
        vectors = late.vector(states)
    return nn.functional.normalize(vectors.float(), dim=-1)


def _forever(rows: NDArray[np.int64], batch: int, chance: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    while True:
        order = chance.permutation(rows)
        for start in range(0, len(order), batch):
            yield order[start : start + batch]
