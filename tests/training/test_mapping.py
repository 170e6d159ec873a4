"""The mappings: what the formulas say, in both directions."""

from __future__ import annotations

import pytest
import torch

from engine.training.mapping import (
    BilinearMapping,
    Direction,
    LinearMapping,
    LowRankBilinearMapping,
    Mapping,
    SharedMapping,
)

X, Y = torch.randn(3, 4), torch.randn(2, 5)


def test_linear_text_to_image_is_w_x_plus_b_and_leaves_images_alone() -> None:
    mapping = LinearMapping(4, 5)
    texts, images = mapping(X, Y)
    expected = X @ mapping.linear.weight.T + mapping.linear.bias
    torch.testing.assert_close(texts, expected)
    assert images is Y


def test_linear_image_to_text_leaves_texts_alone() -> None:
    texts, images = LinearMapping(4, 5, Direction.IMAGE_TO_TEXT)(X, Y)
    assert texts is X
    assert images.shape == (2, 4)


@pytest.mark.parametrize("direction", list(Direction))
def test_bilinear_product_is_x_w_y(direction: Direction) -> None:
    mapping = BilinearMapping(4, 5, direction)
    texts, images = mapping(X, Y)
    expected = torch.stack([torch.stack([x @ mapping.weight @ y for y in Y]) for x in X])
    torch.testing.assert_close(texts @ images.T, expected)


def test_low_rank_bilinear_is_the_full_one_with_w_of_that_rank() -> None:
    mapping = LowRankBilinearMapping(4, 5, rank=2)
    texts, images = mapping(X, Y)
    weight = mapping.u @ mapping.v.T
    assert torch.linalg.matrix_rank(weight) == 2
    torch.testing.assert_close(texts @ images.T, X @ weight @ Y.T)


@pytest.mark.parametrize(
    "mapping",
    [LinearMapping(4, 5), SharedMapping(4, 5, 3), BilinearMapping(4, 5), LowRankBilinearMapping(4, 5, 2)],
    ids=lambda mapping: type(mapping).__name__,
)
def test_gradients_are_right(mapping: Mapping) -> None:
    mapping = mapping.double()
    texts = torch.randn(2, 4, dtype=torch.float64, requires_grad=True)
    images = torch.randn(2, 5, dtype=torch.float64, requires_grad=True)

    def product(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        mapped_texts, mapped_images = mapping(x, y)
        scores: torch.Tensor = mapped_texts @ mapped_images.T
        return scores

    assert torch.autograd.gradcheck(product, (texts, images))
