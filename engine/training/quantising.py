"""Making an exported graph small: float16 or int8 weights on disk, and whole numbers all through."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.training.packaging import quiet_libraries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray


def store_half(path: Path, at_least: int = 1024) -> None:
    """Keep large float32 weights as float16 on disk; a Cast in front turns them back when the session is made.

    Runtimes fold the Cast once at load, so the graph computes in float32 as before at half the size.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(path)
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < at_least:
            continue
        name = tensor.name
        half: Any = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), f"{name}.half")
        weights: Any = tensor
        weights.CopyFrom(half)
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], name=f"{name}.widen", to=TensorProto.FLOAT))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)
    _drop_value_infos(model, {cast.output[0] for cast in casts})
    onnx.save(model, path)


def _drop_value_infos(model: Any, names: set[str]) -> None:
    kept = [info for info in model.graph.value_info if info.name not in names]
    del model.graph.value_info[:]
    model.graph.value_info.extend(kept)


def quantise_weights(path: Path, at_least: int = 1024) -> None:
    """Keep a text tower's large float32 weights as int8, one scale per word of a table and per column of a matrix.

    A Cast and a Mul turn matrices back once, when the session is made, and words when they are looked up, so the graph
    computes in float32. Ranges of activations taken on the fly would be those of the whole batch: a text's vector would
    depend on its company.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(path)
    _quantise_tables(model)
    widened: list[Any] = []
    for tensor in list(model.graph.initializer):
        if tensor.data_type != TensorProto.FLOAT or len(tensor.dims) == 1 or np.prod(tensor.dims) < at_least:
            continue
        name, weights = tensor.name, numpy_helper.to_array(tensor)
        scale = np.maximum(np.abs(weights).max(axis=0, keepdims=True), 1e-12) / 127
        small: Any = numpy_helper.from_array(np.round(weights / scale).astype(np.int8), f"{name}.int8")
        kept: Any = tensor
        kept.CopyFrom(small)
        model.graph.initializer.append(numpy_helper.from_array(scale.astype(np.float32), f"{name}.scale"))
        widened += [
            helper.make_node("Cast", [f"{name}.int8"], [f"{name}.wide"], name=f"{name}.widen", to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}.wide", f"{name}.scale"], [name], name=f"{name}.rescale"),
        ]
    for node in reversed(widened):
        model.graph.node.insert(0, node)
    _drop_value_infos(model, {name for node in widened for name in node.output})
    onnx.save(model, path)


def _quantise_tables(model: Any) -> None:
    """Replace each float table that is only looked up by an int8 table and one scale per row."""
    from onnx import TensorProto, helper, numpy_helper

    tables = {tensor.name: tensor for tensor in model.graph.initializer if tensor.data_type == TensorProto.FLOAT}
    for node in list(model.graph.node):
        table = tables.get(node.input[0]) if node.op_type == "Gather" else None
        if table is None or len(table.dims) == 1:
            continue
        values = numpy_helper.to_array(table)
        scale = np.maximum(np.abs(values).max(axis=1, keepdims=True), 1e-12).astype(np.float32) / 127
        small = np.round(values / scale).astype(np.int8)
        name, (rows, out) = table.name, (node.input[1], node.output[0])
        model.graph.initializer.remove(table)
        model.graph.initializer.append(numpy_helper.from_array(small, f"{name}.int8"))
        model.graph.initializer.append(numpy_helper.from_array(scale, f"{name}.scale"))
        made = [
            helper.make_node("Gather", [f"{name}.int8", rows], [f"{out}.int8"], axis=0),
            helper.make_node("Cast", [f"{out}.int8"], [f"{out}.wide"], to=TensorProto.FLOAT),
            helper.make_node("Gather", [f"{name}.scale", rows], [f"{out}.scale"], axis=0),
            helper.make_node("Mul", [f"{out}.wide", f"{out}.scale"], [out]),
        ]
        place = list(model.graph.node).index(node)
        model.graph.node.remove(node)
        for offset, part in enumerate(made):
            model.graph.node.insert(place + offset, part)


def quantise_static(path: Path, photos: NDArray[np.uint8], skip: Sequence[str] = ()) -> None:
    """Turn an image tower into int8 (QDQ, one scale per channel), ranges taken from ``photos`` (N, S, S, 3).

    Weights get the steps that ``rounding`` gives them, and says why; activations 8 bits without a sign.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    whole = path.with_suffix(".float.onnx")
    with quiet_libraries():
        quant_pre_process(str(path), str(whole), skip_symbolic_shape=True)
        tools: Any = quantization
        tools.quantize_static(
            whole,
            path,
            _Photos(photos),
            quant_format=tools.QuantFormat.QDQ,
            per_channel=True,
            reduce_range=True,
            activation_type=tools.QuantType.QUInt8,
            weight_type=tools.QuantType.QInt8,
            nodes_to_exclude=list(skip),
            calibrate_method=tools.CalibrationMethod.MinMax,
            extra_options={"TensorQuantOverrides": _whole_range(whole, tools.QuantType.QInt8)},
        )
    whole.unlink()


def _whole_range(path: Path, kind: Any) -> dict[str, list[dict[str, Any]]]:
    """Ask for all steps in depthwise convolutions; without a word the others get reduced range."""
    import onnx

    graph = onnx.load(path).graph
    depthwise = [
        node.input[1]
        for node in graph.node
        if node.op_type == "Conv" and any(one.name == "group" and one.i > 1 for one in node.attribute)
    ]
    return {name: [{"quant_type": kind, "axis": 0, "reduce_range": False, "symmetric": True}] for name in depthwise}


class _Photos:
    """Hands out calibration photos in batches, as ``quantize_static`` asks for them."""

    def __init__(self, photos: NDArray[np.uint8], batch: int = 16) -> None:
        self._batches = iter([photos[start : start + batch] for start in range(0, len(photos), batch)])

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        batch = next(self._batches, None)
        return None if batch is None else {"pixels": batch}

    def __iter__(self) -> _Photos:
        return self

    def __next__(self) -> dict[str, NDArray[np.uint8]]:
        batch = self.get_next()
        if batch is None:
            raise StopIteration
        return batch
