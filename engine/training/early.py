"""Running the fixed early stages fast: in PyTorch on a GPU, in ONNX Runtime on a CPU (about twice as fast there)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from engine.training.features import best_device
from engine.training.image_tower import INPUT_SIZE
from engine.training.packaging import Graph, export, fold_norms, open_graph

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.training.image_tower import EarlyStages, ImageTower

_GRAPH = Graph(("pixels",), ("states",), ({0: "photos"},))


class EarlySession:
    """The early stages as a function of pixels; made by ``make``."""

    def __init__(self, path: Path) -> None:
        self._run = open_graph(path)

    @classmethod
    def make(cls, tower: ImageTower, path: Path, size: int = INPUT_SIZE) -> EarlySession | EarlyModule:
        """Prepare the early stages of ``tower`` for squares of ``size`` pixels.

        ``path`` is where the ONNX file goes when there is no GPU.
        """
        if best_device().type == "cuda":
            return EarlyModule(tower.early)
        export(fold_norms(tower).early, (torch.zeros(2, size, size, 3, dtype=torch.uint8),), _GRAPH, path)
        return cls(path)

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float16]:
        """Turn (N, S, S, 3) pixels into (N, H, W, C) activations."""
        (states,) = self._run({"pixels": pixels})
        return states.transpose(0, 2, 3, 1).astype(np.float16)


class EarlyModule:
    """The same on a GPU."""

    def __init__(self, early: EarlyStages) -> None:
        module: Any = early
        self._early = module.to(best_device(), memory_format=torch.channels_last).eval()

    @torch.inference_mode()
    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float16]:
        """Turn (N, S, S, 3) pixels into (N, H, W, C) activations."""
        states = self._early(torch.from_numpy(pixels).to(best_device()))
        half: NDArray[np.float16] = states.permute(0, 2, 3, 1).half().cpu().numpy()
        return half
