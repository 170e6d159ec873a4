"""From trained towers to ONNX files: export, and compare with PyTorch.

The graphs keep one name for each input and output: ``pixels`` -> ``vector``, ``grid``; ``input_ids``,
``attention_mask`` -> ``vector``. Batch and sequence length are free.
"""

from __future__ import annotations

import contextlib
import copy
import logging
import os
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from engine.training.image_tower import INPUT_SIZE, FixedDepthwise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.training.image_tower import ImageTower

OPSET = 20


@dataclass(frozen=True, slots=True)
class Graph:
    """Names of a graph's inputs and outputs, and which axes are free, as ``torch.onnx.export`` wants them."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    free_axes: tuple[dict[int, str], ...]


IMAGE_GRAPH = Graph(("pixels",), ("vector", "grid"), ({0: "photos"},))
TEXT_GRAPH = Graph(("input_ids", "attention_mask"), ("vector",), ({0: "texts", 1: "length"}, {0: "texts", 1: "length"}))


def export(module: nn.Module, examples: tuple[torch.Tensor, ...], graph: Graph, path: Path) -> None:
    """Write ``module`` as one ONNX file, weights inside, and check that the file is sound."""
    import onnx

    shapes = tuple({axis: torch.export.Dim(name) for axis, name in axes.items()} for axes in graph.free_axes)
    with quiet_libraries():
        program = torch.onnx.export(
            module.eval(),
            examples,
            dynamo=True,
            input_names=list(graph.inputs),
            output_names=list(graph.outputs),
            dynamic_shapes=shapes,
            opset_version=OPSET,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("the exporter returned nothing")
    program.save(str(path), external_data=False)
    onnx.checker.check_model(str(path), full_check=True)


def export_image_tower(tower: ImageTower, path: Path, size: int = INPUT_SIZE) -> None:
    """Write the image tower for squares of ``size`` pixels, batch normalisation folded into the convolutions."""
    folded = fold_norms(tower)
    export(folded, (torch.zeros(2, size, size, 3, dtype=torch.uint8),), IMAGE_GRAPH, path)


def export_text_tower(tower: nn.Module, path: Path) -> None:
    """Write a text tower that takes ids and mask."""
    example = torch.ones(2, 7, dtype=torch.long)
    export(tower, (example, example.clone()), TEXT_GRAPH, path)


def fold_norms(tower: ImageTower) -> ImageTower:
    """Return a copy in evaluation mode whose batch normalisations are folded away."""
    copied = copy.deepcopy(tower).eval()
    early, late = copied.early, copied.late
    early.stem, early.stem_norm = _folded(early.stem, early.stem_norm), nn.Identity()
    late.head, late.head_norm = _folded(late.head, late.head_norm), nn.Identity()
    for block in [*early.blocks, *late.blocks]:
        _fold_block(block)
    return copied


def _folded(conv: Any, norm: Any) -> nn.Module:
    fused: nn.Module = fuse_conv_bn_eval(conv, norm)
    return fused


def _fold_block(block: Any) -> None:
    """Fold one inverted residual block, whose names are those of efficientnet_lite_pytorch."""
    if hasattr(block, "_expand_conv"):
        block._expand_conv, block._bn0 = _folded(block._expand_conv, block._bn0), nn.Identity()
    if isinstance(block._depthwise_conv, FixedDepthwise):
        block._depthwise_conv = block._depthwise_conv.conv
    block._depthwise_conv, block._bn1 = _folded(block._depthwise_conv, block._bn1), nn.Identity()
    block._project_conv, block._bn2 = _folded(block._project_conv, block._bn2), nn.Identity()


def open_graph(path: Path) -> Callable[[Mapping[str, NDArray[Any]]], list[NDArray[np.float32]]]:
    """Return the ONNX file as a function from named inputs to its outputs in order, run on the CPU."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    runtime: Any = onnxruntime
    runtime.set_default_logger_severity(4)
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def run(inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        outputs: list[NDArray[np.float32]] = session.run(None, dict(inputs))
        return outputs

    return run


def largest_difference(path: Path, module: nn.Module, inputs: Mapping[str, NDArray[Any]]) -> float:
    """Return the largest absolute difference between the file's and the module's first output."""
    with torch.inference_mode():
        expected = module.eval()(*(torch.from_numpy(value) for value in inputs.values()))
    first = expected[0] if isinstance(expected, tuple) else expected
    return float(np.abs(open_graph(path)(inputs)[0] - first.numpy()).max())


@contextlib.contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep what exporter and quantiser say about their own insides out of the log."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
