"""Weights that learn to be whole numbers: the same numbers in training, in the ONNX file, and on an old processor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from engine.training.image_tower import ImageTower
from engine.training.packaging import export_image_tower, open_graph
from engine.training.quantising import quantise_static
from engine.training.rounding import DEPTHWISE_STEPS, STEPS, keep_rounded, round_weights, rounded

if TYPE_CHECKING:
    from pathlib import Path


def test_each_channel_has_at_most_its_steps_and_its_largest_weight_stays() -> None:
    weight = torch.randn(5, 3, 3, 3, generator=torch.Generator().manual_seed(1)) * torch.tensor(
        [1e-6, 1, 5, 80, 0]
    ).view(-1, 1, 1, 1)
    scale = weight.abs().amax(dim=(1, 2, 3), keepdim=True).clamp(min=1e-12) / STEPS
    steps = rounded(weight, STEPS) / scale
    assert torch.allclose(steps, steps.round(), atol=1e-4)
    assert float(steps.abs().max()) <= STEPS + 1e-3
    assert torch.allclose(rounded(weight, STEPS).abs().amax(dim=(1, 2, 3)), weight.abs().amax(dim=(1, 2, 3)))
    assert torch.allclose(rounded(rounded(weight, STEPS), STEPS), rounded(weight, STEPS), rtol=1e-5)


def test_rounded_layer_learns_as_if_it_were_not() -> None:
    torch.manual_seed(1)
    layer = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Flatten(), nn.Linear(4, 2))
    round_weights(layer)
    given = torch.randn(64, 3, 1, 1)
    wanted = torch.stack([given.flatten(1).sum(dim=1), given[:, 0, 0, 0]], dim=1)
    optimiser = torch.optim.Adam(layer.parameters(), lr=0.02)
    losses = []
    for _ in range(120):
        optimiser.zero_grad()
        loss = (layer(given) - wanted).square().mean()
        torch.autograd.backward(loss)
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.05 * losses[0]
    before = layer(given)
    keep_rounded(layer)
    assert torch.equal(layer(given), before)
    assert set(dict(layer.named_parameters())) == {"0.weight", "0.bias", "2.weight", "2.bias"}


def test_quantiser_finds_the_whole_numbers_that_training_used(tmp_path: Path) -> None:
    torch.manual_seed(1)
    tower = ImageTower.pretrained(dim=16, open_from=14).eval()
    round_weights(tower)
    keep_rounded(tower)
    pixels = np.random.default_rng(1).integers(0, 256, (4, 224, 224, 3), dtype=np.uint8)
    path = tmp_path / "image.onnx"
    export_image_tower(tower, path)
    exact = open_graph(path)({"pixels": pixels})[0]
    quantise_static(path, pixels)
    whole = [
        numpy_helper.to_array(tensor)
        for tensor in onnx.load(path).graph.initializer
        if tensor.data_type == onnx.TensorProto.INT8 and len(tensor.dims) == 4
    ]
    assert len(whole) > 40
    largest = {one.shape[1] == 1: int(np.abs(one.astype(int)).max()) for one in whole}
    assert largest == {True: DEPTHWISE_STEPS, False: STEPS}
    head = next(one for one in whole if one.shape[:2] == (1280, 320)).reshape(1280, 320)
    weights = tower.late.head.weight.detach().reshape(1280, 320)
    scale = weights.abs().amax(dim=1, keepdim=True) / STEPS
    assert np.array_equal(np.abs(head), (weights / scale).round().abs().numpy().astype(np.int8))
    small = open_graph(path)({"pixels": pixels})[0]
    assert (small * exact).sum(axis=1).min() > 0.95
