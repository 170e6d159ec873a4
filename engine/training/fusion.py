"""Fusion: multi-head attention between the words of a query and the cells of a photo, as a re-ranker.

Every word looks at the cells; what it sees is compared with the word itself, and a learned weight says how much the
word counts (after stacked cross attention, Lee et al. 2018, with the attention heads of Vaswani et al. 2017). The
result is added to the cosine of recall, so an untrained re-ranker changes nothing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from engine.training.features import best_device
from engine.training.losses import cross_entropy

if TYPE_CHECKING:
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FusionShape:
    """Widths of word states and cells, width of the shared space, and number of heads."""

    words: int
    cells: int
    width: int = 256
    heads: int = 8


class AttentionFusion(nn.Module):
    """Scores pairs of a text and a photo from (T, L, words) states, (T, L) mask and (P, G, cells) cells."""

    def __init__(self, shape: FusionShape, dropout: float = 0.1) -> None:
        super().__init__()
        self.heads = shape.heads
        self.query = nn.Linear(shape.words, shape.width)
        self.key = nn.Linear(shape.cells, shape.width)
        self.value = nn.Linear(shape.cells, shape.width)
        self.word = nn.Linear(shape.words, shape.width)
        self.weight = nn.Linear(shape.words, 1)
        self.dropout = nn.Dropout(dropout)
        self.strength = nn.Parameter(torch.zeros(()))

    def attention(self, words: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
        """Return (T, P, heads, L, G) weights: where each word looks in each photo; they sum to 1 over the cells."""
        query = self._split(self.query(words))
        key = self._split(self.key(cells))
        logits = torch.einsum("tlhd,pchd->tphlc", query, key) / query.shape[-1] ** 0.5
        weights: torch.Tensor = logits.softmax(dim=-1)
        return weights

    def forward(self, words: torch.Tensor, mask: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
        """Return (T, P) scores to be added to the cosine."""
        weights = self.dropout(self.attention(words, cells))
        seen = torch.einsum("tphlc,pchd->tplhd", weights, self._split(self.value(cells))).flatten(start_dim=3)
        meant = nn.functional.normalize(self.word(words), dim=-1)
        fit = torch.einsum("tplw,tlw->tpl", nn.functional.normalize(seen, dim=-1), meant)
        counts = self.weight(words).squeeze(-1).masked_fill(mask == 0, float("-inf")).softmax(dim=-1)
        scores: torch.Tensor = self.strength * torch.einsum("tpl,tl->tp", fit, counts)
        return scores

    def _split(self, states: torch.Tensor) -> torch.Tensor:
        return states.reshape(*states.shape[:-1], self.heads, -1)


@dataclass(frozen=True, slots=True)
class FusionData:
    """Texts and photos with what recall said: ``words`` (T, L, w) and ``cells`` (P, G, c) float16, ``mask`` (T, L),
    unit ``texts`` (T, d) and ``images`` (P, d), ``owner`` (T,).
    """

    words: NDArray[np.float16]
    mask: NDArray[np.int64]
    cells: NDArray[np.float16]
    texts: NDArray[np.float32]
    images: NDArray[np.float32]
    owner: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FusionCourse:
    """How to train a re-ranker: ``batch`` texts with their photos, told apart from each other."""

    epochs: int = 4
    batch: int = 48
    learning_rate: float = 3e-4
    scale: float = 30.0
    seed: int = 1


def train_fusion(fusion: AttentionFusion, data: FusionData, course: FusionCourse) -> None:
    """Train ``fusion`` in place on batches of photos that recall finds hard to tell apart."""
    torch.manual_seed(course.seed)
    fusion.to(best_device())
    with torch.no_grad():
        fusion.strength.fill_(0.1)
    optimiser = torch.optim.AdamW(fusion.parameters(), lr=course.learning_rate, weight_decay=0.01)
    chance = np.random.default_rng(course.seed)
    for epoch in range(1, course.epochs + 1):
        fusion.train()
        running = 0.0
        for number, rows in enumerate(_hard_batches(data, course.batch, chance), start=1):
            loss = _fusion_loss(fusion, data, rows, course)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            running += (float(loss.detach()) - running) / number
        logger.info("fusion epoch %d of %d: loss %.3f", epoch, course.epochs, running)
    fusion.eval()


@torch.inference_mode()
def rerank(fusion: AttentionFusion, data: FusionData, head: int = 20) -> NDArray[np.float32]:
    """Return (T, P) scores in which each text's first ``head`` photos by cosine are ordered anew, before all others."""
    scores = data.texts @ data.images.T
    out = scores.copy()
    for text in range(len(scores)):
        first = np.argsort(-scores[text], kind="stable")[:head]
        added = fusion(*_tensors(data, np.array([text]), first))[0].cpu().numpy()
        out[text, first] = scores[text, first] + added + 4.0  # above every cosine that was not looked at again
    return out


def _fusion_loss(
    fusion: AttentionFusion, data: FusionData, rows: NDArray[np.int64], course: FusionCourse
) -> torch.Tensor:
    photos, columns = np.unique(data.owner[rows], return_inverse=True)
    cosine = torch.from_numpy(data.texts[rows] @ data.images[photos].T).to(best_device())
    scores = cosine + fusion(*_tensors(data, rows, photos))
    right = torch.from_numpy(columns[:, None] == np.arange(len(photos))[None, :]).to(best_device())
    return cross_entropy(scores, right, course.scale)


def _tensors(
    data: FusionData, texts: NDArray[np.int64], photos: NDArray[np.int64]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    length = int(data.mask[texts].sum(axis=1).max())
    parts = data.words[texts, :length], data.mask[texts, :length], data.cells[photos]
    words, mask, cells = (torch.from_numpy(part).to(best_device()) for part in parts)
    return words.float(), mask, cells.float()


def _hard_batches(data: FusionData, batch: int, chance: np.random.Generator) -> list[NDArray[np.int64]]:
    """Half of each batch is drawn at random, half are texts about photos near to one of the batch."""
    order = chance.permutation(len(data.owner))
    batches = []
    for start in range(0, len(order), batch):
        seeds = order[start : start + batch // 2]
        near = (data.images[data.owner[seeds]] @ data.texts.T).argpartition(-8, axis=1)[:, -8:]
        picked = near[np.arange(len(seeds)), chance.integers(8, size=len(seeds))]
        batches.append(np.unique(np.concatenate([seeds, picked])))
    return batches
