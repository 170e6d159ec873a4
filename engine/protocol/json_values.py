"""Protocol values to JSON values and back. Reading is strict: the other side of a pipe is not to be trusted."""

from __future__ import annotations

import functools
import os
import types
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from engine.protocol.values import PhotoPath, is_remote

T = TypeVar("T")


class BadValueError(ValueError):
    """A JSON value does not have the form of the type that was asked for."""


def to_json(value: Any) -> Any:
    """Turn protocol values into plain JSON values; a ``PhotoPath`` field spreads into its owner's keys."""
    if is_dataclass(value) and not isinstance(value, type):
        out: dict[str, Any] = {}
        for item in fields(value):
            inner = getattr(value, item.name)
            if isinstance(inner, PhotoPath):
                out[item.name] = inner.path
                if inner.path_b64 is not None:
                    out[f"{item.name}_b64"] = inner.path_b64
            else:
                out[item.name] = to_json(inner)
        return out
    if isinstance(value, dict):
        return {key: to_json(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(inner) for inner in value]
    return value


def from_json(kind: type[T], value: Any) -> T:
    """Read a dataclass from a JSON object; raises ``BadValueError`` naming what is wrong. Unknown keys are ignored."""
    if not isinstance(value, dict):
        raise BadValueError(f"{kind.__name__} must be an object")
    hints = _hints(kind)  # type: ignore[arg-type]  # a class can be hashed, whatever its instances are
    arguments: dict[str, Any] = {}
    for item in fields(kind):  # type: ignore[arg-type]  # every kind we ask for is a dataclass
        if item.name in value:
            arguments[item.name] = _field(hints[item.name], value, item.name)
        elif item.default is MISSING and item.default_factory is MISSING:
            raise BadValueError(f"{kind.__name__} needs {item.name}")
    return kind(**arguments)


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    # Reading the annotations of a Hit anew took most of the time that reading one took.
    return get_type_hints(kind)


def _field(kind: Any, owner: dict[str, Any], name: str) -> Any:
    value = owner[name]
    if PhotoPath in (kind, *get_args(kind)) and isinstance(value, str):
        encoded = owner.get(f"{name}_b64")
        return _path(value, encoded if isinstance(encoded, str) else None, name)
    return _read(kind, value, name)


def _read(kind: Any, value: Any, name: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _read_union(get_args(kind), value, name)
    if origin is tuple:
        if not isinstance(value, list):
            raise BadValueError(f"{name} must be a list")
        return tuple(_read(get_args(kind)[0], inner, name) for inner in value)
    if origin is Literal:
        if value not in get_args(kind):
            raise BadValueError(f"{name} must be one of {', '.join(map(str, get_args(kind)))}")
        return value
    return _read_plain(kind, value, name)


def _read_union(kinds: tuple[Any, ...], value: Any, name: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    for kind in kinds:
        if kind is not type(None):
            try:
                return _read(kind, value, name)
            except BadValueError:
                continue
    raise BadValueError(f"{name} has no allowed form")


def _path(text: str, encoded: str | None, name: str) -> PhotoPath:
    path = PhotoPath(text, encoded)
    try:
        exact = path.as_text()
    except ValueError as error:
        raise BadValueError(f"{name}_b64 is not base64") from error
    if "\0" in exact or not (_is_absolute(exact) or is_remote(exact)):
        raise BadValueError(f"{name} must be an absolute path")
    return path


def _is_absolute(path: str) -> bool:
    # A search brings hundreds, and making each a ``Path`` would take most of the time of reading them.
    return path.startswith("/") if os.name == "posix" else Path(path).is_absolute()


def _read_plain(kind: Any, value: Any, name: str) -> Any:
    if kind is PhotoPath:
        if isinstance(value, str):
            return _path(value, None, name)
        given = from_json(PhotoPath, value)
        return _path(given.path, given.path_b64, name)
    if is_dataclass(kind):
        return from_json(kind, value)  # type: ignore[arg-type]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        try:
            return kind(value)
        except ValueError as error:
            raise BadValueError(f"{name} must be one of {', '.join(kind)}") from error
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise BadValueError(f"{name} must be {kind.__name__}")
    return value
