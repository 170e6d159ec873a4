"""What an ONNX graph says of itself, read without loading it: further files with its weights, and its operators.

Only as much of the protocol buffer is walked as leads there; field numbers are those of onnx.proto3.
"""

from __future__ import annotations

import mmap
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Message -> field -> message: model, graph, node, attribute, tensor, sparse tensor, entry.
_PATHS = {
    "model": {7: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
    "entry": {},
}
_KEY, _VALUE = 1, 2
_GRAPH, _NODE, _OPERATOR = 7, 1, 4
_VARINT, _WIDE, _BYTES, _NARROW = 0, 1, 2, 5
_DEEPEST = 16
_LONGEST_VARINT = 10  # bytes


def external_files(graph: Path) -> set[str]:
    """Names, relative to the graph's folder, of the files that hold its weights.

    Raises ``ValueError`` for what is no graph, or names a file outside the folder.
    """
    found: set[str] = set()
    if graph.stat().st_size == 0:
        raise ValueError("it is empty")
    with graph.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for name in _locations(data, 0, len(data), "model", 0):
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\0" in name or not name:
                raise ValueError(f"it keeps weights in {name!r}, outside its folder")
            found.add(name)
    return found


def operators(graph: Path) -> set[str]:
    """The kinds of nodes on the graph's top level; raises ``ValueError`` for what is no graph."""
    with graph.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return {
            data[begin:end].decode("utf-8", "replace")
            for part, first, last in _fields(data, 0, len(data))
            if part == _GRAPH
            for node, start, stop in _fields(data, first, last)
            if node == _NODE
            for field, begin, end in _fields(data, start, stop)
            if field == _OPERATOR
        }


def _locations(data: mmap.mmap, begin: int, end: int, kind: str, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        raise ValueError("it is nested too deeply")
    inner = _PATHS[kind]
    for field, start, stop in _fields(data, begin, end):
        if field not in inner:
            continue
        if inner[field] == "entry":
            values = {key: data[first:last] for key, first, last in _fields(data, start, stop)}
            if values.get(_KEY) == b"location":
                yield values.get(_VALUE, b"").decode("utf-8", "replace")
        else:
            yield from _locations(data, start, stop, inner[field], depth + 1)


def _fields(data: mmap.mmap, position: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, begin and end of each field that holds bytes; the others are passed over."""
    while position < end:
        tag, position = _varint(data, position, end)
        wire = tag & 7
        if wire == _BYTES:
            length, position = _varint(data, position, end)
            if position + length > end:
                raise ValueError("it is cut short")
            yield tag >> 3, position, position + length
            position += length
        elif wire == _VARINT:
            _, position = _varint(data, position, end)
        elif wire in (_WIDE, _NARROW):
            position += 8 if wire == _WIDE else 4
        else:
            raise ValueError("it is no ONNX graph")


def _varint(data: mmap.mmap, position: int, end: int) -> tuple[int, int]:
    value = 0
    for number in range(min(_LONGEST_VARINT, end - position)):
        byte = data[position + number]
        value |= (byte & 0x7F) << (7 * number)
        if not byte & 0x80:
            return value, position + number + 1
    raise ValueError("it is no ONNX graph")
