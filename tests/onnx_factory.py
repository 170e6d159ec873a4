"""Writes tiny true ONNX files, byte by byte, so that tests need no onnx package (field numbers: onnx.proto3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FLOAT, UINT8, INT32, INT64, FLOAT16 = 1, 2, 6, 7, 10
_INT, _INTS = 2, 7  # AttributeProto.AttributeType


@dataclass(frozen=True, slots=True)
class Value:
    """An input or output; a word in ``shape`` is a free axis."""

    name: str
    kind: int
    shape: tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One operator; an attribute is one whole number or a list of them."""

    operator: str
    inputs: tuple[str, ...]
    output: str
    attributes: tuple[tuple[str, int | tuple[int, ...]], ...] = ()


def graph(
    inputs: tuple[Value, ...],
    outputs: tuple[Value, ...],
    nodes: tuple[Node, ...],
    weights: dict[str, NDArray[np.float32]],
    outside: str | None = None,
) -> bytes:
    """A model file of opset 17; ``outside`` names the file that holds its weights instead."""
    body = b"".join(_bytes(1, _node(node)) for node in nodes) + _text(2, "graph")
    body += b"".join(_bytes(5, _tensor(name, values, outside)) for name, values in weights.items())
    body += b"".join(_bytes(11, _value(value)) for value in inputs)
    body += b"".join(_bytes(12, _value(value)) for value in outputs)
    return _number(1, 8) + _bytes(8, _text(1, "") + _number(2, 17)) + _bytes(7, body)


def _node(node: Node) -> bytes:
    names = b"".join(_text(1, name) for name in node.inputs) + _text(2, node.output) + _text(4, node.operator)
    return names + b"".join(_bytes(5, _attribute(name, value)) for name, value in node.attributes)


def _attribute(name: str, value: int | tuple[int, ...]) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, _INT)
    return _text(1, name) + b"".join(_number(8, number) for number in value) + _number(20, _INTS)


def _tensor(name: str, values: NDArray[np.float32], outside: str | None = None) -> bytes:
    head = b"".join(_number(1, size) for size in values.shape) + _number(2, FLOAT) + _text(8, name)
    if outside is None:
        return head + _bytes(9, values.astype("<f4").tobytes())
    return head + _bytes(13, _text(1, "location") + _text(2, outside)) + _number(14, 1)


def _value(value: Value) -> bytes:
    axes = (_number(1, axis) if isinstance(axis, int) else _text(2, axis) for axis in value.shape)
    tensor = _number(1, value.kind) + _bytes(2, b"".join(_bytes(1, axis) for axis in axes))
    return _text(1, value.name) + _bytes(2, _bytes(1, tensor))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*found, value))
