"""The open calls: whoever takes a call off this list writes its answer, so that each gets exactly one."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.protocol import ErrorKind
from engine.server.framing import encode
from engine.server.messages import INTERNAL_ERROR, KNOWN_ERROR, Call, Message, error_message, result_message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.errors import KnownError
    from engine.server.framing import LineWriter
    from engine.server.lanes import OwnEngine


@dataclass(slots=True)
class _Entry:
    call: Call
    may_be_left: bool
    worker: OwnEngine | None = None

    def may_be_given_up(self) -> bool:
        return self.worker is None or self.may_be_left


class OpenCalls:
    """Requests without an answer. All methods may be called from any thread."""

    def __init__(self, writer: LineWriter) -> None:
        self._writer = writer
        self._sole = threading.Lock()
        self._open: dict[int | None, _Entry] = {}

    def add(self, call: Call, *, may_be_left: bool) -> bool:
        """Write down a request; False when its id is in use. ``may_be_left``: it can be given up while it runs."""
        with self._sole:
            if call.id in self._open:
                return False
            self._open[call.id] = _Entry(call, may_be_left)
            return True

    def start(self, call: Call, worker: OwnEngine) -> bool:
        """Say that work on it begins, with whose engine; False when it has been given up meanwhile."""
        with self._sole:
            entry = self._open.get(call.id)
            if entry is None or entry.call is not call:
                return False
            entry.worker = worker
            return True

    def is_open(self, call: Call) -> bool:
        """Whether its answer is still to come."""
        with self._sole:
            entry = self._open.get(call.id)
            return entry is not None and entry.call is call

    def answer(self, call: Call, value: Any) -> bool:
        """Send the result; False when the call was given up meanwhile. Raises ``ValueError`` for NaN."""
        return self._finish(call, result_message(call.id, value))

    def refuse(self, call: Call, error: KnownError) -> None:
        """Send a known error."""
        self._finish(call, error_message(call.id, KNOWN_ERROR, error.kind, str(error)))

    def fail(self, call: Call) -> None:
        """Say that a bug stopped it; what happened stands in the log."""
        sentence = "Something went wrong inside Balloon. The log tells more."
        self._finish(call, error_message(call.id, INTERNAL_ERROR, ErrorKind.INTERNAL, sentence))

    def cancel(self, id_: int) -> None:
        """Give a request up unless it was answered, or is an edit that has begun: that one's answer tells the truth."""
        self._give_up([id_])

    def cancel_all(self) -> None:
        """Give up whatever may be."""
        with self._sole:
            ids = list(self._open)
        self._give_up(ids)

    def _give_up(self, ids: Sequence[int | None]) -> None:
        given_up = []
        with self._sole:
            for id_ in ids:
                entry = self._open.get(id_)
                if entry is None or not entry.may_be_given_up():
                    continue
                del self._open[id_]
                given_up.append(id_)
                if entry.worker is not None:
                    entry.worker.interrupt()  # in here, lest it hit what its thread does next
        for id_ in given_up:
            self._send_given_up(id_)

    def _send_given_up(self, id_: int | None) -> None:
        self._writer.send(error_message(id_, KNOWN_ERROR, ErrorKind.CANCELLED, "The request was given up."))

    def _finish(self, call: Call, message: Message) -> bool:
        line = encode(message)  # before the call is taken off: what cannot be said is still unanswered
        with self._sole:
            entry = self._open.get(call.id)
            if entry is None or entry.call is not call:
                return False
            del self._open[call.id]
        self._writer.send_line(line)
        return True
