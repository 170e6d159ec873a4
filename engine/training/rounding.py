"""Weights that learn to be whole numbers: each is rounded to a few bits when it is used, and learns as if it were not.

Rounded after training, the image tower loses a point of recall; trained like this it gets it back (straight-through
estimator, Bengio et al. 2013; quantisation-aware training, Jacob et al. 2018). Every output channel has one scale, its
largest weight is the last step: what ONNX Runtime's static quantisation chooses as well, so it finds the same numbers.

Processors without VNNI add up pairs of products of unsigned and signed bytes in 16 bits; 64 steps cannot overflow them,
since 2 * 255 * 64 < 2 ** 15. Depthwise convolutions are computed in another way, in 32 bits, and may have all 127.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn.utils import parametrize

if TYPE_CHECKING:
    from collections.abc import Iterator

STEPS, DEPTHWISE_STEPS = 64, 127


class Rounded(nn.Module):
    """A weight (out, ...) as so many steps either way of each output channel's scale; its gradient goes through."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        """Return the rounded weight."""
        with torch.no_grad():
            away = rounded(weight, self.steps) - weight
        return weight + away


def rounded(weight: torch.Tensor, steps: int) -> torch.Tensor:
    """Return (out, ...) the nearest multiples of each output channel's scale, which is its largest weight / steps."""
    channels = tuple(range(1, weight.dim()))
    scale = weight.abs().amax(dim=channels, keepdim=True).clamp(min=1e-12) / steps
    return (weight / scale).round() * scale


def steps_of(layer: nn.Module) -> int:
    """How many steps either way the weights of a convolution or a linear mapping have."""
    return DEPTHWISE_STEPS if isinstance(layer, nn.Conv2d) and layer.groups > 1 else STEPS


def round_weights(module: nn.Module) -> None:
    """Use rounded weights in every convolution and linear mapping of ``module`` from now on."""
    for layer in list(_layers(module)):
        parametrize.register_parametrization(layer, "weight", Rounded(steps_of(layer)))


def keep_rounded(module: nn.Module) -> None:
    """Make the rounded weights the weights."""
    for layer in list(_layers(module)):
        if parametrize.is_parametrized(layer, "weight"):
            parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)


def _layers(module: nn.Module) -> Iterator[nn.Module]:
    return (layer for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.Linear))
