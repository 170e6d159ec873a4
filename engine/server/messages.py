"""JSON-RPC 2.0 messages: from a line to a call of the contract, and from a value or an error to an object to send."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from engine.protocol.json_values import BadValueError, from_json, to_json
from engine.protocol.methods import MAX_LINE_BYTES, Cancel
from engine.protocol.registry import METHODS

if TYPE_CHECKING:
    from engine.protocol import ErrorKind

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
KNOWN_ERROR = -32000  # of the range the specification leaves to servers

HEARD_NOTIFICATIONS: dict[str, type[Any]] = {"cancel": Cancel}

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A request, or a notification when ``id`` is None; ``request`` is of the type that the contract names."""

    id: int | None
    method: str
    request: Any


class MessageError(Exception):
    """A line that is no call. ``id`` is that of the request if it could be told; a bad notification has no answer."""

    def __init__(self, code: int, text: str, id_: int | None = None, *, is_notification: bool = False) -> None:
        super().__init__(text)
        self.code = code
        self.id = id_
        self.is_notification = is_notification


def read_call(line: bytes | None) -> Call:
    """Read a line (None: it was too long); raises ``MessageError``."""
    if line is None:
        raise MessageError(INVALID_REQUEST, f"a line is longer than {MAX_LINE_BYTES} bytes")
    message = _parse(line)
    if not isinstance(message, dict):
        raise MessageError(INVALID_REQUEST, "a message must be one JSON object")
    id_ = message.get("id")
    if "id" in message and (not isinstance(id_, int) or isinstance(id_, bool)):
        raise MessageError(INVALID_REQUEST, "id must be a whole number")
    method = message.get("method")
    if message.get("jsonrpc") != "2.0" or not isinstance(method, str):
        raise MessageError(INVALID_REQUEST, 'a message needs "jsonrpc": "2.0" and a method', id_)
    return Call(id_, method, _read_params(id_, method, message.get("params", {})))


def result_message(id_: int | None, value: Any) -> Message:
    """The answer to request ``id_``."""
    return {"jsonrpc": "2.0", "id": id_, "result": to_json(value)}


def error_message(id_: int | None, code: int, kind: ErrorKind, sentence: str) -> Message:
    """The refusal of request ``id_`` (None when a bad line did not let it be told)."""
    data = {"kind": kind.value, "message": sentence}
    return {"jsonrpc": "2.0", "id": id_, "error": {"code": code, "message": sentence, "data": data}}


def notification_message(method: str, value: Any) -> Message:
    """Something the engine says of its own accord."""
    return {"jsonrpc": "2.0", "method": method, "params": to_json(value)}


def _parse(line: bytes) -> Any:
    try:
        message = json.loads(line.decode("utf-8"), parse_constant=_refuse_constant)
        if b"\\u" in line:
            json.dumps(message, ensure_ascii=False).encode("utf-8")  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise MessageError(PARSE_ERROR, f"a line is not JSON in UTF-8: {error}") from error
    return message


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _read_params(id_: int | None, method: str, params: Any) -> Any:
    is_notification = id_ is None
    kind = HEARD_NOTIFICATIONS.get(method) if is_notification else METHODS.get(method, (None,))[0]
    if kind is None:
        text = f"there is no method {method[:100]!r}"
        raise MessageError(METHOD_NOT_FOUND, text, id_, is_notification=is_notification)
    try:
        return from_json(kind, params)
    except BadValueError as error:
        raise MessageError(INVALID_PARAMS, str(error), id_, is_notification=is_notification) from error
