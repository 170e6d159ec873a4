"""The image tower: EfficientNet-Lite0, its early blocks fixed, its late blocks open, and the linear image mapping.

The photo's vector is the mean over the grid of mapped cells (7 x 7 of 224 pixels, 9 x 9 of 288): since the mapping is
linear, mapping the mean and averaging the mapped cells are the same, so every cell lies in the space of the texts and
says what it contributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from engine.training.features import efficientnet_lite0, normalised

if TYPE_CHECKING:
    from engine.training.mapping import SharedMapping

INPUT_SIZE = 224
GRID_SIDE = 7
FEATURES = 1280


class EarlyStages(nn.Module):
    """Stem and first ``blocks`` blocks: pixels in, activations out. Never trained."""

    def __init__(self, network: Any, blocks: int) -> None:
        super().__init__()
        self.stem = network._conv_stem
        self.stem_norm = network._bn0
        self.blocks = nn.ModuleList(list(network._blocks)[:blocks])

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Turn (N, S, S, 3) pixels 0..255 into (N, C, H, W) activations."""
        states = nn.functional.relu6(self.stem_norm(self.stem(normalised(pixels))))
        for block in self.blocks:
            states = block(states)
        return states


class FixedDepthwise(nn.Module):
    """A depthwise convolution that stays as it is and computes in float32.

    In bfloat16, and with a gradient for its few weights, it would take most of the time of training on a CPU.
    """

    def __init__(self, conv: nn.Module) -> None:
        super().__init__()
        self.conv = conv.requires_grad_(False)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Convolve each channel by itself."""
        with torch.autocast(states.device.type, enabled=False):
            convolved: torch.Tensor = self.conv(states.float())
        return convolved


class LateStages(nn.Module):
    """The remaining blocks, head and linear mapping: activations in, (N, G, dim) mapped cells out.

    Batch normalisation keeps the statistics of its pretraining, whose million photos know more than our batches; its
    own scale and the 1 x 1 convolutions learn.
    """

    def __init__(self, network: Any, blocks: int, dim: int, drop_path: float = 0.0) -> None:
        super().__init__()
        late: list[Any] = list(network._blocks)[blocks:]
        self.blocks = nn.ModuleList(late)
        for block in late:
            block._depthwise_conv = FixedDepthwise(block._depthwise_conv)
        self.head = network._conv_head
        self.head_norm = network._bn1
        self.dropout = nn.Dropout(0.0)
        self.mapping = nn.Linear(FEATURES, dim)
        self.drop_path = drop_path

    def free_depthwise(self) -> None:
        """Let the depthwise convolutions learn as well; see ``FixedDepthwise`` for why they did not."""
        for block in self.blocks:
            opened: Any = block
            if isinstance(opened._depthwise_conv, FixedDepthwise):
                opened._depthwise_conv = opened._depthwise_conv.conv.requires_grad_(True)

    def train(self, mode: bool = True) -> LateStages:
        """Switch dropout on or off; batch normalisation stays as it is."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self

    def features(self, states: torch.Tensor) -> torch.Tensor:
        """Return the (N, G, 1280) unmapped cells."""
        for block in self.blocks:
            states = block(states, drop_connect_rate=self.drop_path if self.training else None)
        cells = nn.functional.relu6(self.head_norm(self.head(states)))
        return cells.flatten(start_dim=2).transpose(1, 2)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Return the (N, G, dim) mapped cells."""
        mapped: torch.Tensor = self.mapping(self.dropout(self.features(states)))
        return mapped

    def vector(self, states: torch.Tensor) -> torch.Tensor:
        """Return the (N, dim) photo vectors: cheaper than averaging mapped cells, and the same."""
        pooled = self.features(states).float().mean(dim=1)
        mapped: torch.Tensor = self.mapping(self.dropout(pooled))
        return mapped


class ImageTower(nn.Module):
    """Early and late stages in one: what is exported."""

    def __init__(self, early: EarlyStages, late: LateStages) -> None:
        super().__init__()
        self.early = early
        self.late = late

    @classmethod
    def pretrained(cls, dim: int, open_from: int, drop_path: float = 0.0) -> ImageTower:
        """Take EfficientNet-Lite0's weights; blocks from ``open_from`` (0..16) on belong to the late stages."""
        network = efficientnet_lite0()
        return cls(EarlyStages(network, open_from), LateStages(network, open_from, dim, drop_path))

    def opened(self, open_from: int, drop_path: float) -> ImageTower:
        """Move blocks from ``open_from`` on to the late stages and let all their convolutions learn."""
        moved = list(self.early.blocks)[open_from:]
        self.early.blocks = self.early.blocks[:open_from]
        self.late.blocks = nn.ModuleList([*moved, *self.late.blocks])
        self.late.drop_path = drop_path
        self.late.free_depthwise()
        return self

    def take_mapping(self, mapping: SharedMapping, mean: torch.Tensor, std: torch.Tensor) -> None:
        """Put a mapping trained on standardised pooled features in place, the standardisation folded in."""
        with torch.no_grad():
            weight = mapping.image.weight / std
            self.late.mapping.weight.copy_(weight)
            self.late.mapping.bias.copy_(mapping.image.bias - weight @ mean)

    def vector(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return the (N, dim) photo vectors, not normalised, of (N, S, S, 3) pixels 0..255."""
        return self.late.vector(self.early(pixels))

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Turn (N, S, S, 3) uint8 pixels into (N, dim) unit vectors and (N, G, dim) cells."""
        grid = self.late(self.early(pixels))
        return nn.functional.normalize(grid.mean(dim=1), dim=-1), grid
