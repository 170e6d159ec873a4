"""Fine-tuning the image tower's late stages against fixed text vectors, on captioned and labelled photos together."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from engine.training.alignment import Average, draw, right_answers, softened, two_way_loss
from engine.training.distillation import warm_then_cosine
from engine.training.features import best_device, low_precision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from engine.training.alignment import Album, Drawn
    from engine.training.image_tower import LateStages

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gallery:
    """Photos to learn from: texts, ``states`` (N, views, H, W, C), the rows to use, and fixed text vectors (T, d)."""

    album: Album
    states: NDArray[np.float16]
    rows: NDArray[np.int64]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ImageCourse:
    """How to fine-tune. ``soft`` is the share of the target given to photos with like captions."""

    epochs: int = 12
    batch: int = 256
    each: int = 2
    learning_rate: float = 2e-4
    mapping_rate: float = 1e-3
    weight_decay: float = 0.05
    dropout: float = 0.3
    soft: float = 0.2
    label_weight: float = 0.5
    label_batch: int = 128
    seed: int = 1


class Pair(nn.Module):
    """The open part of the image tower, the mapping of the fixed text vectors, and the scale of the scores."""

    def __init__(self, late: LateStages, text: nn.Linear, scale: float) -> None:
        super().__init__()
        self.late = late
        self.text = text
        self.log_scale = nn.Parameter(torch.tensor(math.log(scale)))

    def scores(self, vectors: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
        """Return scaled cosines (T, P) of text vectors and photos' activations."""
        texts = nn.functional.normalize(self.text(vectors).float(), dim=-1)
        images = nn.functional.normalize(self.late.vector(states).float(), dim=-1)
        with torch.autocast(texts.device.type, enabled=False):
            return texts @ images.T * self.log_scale.exp().clamp(max=100)


def tune_image(pair: Pair, captioned: Gallery, labelled: Gallery | None, course: ImageCourse) -> Pair:
    """Train ``pair`` and return the average of its weights over the last steps."""
    device = best_device()
    torch.manual_seed(course.seed)
    pair.to(device)
    pair.late.dropout.p = course.dropout
    optimiser = _optimiser(pair, course)
    steps = course.epochs * math.ceil(len(captioned.rows) / course.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, warm_then_cosine(steps))
    average = Average(pair)
    labels = None if labelled is None else _forever(labelled, course)
    for epoch in range(1, course.epochs + 1):
        pair.train()
        running = 0.0
        for number, drawn in enumerate(_epoch(captioned, course, epoch), start=1):
            loss = _loss(pair, captioned, drawn, course)
            running += (float(loss.detach()) - running) / number
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            if labels is not None and labelled is not None:
                torch.autograd.backward(course.label_weight * _loss(pair, labelled, next(labels), course))
            nn.utils.clip_grad_norm_(pair.parameters(), 2.0)
            optimiser.step()
            schedule.step()
            average.update(pair)
        logger.info("image epoch %d of %d: loss %.3f", epoch, course.epochs, running)
    tuned = average.module
    assert isinstance(tuned, Pair)
    return tuned


@torch.inference_mode()
def image_vectors(late: LateStages, states: NDArray[np.float16], batch: int = 128) -> NDArray[np.float32]:
    """Return (N, dim) unit vectors of (N, H, W, C) activations."""
    late.eval()
    device = next(late.parameters()).device
    parts = []
    for start in range(0, len(states), batch):
        with low_precision(device):
            vectors = late.vector(as_states(states[start : start + batch]).to(device)).float()
        parts.append(nn.functional.normalize(vectors, dim=-1).cpu().numpy())
    return np.concatenate(parts)


@torch.inference_mode()
def pooled_features(late: LateStages, states: NDArray[np.float16], batch: int = 128) -> NDArray[np.float32]:
    """Return (N, 1280) unmapped features of (N, H, W, C) activations: the frozen backbone's, while it is untrained."""
    late.eval()
    device = next(late.parameters()).device
    parts = [
        late.features(as_states(states[start : start + batch]).to(device)).mean(dim=1).cpu().numpy()
        for start in range(0, len(states), batch)
    ]
    return np.concatenate(parts)


def as_states(states: NDArray[np.float16]) -> torch.Tensor:
    """Turn (N, H, W, C) float16 into the (N, C, H, W) float32 that the blocks take, laid out channels last."""
    return torch.from_numpy(np.ascontiguousarray(states)).float().permute(0, 3, 1, 2)


def _loss(pair: Pair, gallery: Gallery, drawn: Drawn, course: ImageCourse) -> torch.Tensor:
    device = pair.log_scale.device
    vectors = torch.from_numpy(gallery.vectors[drawn.texts]).to(device)
    views = np.random.default_rng(int(torch.randint(2**31, ())))
    chosen = views.integers(gallery.states.shape[1], size=len(drawn.photos))
    states = as_states(gallery.states[drawn.photos, chosen]).to(device)
    with low_precision(device):
        scores = pair.scores(vectors, states)
    right = right_answers(gallery.album, drawn).to(device)
    alike = alikeness(vectors, torch.from_numpy(drawn.owner).to(device), len(drawn.photos))
    return two_way_loss(scores, softened(right, alike, course.soft), softened(right.T, alike.T, course.soft))


def alikeness(vectors: torch.Tensor, owner: torch.Tensor, photos: int) -> torch.Tensor:
    """Return (T, P): how much each text is like the mean of the texts drawn for each photo, as a cosine."""
    means = torch.zeros(photos, vectors.shape[1], device=vectors.device).index_add_(0, owner, vectors)
    return nn.functional.normalize(vectors, dim=-1) @ nn.functional.normalize(means, dim=-1).T


def _optimiser(pair: Pair, course: ImageCourse) -> torch.optim.AdamW:
    mappings = [*pair.text.parameters(), *pair.late.mapping.parameters()]
    mapped = {id(parameter) for parameter in mappings}
    deep = [parameter for parameter in pair.late.parameters() if id(parameter) not in mapped]
    return torch.optim.AdamW(
        [
            {"params": deep, "lr": course.learning_rate, "weight_decay": course.weight_decay},
            {"params": mappings, "lr": course.mapping_rate, "weight_decay": course.weight_decay},
            {"params": [pair.log_scale], "lr": course.mapping_rate, "weight_decay": 0.0},
        ]
    )


def english_only(album: Album) -> Album:
    """The same album without its Chinese texts, which the teacher does not understand."""
    return replace(album, chinese=tuple(() for _ in album.chinese))


def _epoch(gallery: Gallery, course: ImageCourse, epoch: int) -> Iterator[Drawn]:
    chance = np.random.default_rng((course.seed, epoch))
    yield from draw(gallery.album, chance.permutation(gallery.rows), course.batch, course.each, chance)


def _forever(gallery: Gallery, course: ImageCourse) -> Iterator[Drawn]:
    chance = np.random.default_rng((course.seed, 0))
    while True:
        yield from draw(gallery.album, chance.permutation(gallery.rows), course.label_batch, 1, chance)
