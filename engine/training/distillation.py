"""Teaching the text tower: its vector of a sentence is to be the teacher's vector of that sentence in English.

Chinese sentences aim at the vector of their English partner (Reimers and Gurevych 2020, multilingual distillation). To
the distance comes an in-batch contrast, so that near sentences stay distinguishable.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from engine.training.batches import by_length, drop_words, pad, tokenise
from engine.training.features import best_device, low_precision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    from engine.training.corpus import Corpus, TeacherStore
    from engine.training.text_tower import TextTower

logger = logging.getLogger(__name__)

SAME_TARGET = 0.999  # several texts of one photo share a target: none is wrong for the other


@dataclass(frozen=True, slots=True)
class Lessons:
    """Texts with the vector each is to have: ``rows`` of ids, ``targets`` (T, d) float16 by ``target_of`` (N,)."""

    rows: list[list[int]]
    targets: NDArray[np.float16]
    target_of: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lecture:
    """How to teach. ``presentations`` counts sentences shown, ``chinese`` is the share of them in Chinese."""

    presentations: int = 240_000
    chinese: float = 0.75
    batch: int = 256
    learning_rate: float = 2e-4
    word_rate: float = 1e-3
    contrast: float = 0.1
    scale: float = 20.0
    word_drop: float = 0.05
    seed: int = 1


def english_lessons(corpus: Corpus, store: TeacherStore, tokenizer: Tokenizer) -> Lessons:
    """Every English text aims at its own vector."""
    texts = corpus.english_texts()
    return Lessons(tokenise(tokenizer, texts), store.vectors(texts).astype(np.float16), np.arange(len(texts)))


def chinese_lessons(corpus: Corpus, store: TeacherStore, tokenizer: Tokenizer) -> Lessons:
    """Every Chinese text aims at the mean vector of the English texts beside it."""
    pairs = [pair for pair in corpus.parallel if pair.zh]
    targets = np.stack([store.mean(pair.en) for pair in pairs]).astype(np.float16)
    texts = [text for pair in pairs for text in pair.zh]
    target_of = np.repeat(np.arange(len(pairs)), [len(pair.zh) for pair in pairs])
    return Lessons(tokenise(tokenizer, texts), targets, target_of)


def teach(tower: TextTower, english: Lessons, chinese: Lessons, lecture: Lecture) -> None:
    """Train ``tower`` in place."""
    device = best_device()
    tower.to(device).train()
    torch.manual_seed(lecture.seed)
    batches = _programme(english, chinese, lecture)
    optimiser = text_optimiser(tower, lecture.learning_rate, lecture.word_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, warm_then_cosine(len(batches)))
    chance = np.random.default_rng(lecture.seed)
    running = torch.zeros((), device=device)
    for number, (lessons, members) in enumerate(batches, start=1):
        rows = [drop_words(lessons.rows[member], lecture.word_drop, chance) for member in members]
        target = torch.from_numpy(lessons.targets[lessons.target_of[members]].astype(np.float32)).to(device)
        tokens = pad(rows)
        with low_precision(device):
            vectors = tower.sentence(tokens.ids.to(device), tokens.mask.to(device))
        loss, similarity = lesson_loss(vectors.float(), target, lecture)
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(tower.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        running = running + (similarity - running) / min(number, 50)
        if number % 50 == 0:
            logger.info("lesson %d of %d: cosine to the teacher %.3f", number, len(batches), running)
    tower.eval()


def lesson_loss(vectors: torch.Tensor, target: torch.Tensor, lecture: Lecture) -> tuple[torch.Tensor, torch.Tensor]:
    """Return distance plus contrast, and the mean cosine to the target, a scalar without a gradient."""
    nearness = (vectors * target).sum(dim=-1)
    scores = vectors @ target.T * lecture.scale
    same = target @ target.T > SAME_TARGET
    others = scores.masked_fill(same & ~torch.eye(len(same), dtype=torch.bool, device=same.device), float("-inf"))
    contrast = nn.functional.cross_entropy(others, torch.arange(len(others), device=others.device))
    return (1 - nearness).mean() + lecture.contrast * contrast, nearness.detach().mean()


def text_optimiser(tower: TextTower, rate: float, word_rate: float) -> torch.optim.AdamW:
    """AdamW with a higher rate for the word vectors, most of which start from nothing."""
    words = [tower.words.weight]
    rest = [parameter for name, parameter in tower.named_parameters() if name != "words.weight"]
    groups = [
        {"params": rest, "lr": rate, "weight_decay": 0.01},
        {"params": words, "lr": word_rate, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, fused=True)


def warm_then_cosine(steps: int, warm: float = 0.05) -> WarmThenCosine:
    """Rise linearly over the first share ``warm`` of the steps, then fall to zero along a cosine."""
    return WarmThenCosine(max(1, steps), max(1, round(steps * warm)))


@dataclass(frozen=True, slots=True)
class WarmThenCosine:
    """The factor of the learning rate at each step."""

    steps: int
    warm: int

    def __call__(self, step: int) -> float:
        """Return the factor, 0..1."""
        if step < self.warm:
            return (step + 1) / self.warm
        share = min(1.0, (step - self.warm) / max(1, self.steps - self.warm))
        return 0.5 * (1 + math.cos(math.pi * share))


def _programme(english: Lessons, chinese: Lessons, lecture: Lecture) -> Sequence[tuple[Lessons, NDArray[np.int64]]]:
    """Draw all batches beforehand: each in one language, in random order."""
    chance = np.random.default_rng(lecture.seed)
    batches: list[tuple[Lessons, NDArray[np.int64]]] = []
    shares = ((english, 1 - lecture.chinese), (chinese, lecture.chinese))
    for lessons, share in shares:
        lengths = np.array([len(row) for row in lessons.rows])
        left = round(lecture.presentations * share)
        while left > 0:
            order = chance.permutation(len(lessons.rows))[:left]
            left -= len(order)
            batches.extend((lessons, members) for members in by_length(order, lengths, lecture.batch, chance))
    return [batches[number] for number in chance.permutation(len(batches))]
