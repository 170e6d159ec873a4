"""Training the text tower with its mapping, end to end, against the photo vectors; the teacher keeps it honest."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from engine.training.alignment import Average, draw, right_answers, softened, two_way_loss
from engine.training.batches import drop_words, pad
from engine.training.distillation import Lecture, lesson_loss, text_optimiser, warm_then_cosine
from engine.training.features import best_device, low_precision
from engine.training.image_tuning import alikeness

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from engine.training.alignment import Album, Drawn
    from engine.training.distillation import Lessons
    from engine.training.text_tower import TextTower

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Exhibition:
    """Photos as finished vectors: ``images`` (N, views, dim), their texts as ids, the rows to use, and for every text
    the fixed vector (T, d) that says which captions are alike.
    """

    album: Album
    ids: list[list[int]]
    images: NDArray[np.float32]
    rows: NDArray[np.int64]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TextCourse:
    """How to train the text side. ``lesson_weight`` is that of the teacher's sentences beside the captions."""

    epochs: int = 8
    batch: int = 256
    each: int = 1
    learning_rate: float = 1e-4
    word_rate: float = 3e-4
    soft: float = 0.2
    label_weight: float = 0.3
    label_batch: int = 48
    lesson_weight: float = 0.5
    lesson_batch: int = 48
    word_drop: float = 0.1
    seed: int = 1


def tune_text(
    tower: TextTower,
    captioned: Exhibition,
    labelled: Exhibition | None,
    lessons: Sequence[Lessons],
    course: TextCourse,
    scale: float = 20.0,
) -> tuple[TextTower, float]:
    """Train ``tower``; return the average of its weights over the last steps, and the scale of the scores."""
    device = best_device()
    torch.manual_seed(course.seed)
    tower.to(device)
    log_scale = nn.Parameter(torch.tensor(math.log(scale), device=device))
    optimiser = text_optimiser(tower, course.learning_rate, course.word_rate)
    optimiser.add_param_group({"params": [log_scale], "lr": 1e-3, "weight_decay": 0.0})
    steps = course.epochs * math.ceil(len(captioned.rows) / course.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, warm_then_cosine(steps))
    average = Average(tower)
    extra = _Extra(labelled, lessons, course)
    chance = np.random.default_rng(course.seed)
    for epoch in range(1, course.epochs + 1):
        tower.train()
        running = 0.0
        order = chance.permutation(captioned.rows)
        for number, drawn in enumerate(draw(captioned.album, order, course.batch, course.each, chance), start=1):
            optimiser.zero_grad(set_to_none=True)
            loss = _caption_loss(tower, captioned, drawn, log_scale, course)
            torch.autograd.backward(loss)
            extra.backward(tower, log_scale)
            nn.utils.clip_grad_norm_(tower.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            average.update(tower)
            running += (float(loss.detach()) - running) / number
        logger.info("text epoch %d of %d: loss %.3f", epoch, course.epochs, running)
    tuned = average.module
    return tuned, float(log_scale.detach().exp())  # type: ignore[return-value]  # a copy of ``tower``


@torch.inference_mode()
def text_vectors(
    tower: TextTower, ids: Sequence[list[int]], *, sentences: bool = False, batch: int = 256
) -> NDArray[np.float32]:
    """Return (N, dim) unit vectors of texts given as ids; with ``sentences`` those before the mapping."""
    tower.eval()
    device = next(tower.parameters()).device
    order = sorted(range(len(ids)), key=lambda row: len(ids[row]))
    out = np.zeros((len(ids), tower.shape.width if sentences else tower.shape.dim), np.float32)
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        tokens = pad([ids[row] for row in rows])
        with low_precision(device):
            encode = tower.sentence if sentences else tower
            out[rows] = encode(tokens.ids.to(device), tokens.mask.to(device)).float().cpu().numpy()
    return out


class _Extra:
    """What is learned beside the captions: labels, and the teacher's sentences."""

    def __init__(self, labelled: Exhibition | None, lessons: Sequence[Lessons], course: TextCourse) -> None:
        self._labelled = labelled
        self._lessons = lessons
        self._course = course
        self._chance = np.random.default_rng((course.seed, 7))
        self._labels = None if labelled is None else self._forever(labelled)

    def backward(self, tower: TextTower, log_scale: torch.Tensor) -> None:
        """Add the gradients of one batch of each kind."""
        course = self._course
        if self._labels is not None and self._labelled is not None:
            loss = _caption_loss(tower, self._labelled, next(self._labels), log_scale, course)
            torch.autograd.backward(course.label_weight * loss)
        for lessons in self._lessons:
            share = course.lesson_weight / len(self._lessons)
            torch.autograd.backward(share * self._lesson_loss(tower, lessons))

    def _lesson_loss(self, tower: TextTower, lessons: Lessons) -> torch.Tensor:
        members = self._chance.integers(len(lessons.rows), size=self._course.lesson_batch)
        tokens = pad([drop_words(lessons.rows[member], self._course.word_drop, self._chance) for member in members])
        device = next(tower.parameters()).device
        target = torch.from_numpy(lessons.targets[lessons.target_of[members]].astype(np.float32)).to(device)
        with low_precision(device):
            vectors = tower.sentence(tokens.ids.to(device), tokens.mask.to(device))
        return lesson_loss(vectors.float(), target, Lecture())[0]

    def _forever(self, labelled: Exhibition) -> Iterator[Drawn]:
        while True:
            order = self._chance.permutation(labelled.rows)
            yield from draw(labelled.album, order, self._course.label_batch, 1, self._chance)


def _caption_loss(
    tower: TextTower, shown: Exhibition, drawn: Drawn, log_scale: torch.Tensor, course: TextCourse
) -> torch.Tensor:
    device = log_scale.device
    chance = np.random.default_rng(int(torch.randint(2**31, ())))
    tokens = pad([drop_words(shown.ids[text], course.word_drop, chance) for text in drawn.texts])
    with low_precision(device):
        texts = tower(tokens.ids.to(device), tokens.mask.to(device))
    views = chance.integers(shown.images.shape[1], size=len(drawn.photos))
    images = torch.from_numpy(shown.images[drawn.photos, views]).to(device)
    scores = texts.float() @ images.T * log_scale.exp().clamp(max=100)
    right = right_answers(shown.album, drawn).to(device)
    fixed = torch.from_numpy(shown.vectors[drawn.texts]).to(device)
    alike = alikeness(fixed, torch.from_numpy(drawn.owner).to(device), len(drawn.photos))
    return two_way_loss(scores, softened(right, alike, course.soft), softened(right.T, alike.T, course.soft))
