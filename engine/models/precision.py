"""Narrower copies of a graph: float16 for GPUs, int8 weights for CPUs (extra ``models``: they need the onnx package).

ONNX Runtime's own converters do it; what comes out is compared with what went in by whoever asks for it.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import logging
import warnings
from typing import TYPE_CHECKING, Any

from engine.errors import KnownError
from engine.models.session import runtime
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST_IN_ONE_FILE = 1_900_000_000
# What a transformer's weights lie in; a quantised convolution is slower than a plain one on a CPU.
_QUANTISED = ("MatMul", "Gemm", "Gather")


def can_convert() -> bool:
    """Whether the extra that converting needs is installed."""
    return importlib.util.find_spec("onnx") is not None


def write_half(graph: Path, target: Path) -> None:
    """Write ``graph`` computing in float16; what goes in and comes out stays as it was. Raises ``KnownError``."""
    onnx = _onnx()
    from onnxruntime.transformers.float16 import convert_float_to_float16

    _quietly("onnxruntime.transformers.float16")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of weights too small for float16: the comparison tells whether it matters
        model = convert_float_to_float16(onnx.load(str(graph)), keep_io_types=True, disable_shape_infer=True)
    _save(onnx, model, target)


def write_int8(graph: Path, target: Path) -> None:
    """Write ``graph`` with int8 weights, quantising what meets them as it comes, one photo or text at a time.

    One at a time because the scale is taken from the whole batch: in company a vector would come out otherwise than
    alone. Raises ``KnownError`` (EXTRA_MISSING).
    """
    onnx = _onnx()
    converters: Any = importlib.import_module("onnxruntime.quantization")
    model = onnx.load(str(graph))
    _hold_batch_to_one(model)
    with _quiet_root():
        converters.quantize_dynamic(
            model, target, op_types_to_quantize=list(_QUANTISED), per_channel=False,
            weight_type=converters.QuantType.QInt8,
            use_external_data_format=graph.stat().st_size > LARGEST_IN_ONE_FILE,
        )  # fmt: skip


@contextlib.contextmanager
def _quiet_root() -> Iterator[None]:
    """The converter logs advice to the root logger, whose level is everybody's: it comes back."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(max(level, logging.ERROR))
    try:
        yield
    finally:
        root.setLevel(level)


def _hold_batch_to_one(model: Any) -> None:
    del model.graph.value_info[:]  # inferred for any batch, and not always what the converter infers
    for value in (*model.graph.input, *model.graph.output):
        batch = value.type.tensor_type.shape.dim[0]
        batch.Clear()
        batch.dim_value = 1


def _save(onnx: Any, model: Any, target: Path) -> None:
    is_large = model.ByteSize() > LARGEST_IN_ONE_FILE
    onnx.save(model, str(target), save_as_external_data=is_large, location=f"{target.name}_data")


def _onnx() -> Any:
    if not can_convert():
        raise KnownError(
            ErrorKind.EXTRA_MISSING,
            "Making narrower models needs the extra 'models'. Install it: pip install 'balloon-photos[models]'",
        )
    runtime()  # before anything else of onnxruntime is imported: it must be told to send nothing
    import onnx

    return onnx


def _quietly(name: str) -> None:
    logging.getLogger(name).setLevel(logging.ERROR)
