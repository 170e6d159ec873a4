"""Training a mapping between frozen vectors: one loop for every mapping, loss and similarity, with early stopping.

Vectors are computed once, before; a mapping over ten thousand photos then trains in half a minute on two cores.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from engine.models.recall import recall
from engine.training.losses import LOSSES, LossKind, cross_entropy
from engine.training.similarity import SIMILARITIES, SimilarityKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from engine.models.recall import Recall
    from engine.training.mapping import Mapping


# Where training starts; distances of free vectors are tens of times as far apart as cosines.
START_SCALE = {SimilarityKind.COSINE: 20.0, SimilarityKind.EUCLIDEAN: 1.0, SimilarityKind.KL: 20.0}


@dataclass(frozen=True, slots=True)
class Pairs:
    """``texts`` (T, d_x) and ``images`` (M, d_y) float32, and the row of each text's photo, ``owner`` (T,) int64."""

    texts: NDArray[np.float32]
    images: NDArray[np.float32]
    owner: NDArray[np.int64]

    def of_photos(self, photos: NDArray[np.int64]) -> Pairs:
        """Keep the given photos and the texts about them, rows renumbered in the order given."""
        renumbered = np.full(len(self.images), -1, np.int64)
        renumbered[photos] = np.arange(len(photos))
        kept = renumbered[self.owner] >= 0
        return Pairs(self.texts[kept], self.images[photos], renumbered[self.owner[kept]])


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train. ``patience`` is the number of epochs without a better held-out score after which training stops;
    ``anchor`` weighs the squared distance of the weights from where they started.
    """

    loss: LossKind = LossKind.CROSS_ENTROPY
    similarity: SimilarityKind = SimilarityKind.COSINE
    learning_rate: float = 1e-3
    weight_decay: float = 0.1
    batch: int = 512
    epochs: int = 40
    patience: int | None = None
    anchor: float = 0.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Training:
    """What came out: the scale (inverse temperature) of the scores, epochs run, and the best held-out score seen."""

    scale: float
    epochs: int
    best: float


def train_mapping(mapping: Mapping, pairs: Pairs, recipe: Recipe, held_out: Pairs | None = None) -> Training:
    """Train ``mapping`` in place; with ``held_out`` the weights of the best epoch are kept, the start counting as one.

    The held-out score is the mean of R@1, R@5 and R@10 over both directions.
    """
    torch.manual_seed(recipe.seed)
    log_scale = nn.Parameter(torch.tensor(math.log(START_SCALE[recipe.similarity])))
    optimiser = torch.optim.AdamW(
        [
            {"params": list(mapping.parameters()), "weight_decay": recipe.weight_decay},
            {"params": [log_scale], "weight_decay": 0.0},
        ],
        lr=recipe.learning_rate,
    )
    steps = recipe.epochs * math.ceil(len(pairs.owner) / recipe.batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, steps))
    keeper = _Keeper(mapping, held_out, recipe)
    keeper.is_done(0)
    start = [parameter.detach().clone() for parameter in mapping.parameters()]
    epoch = 0
    for epoch in range(1, recipe.epochs + 1):
        mapping.train()
        for texts, images, right in _batches(pairs, recipe, epoch):
            loss = _loss(mapping, texts, images, right, recipe, log_scale)
            loss = loss + recipe.anchor * _distance(mapping, start)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            schedule.step()
        if keeper.is_done(epoch):
            break
    mapping.eval()
    keeper.restore()
    return Training(float(log_scale.detach().exp()), epoch, keeper.best)


def score_matrix(mapping: Mapping, pairs: Pairs, similarity: SimilarityKind) -> NDArray[np.float32]:
    """Return the similarity (T, M) of every text with every photo under ``mapping``."""
    mapping.eval()
    with torch.inference_mode():
        texts, images = mapping(torch.from_numpy(pairs.texts), torch.from_numpy(pairs.images))
        scores: NDArray[np.float32] = SIMILARITIES[similarity](texts, images).numpy()
    return scores


def measure(mapping: Mapping, pairs: Pairs, similarity: SimilarityKind = SimilarityKind.COSINE) -> Recall:
    """Measure recall of ``mapping`` on ``pairs`` in both directions."""
    return recall(score_matrix(mapping, pairs, similarity), pairs.owner)


def overall(figures: Recall) -> float:
    """One number for a choice: the mean of R@1, R@5 and R@10 over both directions."""
    rows = (figures.text_to_image, figures.image_to_text)
    return sum(row.r1 + row.r5 + row.r10 for row in rows) / 6


def _loss(
    mapping: Mapping,
    texts: torch.Tensor,
    images: torch.Tensor,
    right: torch.Tensor,
    recipe: Recipe,
    log_scale: torch.Tensor,
) -> torch.Tensor:
    scores = SIMILARITIES[recipe.similarity](*mapping(texts, images))
    if recipe.loss is LossKind.CROSS_ENTROPY:
        return cross_entropy(scores, right, log_scale.exp())
    return LOSSES[recipe.loss](scores, right)


def _distance(mapping: Mapping, start: list[torch.Tensor]) -> torch.Tensor:
    moved = [(now - then).square().sum() for now, then in zip(mapping.parameters(), start, strict=True)]
    return torch.stack(moved).sum()


def _batches(pairs: Pairs, recipe: Recipe, epoch: int) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    order = np.random.default_rng((recipe.seed, epoch)).permutation(len(pairs.owner))
    for start in range(0, len(order), recipe.batch):
        rows = order[start : start + recipe.batch]
        photos, columns = np.unique(pairs.owner[rows], return_inverse=True)
        if len(photos) == 1:
            continue  # one photo alone has nothing to be told apart from
        right = torch.from_numpy(columns[:, None] == np.arange(len(photos))[None, :])
        yield torch.from_numpy(pairs.texts[rows]), torch.from_numpy(pairs.images[photos]), right


class _Keeper:
    """Keeps the weights of the best epoch and says when to stop."""

    def __init__(self, mapping: Mapping, held_out: Pairs | None, recipe: Recipe) -> None:
        self._mapping = mapping
        self._held_out = held_out
        self._recipe = recipe
        self._weights: dict[str, torch.Tensor] | None = None
        self._best_epoch = 0
        self.best = float("nan")

    def is_done(self, epoch: int) -> bool:
        if self._held_out is None:
            return False
        score = overall(measure(self._mapping, self._held_out, self._recipe.similarity))
        if self._weights is None or score > self.best:
            self.best, self._best_epoch = score, epoch
            self._weights = copy.deepcopy(self._mapping.state_dict())
        patience = self._recipe.patience
        return patience is not None and epoch - self._best_epoch >= patience

    def restore(self) -> None:
        if self._weights is not None:
            self._mapping.load_state_dict(self._weights)
