"""The losses against plain NumPy loops, and their gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from engine.training.losses import LOSSES, LossKind, cross_entropy

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCORES = np.random.default_rng(5).uniform(-1, 1, (5, 3))
RIGHT = np.eye(3, dtype=bool)[[0, 0, 1, 2, 2]]
MARGIN = 0.2


def _hinges(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> list[list[float]]:
    """For each right pair, the costs of all wrong answers in its row."""
    return [
        [max(0.0, MARGIN - scores[t, p] + scores[t, q]) for q in range(scores.shape[1]) if not right[t, q]]
        for t, p in zip(*right.nonzero(), strict=True)
    ]


def _expected(kind: LossKind) -> float:
    there, back = _hinges(SCORES, RIGHT), _hinges(SCORES.T, RIGHT.T)
    if kind is LossKind.COSINE_EMBEDDING:
        return float(np.mean(1 - SCORES[RIGHT]) + np.mean(np.maximum(0, SCORES[~RIGHT] - MARGIN)))
    if kind is LossKind.TRIPLET_HARDEST:
        return float(np.mean([max(costs) for costs in there]))
    if kind is LossKind.HINGE_MAX:
        return float(np.mean([max(costs) for costs in there]) + np.mean([max(costs) for costs in back]))
    if kind is LossKind.HINGE_SUM:
        return float(np.mean([sum(costs) for costs in there]) + np.mean([sum(costs) for costs in back]))
    return (_entropy(SCORES, RIGHT) + _entropy(SCORES.T, RIGHT.T)) / 2


def _entropy(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    costs = []
    for row, answers in zip(scores * 20.0, right, strict=True):
        shares = np.exp(row) / np.exp(row).sum()
        costs.append(-np.log(shares[answers]).mean())
    return float(np.mean(costs))


@pytest.mark.parametrize("kind", list(LossKind))
def test_loss_equals_the_formula(kind: LossKind) -> None:
    loss = LOSSES[kind](torch.from_numpy(SCORES), torch.from_numpy(RIGHT))
    assert float(loss) == pytest.approx(_expected(kind), abs=1e-9)


@pytest.mark.parametrize("kind", list(LossKind))
def test_gradients_are_right(kind: LossKind) -> None:
    scores = torch.from_numpy(SCORES.copy()).requires_grad_()
    right = torch.from_numpy(RIGHT)
    assert torch.autograd.gradcheck(lambda given: LOSSES[kind](given, right), (scores,))


@pytest.mark.parametrize("kind", list(LossKind))
def test_loss_prefers_right_pairs(kind: LossKind) -> None:
    right = torch.from_numpy(RIGHT)
    good, bad = right.double(), 1 - right.double()
    assert LOSSES[kind](good, right) < LOSSES[kind](bad, right)


def test_cosine_embedding_of_one_pair_is_torchs_own() -> None:
    z, y = torch.randn(1, 8), torch.randn(1, 8)
    ours = LOSSES[LossKind.COSINE_EMBEDDING](torch.cosine_similarity(z, y)[None], torch.ones(1, 1, dtype=torch.bool))
    theirs = torch.nn.CosineEmbeddingLoss()(z, y, torch.ones(1))
    assert float(ours) == pytest.approx(float(theirs), abs=1e-6)


def test_several_captions_of_one_photo_share_the_target() -> None:
    scores = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    both_right = torch.tensor([[True, False], [True, False], [False, True]])
    one_right = torch.tensor([[True, False], [False, True], [False, True]])
    assert cross_entropy(scores, both_right) < cross_entropy(scores, one_right)


def test_smoothing_costs_something_on_perfect_scores() -> None:
    right = torch.eye(3, dtype=torch.bool)
    assert cross_entropy(right.float(), right, smoothing=0.1) > cross_entropy(right.float(), right)
