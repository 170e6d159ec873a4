"""Turns the engine's lines into typed values in a thread of its own: a page of photos takes longer than a frame."""

from __future__ import annotations

import json
import queue
import threading
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.protocol import ErrorKind
from engine.protocol.json_values import BadValueError, from_json
from engine.protocol.registry import METHODS, NOTIFICATIONS


@dataclass(frozen=True, slots=True)
class EngineFailure:
    """Why a request came to nothing: an ``ErrorKind`` or ``engine_gone``, and what the engine said for the log."""

    kind: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The engine's answer to one request: a result of the method's type, or an ``EngineFailure``."""

    request_id: int
    value: Any


@dataclass(frozen=True, slots=True)
class Notification:
    """Something the engine says of its own accord."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class Nonsense:
    """A line that is no answer and no notification."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Expected:
    request_id: int
    method: str


class ReplyDecoder(QObject):
    """Owns the thread "engine-decoder". Lines go in by queue, values come out by signal, in the same order.

    Signals:
        decoded(object): an ``Answer``, a ``Notification`` or ``Nonsense``.
    """

    decoded = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inbox: queue.SimpleQueue[_Expected | bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="engine-decoder", daemon=True)
        self._thread.start()

    def expect(self, request_id: int, method: str) -> None:
        """Announce a request before it is sent, so that its answer's type is known."""
        self._inbox.put(_Expected(request_id, method))

    def feed(self, line: bytes) -> None:
        """Take one line of the engine."""
        self._inbox.put(line)

    def stop(self) -> None:
        """End the thread; what was fed before is still decoded."""
        self._inbox.put(None)
        self._thread.join()

    def _run(self) -> None:
        methods: dict[int, str] = {}
        while (item := self._inbox.get()) is not None:
            if isinstance(item, _Expected):
                methods[item.request_id] = item.method
            else:
                self.decoded.emit(decode_line(item, methods))


def decode_line(line: bytes, methods: dict[int, str]) -> Answer | Notification | Nonsense:
    """Read one line; ``methods`` (request id to name) loses the request that the line answers."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Nonsense(f"not JSON: {error}")
    if not isinstance(message, dict):
        return Nonsense("not an object")
    if "method" in message:
        return _read_notification(message)
    request_id = message.get("id")
    if not isinstance(request_id, int) or request_id not in methods:
        return Nonsense(f"an answer to nothing: {request_id!r}")
    return Answer(request_id, _read_outcome(message, methods.pop(request_id)))


def _read_notification(message: dict[str, Any]) -> Notification | Nonsense:
    name = message["method"]
    kind = NOTIFICATIONS.get(name) if isinstance(name, str) else None
    if kind is None:
        return Nonsense(f"unknown notification {name!r}")
    try:
        return Notification(name, from_json(kind, message.get("params")))
    except BadValueError as error:
        return Nonsense(f"{name}: {error}")


def _read_outcome(message: dict[str, Any], method: str) -> Any:
    if "error" in message:
        return _read_failure(message["error"])
    try:
        return from_json(METHODS[method][1], message.get("result"))
    except BadValueError as error:
        return EngineFailure(ErrorKind.INTERNAL, f"{method}: {error}")


def _read_failure(error: Any) -> EngineFailure:
    if not isinstance(error, dict):
        return EngineFailure(ErrorKind.INTERNAL, str(error))
    data = error.get("data")
    kind = data.get("kind") if isinstance(data, dict) else None
    return EngineFailure(kind if isinstance(kind, str) else ErrorKind.INTERNAL, str(error.get("message", "")))
