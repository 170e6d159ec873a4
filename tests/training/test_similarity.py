"""The torch similarities against the independent NumPy ones, and their gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.search import similarity as plain
from engine.training.similarity import SIMILARITIES, SimilarityKind


@pytest.mark.parametrize("kind", list(SimilarityKind))
def test_torch_and_numpy_agree(kind: SimilarityKind) -> None:
    chance = np.random.default_rng(3)
    texts = chance.normal(size=(5, 7)).astype(np.float32)
    images = chance.normal(size=(6, 7)).astype(np.float32)
    ours = SIMILARITIES[kind](torch.from_numpy(texts), torch.from_numpy(images)).numpy()
    np.testing.assert_allclose(ours, getattr(plain, kind.value)(texts, images), atol=1e-5)


@pytest.mark.parametrize("kind", list(SimilarityKind))
def test_gradients_are_right(kind: SimilarityKind) -> None:
    torch.manual_seed(0)
    texts = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    images = torch.randn(2, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(SIMILARITIES[kind], (texts, images))


def test_euclidean_has_a_finite_gradient_where_both_are_equal() -> None:
    same = torch.ones(1, 3, requires_grad=True)
    torch.autograd.backward(SIMILARITIES[SimilarityKind.EUCLIDEAN](same, torch.ones(1, 3)).sum())
    assert same.grad is not None
    assert torch.isfinite(same.grad).all()
