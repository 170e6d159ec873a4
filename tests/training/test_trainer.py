"""Training a mapping on vectors that have one to find."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.training.evaluation import candidates, compare, curve
from engine.training.losses import LossKind
from engine.training.mapping import LinearMapping
from engine.training.similarity import SimilarityKind
from engine.training.trainer import Pairs, Recipe, measure, train_mapping


def made_pairs(photos: int = 120, seed: int = 0) -> Pairs:
    """Two texts per photo, each a hidden linear function of the photo plus noise."""
    chance = np.random.default_rng(seed)
    hidden = np.random.default_rng(9).normal(size=(16, 12))
    images = chance.normal(size=(photos, 16)).astype(np.float32)
    owner = np.repeat(np.arange(photos), 2)
    texts = (images[owner] @ hidden + 0.3 * chance.normal(size=(2 * photos, 12))).astype(np.float32)
    return Pairs(texts, images, owner)


@pytest.mark.parametrize("loss", list(LossKind))
def test_every_loss_learns_the_hidden_mapping(loss: LossKind) -> None:
    torch.manual_seed(0)
    mapping = LinearMapping(12, 16)
    held_out = made_pairs(60, seed=1)
    before = measure(mapping, held_out).text_to_image.r10
    train_mapping(mapping, made_pairs(), Recipe(loss, learning_rate=1e-2, epochs=25, batch=64))
    assert measure(mapping, held_out).text_to_image.r10 > max(0.6, before + 0.2)


@pytest.mark.parametrize("kind", list(SimilarityKind))
def test_every_similarity_can_be_trained(kind: SimilarityKind) -> None:
    torch.manual_seed(0)
    mapping = LinearMapping(12, 16)
    train_mapping(mapping, made_pairs(), Recipe(similarity=kind, learning_rate=1e-2, epochs=25, batch=64))
    assert measure(mapping, made_pairs(60, seed=1), kind).text_to_image.r10 > 0.6


def test_the_same_seed_gives_the_same_weights() -> None:
    weights = []
    for _ in range(2):
        torch.manual_seed(0)
        mapping = LinearMapping(12, 16)
        train_mapping(mapping, made_pairs(), Recipe(epochs=3))
        weights.append(mapping.linear.weight.detach().clone())
    torch.testing.assert_close(weights[0], weights[1], rtol=0, atol=0)


def test_training_stops_early_and_keeps_the_best_weights() -> None:
    torch.manual_seed(0)
    mapping = LinearMapping(12, 16)
    held_out = made_pairs(60, seed=1)
    recipe = Recipe(learning_rate=1e-2, epochs=200, batch=64, patience=5)
    training = train_mapping(mapping, made_pairs(), recipe, held_out)
    assert training.epochs < 200
    assert measure(mapping, held_out).text_to_image.r10 > 0.6


def test_wrong_captions_leave_the_start_untouched_when_it_was_best() -> None:
    torch.manual_seed(0)
    held_out = made_pairs(60, seed=1)
    mapping = LinearMapping(12, 16)
    train_mapping(mapping, made_pairs(), Recipe(learning_rate=1e-2, epochs=30, batch=64))
    good = mapping.linear.weight.detach().clone()
    pairs = made_pairs()
    shuffled = Pairs(pairs.texts, pairs.images, np.random.default_rng(2).permutation(pairs.owner))
    train_mapping(mapping, shuffled, Recipe(learning_rate=1e-2, epochs=4, patience=3), held_out)
    torch.testing.assert_close(mapping.linear.weight, good)


def test_pairs_of_photos_keep_texts_with_their_photos() -> None:
    pairs = made_pairs(10)
    part = pairs.of_photos(np.array([7, 2]))
    np.testing.assert_array_equal(part.images, pairs.images[[7, 2]])
    np.testing.assert_array_equal(part.texts[part.owner == 0], pairs.texts[pairs.owner == 7])
    assert len(part.texts) == 4


def test_comparison_has_a_row_for_every_part_of_the_method() -> None:
    rows = candidates(epochs=1)
    assert len(rows) >= 8
    assert {row.recipe.loss for row in rows} == set(LossKind)
    assert {row.recipe.similarity for row in rows} == set(SimilarityKind)
    compared = compare(rows[:2], made_pairs(), made_pairs(60, seed=1))
    assert [row.name for row in compared] == [row.name for row in rows[:2]]


def test_curve_rises_with_the_number_of_photos() -> None:
    row = candidates(epochs=15)[2]
    points = curve(row, made_pairs(400), made_pairs(60, seed=1), [20, 400])
    assert [point.photos for point in points] == [20, 400]
    assert points[1].figures.text_to_image.r10 > points[0].figures.text_to_image.r10
