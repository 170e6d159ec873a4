"""Comparing what was trained, on the same held-out photos: mapping x loss x similarity, and recall by data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from engine.training.losses import LossKind
from engine.training.mapping import (
    BilinearMapping,
    Direction,
    LinearMapping,
    LowRankBilinearMapping,
    Mapping,
    SharedMapping,
)
from engine.training.similarity import SimilarityKind
from engine.training.trainer import Pairs, Recipe, measure, train_mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.models.recall import Recall


@dataclass(frozen=True, slots=True)
class Candidate:
    """One row of the comparison: how to make the mapping (from d_x and d_y), and how to train it."""

    name: str
    make: Callable[[int, int], Mapping]
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Compared:
    """A candidate's recall on the held-out photos."""

    name: str
    loss: LossKind
    similarity: SimilarityKind
    figures: Recall


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Recall after training on so many pairs."""

    pairs: int
    photos: int
    figures: Recall


def candidates(epochs: int = 10) -> list[Candidate]:
    """The rows of the model card's table: every mapping, every loss, every similarity at least once."""
    back = Direction.IMAGE_TO_TEXT
    makes: dict[str, Callable[[int, int], Mapping]] = {
        "linear, text to image": LinearMapping,
        "linear, image to text": lambda text, image: LinearMapping(text, image, back),
        "linear, both sides, 384": lambda text, image: SharedMapping(text, image, 384, dropout=0.4),
        "bilinear, full, text to image": BilinearMapping,
        "bilinear, full, image to text": lambda text, image: BilinearMapping(text, image, back),
        "bilinear, rank 128": lambda text, image: LowRankBilinearMapping(text, image, 128),
    }
    both = "linear, both sides, 384"
    rows = [(name, LossKind.CROSS_ENTROPY, SimilarityKind.COSINE) for name in makes]
    rows += [("linear, text to image", LossKind.COSINE_EMBEDDING, SimilarityKind.COSINE)]
    rows += [(both, loss, SimilarityKind.COSINE) for loss in LossKind if loss is not LossKind.CROSS_ENTROPY]
    rows += [(both, LossKind.CROSS_ENTROPY, kind) for kind in (SimilarityKind.EUCLIDEAN, SimilarityKind.KL)]
    rows += [(both, LossKind.HINGE_MAX, kind) for kind in (SimilarityKind.EUCLIDEAN, SimilarityKind.KL)]
    return [Candidate(name, makes[name], Recipe(loss, kind, epochs=epochs)) for name, loss, kind in rows]


def compare(rows: Sequence[Candidate], train: Pairs, held_out: Pairs) -> list[Compared]:
    """Train every candidate on the same pairs from the same seed and measure it on the same held-out photos."""
    out = []
    for row in rows:
        mapping = seeded(row, train)
        train_mapping(mapping, train, row.recipe)
        recipe = row.recipe
        out.append(Compared(row.name, recipe.loss, recipe.similarity, measure(mapping, held_out, recipe.similarity)))
    return out


def curve(row: Candidate, train: Pairs, held_out: Pairs, photo_counts: Sequence[int]) -> list[CurvePoint]:
    """Train ``row`` on growing random parts of the photos, each part containing the one before."""
    order = np.random.default_rng(row.recipe.seed).permutation(len(train.images))
    out = []
    for count in photo_counts:
        part = train.of_photos(order[:count])
        # The same number of steps for every size, so that the curve shows the data and not the training time.
        epochs = max(1, round(row.recipe.epochs * len(train.owner) / max(1, len(part.owner))))
        recipe = replace(row.recipe, epochs=min(epochs, row.recipe.epochs * 4))
        mapping = seeded(row, part)
        train_mapping(mapping, part, recipe)
        out.append(CurvePoint(len(part.owner), len(part.images), measure(mapping, held_out, recipe.similarity)))
    return out


def seeded(row: Candidate, pairs: Pairs) -> Mapping:
    """Make a candidate's mapping with weights that depend on its seed alone."""
    import torch

    torch.manual_seed(row.recipe.seed)
    return row.make(pairs.texts.shape[1], pairs.images.shape[1])


def figures_text(figures: Recall) -> str:
    """Write recall as R@1/R@5/R@10 of text to image, and of image to text."""
    there, back = figures.text_to_image, figures.image_to_text
    return f"{there.r1:.3f}/{there.r5:.3f}/{there.r10:.3f} | {back.r1:.3f}/{back.r5:.3f}/{back.r10:.3f}"
