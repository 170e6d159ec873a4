"""The desktop's side of the wire: typed requests and replies over the engine process, notifications as signals."""

from __future__ import annotations

import itertools
import json
import logging
import weakref
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.engine_process import EngineCommand, EngineProcess, EngineState
from desktop.reply_decoder import Answer, EngineFailure, Nonsense, Notification, ReplyDecoder
from engine.protocol.json_values import to_json
from engine.protocol.methods import PROTOCOL_VERSION, Cancel, Empty, Hello, Welcome
from engine.protocol.registry import METHODS

__all__ = ["ENGINE_GONE", "EngineClient", "EngineCommand", "EngineFailure", "EngineState", "Reply"]

logger = logging.getLogger(__name__)

ENGINE_GONE: Final = "engine_gone"


class Reply(QObject):
    """One request under way. Exactly one of the signals comes, once, unless the request was cancelled here.

    Signals:
        finished(object): the result, of the type that ``METHODS`` names.
        failed(object): an ``EngineFailure``; kind ``engine_gone`` when the engine died or does not run.
    """

    finished = Signal(object)
    failed = Signal(object)

    def __init__(self, client: EngineClient, request_id: int, method: str) -> None:
        super().__init__(client)
        self.request_id = request_id
        self.method = method
        self.is_done = False
        # Weak: a reply that held the last reference to its parent would destroy it from within its own destruction.
        self._client = weakref.ref(client)

    def cancel(self) -> None:
        """Give up: the engine is told and no signal comes any more. Harmless when all is over."""
        client = self._client()
        if not self.is_done and client is not None:
            client.give_up(self)

    def settle(self, value: Any) -> None:
        """For the client: hand the outcome to whoever listens."""
        self.is_done = True
        (self.failed if isinstance(value, EngineFailure) else self.finished).emit(value)
        self.deleteLater()


class EngineClient(QObject):
    """Owns the engine process and the requests under way.

    Requests made before the engine is started, and while it starts or restarts, wait for it; those under way when it
    dies fail gently.

    Signals:
        state_changed(object): ``EngineState``.
        welcomed(object): ``Welcome``, at each start of the engine.
        index_progress(object), index_finished(object), search_improved(object), library_changed(object),
            model_progress(object): the notifications of ``engine.protocol``.
    """

    state_changed = Signal(object)
    welcomed = Signal(object)
    index_progress = Signal(object)
    index_finished = Signal(object)
    search_improved = Signal(object)
    library_changed = Signal(object)
    model_progress = Signal(object)

    def __init__(self, command: EngineCommand, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.failure: EngineFailure | None = None
        self.welcome: Welcome | None = None
        self._is_awaited = True
        self._ids = itertools.count(1)
        self._pending: dict[int, Reply] = {}
        self._waiting: list[tuple[Reply, bytes]] = []
        self._signals = {
            "index.progress": self.index_progress,
            "index.finished": self.index_finished,
            "search.improved": self.search_improved,
            "library.changed": self.library_changed,
            "models.progress": self.model_progress,
        }
        self._decoder = ReplyDecoder(self)
        self._decoder.decoded.connect(self._on_decoded)
        self._process = EngineProcess(command, self)
        self._process.line_read.connect(self._decoder.feed)
        self._process.started.connect(self._greet)
        self._process.died.connect(self._on_died)
        self._process.state_changed.connect(self.state_changed)

    @property
    def state(self) -> EngineState:
        """What the engine is doing."""
        return self._process.state

    @property
    def pid(self) -> int:
        """The engine's process id, 0 when it does not run."""
        return self._process.pid

    def start(self) -> None:
        """Start the engine, or try again after it was STOPPED."""
        self.failure, self._is_awaited = None, False
        self._process.start()

    def request(self, method: str, params: Any = None) -> Reply:
        """Ask the engine. ``params`` is the request dataclass of ``method``, or None for ``Empty``."""
        kind = METHODS[method][0]
        value = Empty() if params is None else params
        if not isinstance(value, kind):
            raise TypeError(f"{method} takes {kind.__name__}, not {type(value).__name__}")
        reply = Reply(self, next(self._ids), method)
        self._pending[reply.request_id] = reply
        self._decoder.expect(reply.request_id, method)
        line = _encode({"id": reply.request_id, "method": method, "params": to_json(value)})
        if self.state == EngineState.READY:
            self._process.write_line(line)
        elif self._is_awaited or self.state in (EngineState.STARTING, EngineState.RESTARTING):
            self._waiting.append((reply, line))
        else:
            # The caller has not connected to the reply yet.
            QTimer.singleShot(0, reply, lambda: self._settle(reply.request_id, EngineFailure(ENGINE_GONE)))
        return reply

    def give_up(self, reply: Reply) -> None:
        """Forget a request and tell the engine so; called by ``Reply.cancel``."""
        reply.is_done = True
        self._pending.pop(reply.request_id, None)
        was_waiting = any(waiting is reply for waiting, _ in self._waiting)
        self._waiting = [(waiting, line) for waiting, line in self._waiting if waiting is not reply]
        if not was_waiting and self.state == EngineState.READY:
            self._process.write_line(_encode({"method": "cancel", "params": to_json(Cancel(reply.request_id))}))
        reply.deleteLater()

    def close(self) -> None:
        """Shut the engine down and wait for it; no signal of a reply comes any more."""
        self._is_awaited = False
        for reply in list(self._pending.values()):
            reply.is_done = True
        self._pending.clear()
        self._waiting.clear()
        if self.state == EngineState.READY:
            self._process.write_line(_encode({"id": next(self._ids), "method": "shutdown", "params": {}}))
        self._process.close()
        self._decoder.stop()

    def kill_engine(self) -> None:
        """End the engine as a crash would; it is restarted."""
        self._process.kill()

    def _greet(self) -> None:
        reply = Reply(self, next(self._ids), "hello")
        self._pending[reply.request_id] = reply
        reply.finished.connect(self._on_welcome)
        reply.failed.connect(self._on_refused)
        self._decoder.expect(reply.request_id, "hello")
        hello = to_json(Hello(PROTOCOL_VERSION))
        self._process.write_line(_encode({"id": reply.request_id, "method": "hello", "params": hello}))

    def _on_welcome(self, welcome: Welcome) -> None:
        self.failure, self.welcome = None, welcome
        waiting, self._waiting = self._waiting, []
        self._process.mark_ready()
        for _, line in waiting:
            self._process.write_line(line)
        self.welcomed.emit(welcome)

    def _on_refused(self, failure: EngineFailure) -> None:
        if failure.kind != ENGINE_GONE:
            logger.error("the engine cannot work: %s %s", failure.kind, failure.message)
            self.failure = failure
            self._process.refuse()
            self._fail_all(failure)

    def _on_died(self) -> None:
        waiting = {reply.request_id for reply, _ in self._waiting}
        if self.state == EngineState.STOPPED:
            self.failure = EngineFailure(ENGINE_GONE)
            waiting = set()
            self._waiting.clear()
        for request_id in [known for known in self._pending if known not in waiting]:
            self._settle(request_id, EngineFailure(ENGINE_GONE))

    def _fail_all(self, failure: EngineFailure) -> None:
        self._waiting.clear()
        for request_id in list(self._pending):
            self._settle(request_id, failure)

    def _settle(self, request_id: int, value: Any) -> None:
        reply = self._pending.pop(request_id, None)
        if reply is not None:
            if isinstance(value, EngineFailure) and value.message:
                logger.info("%s failed: %s %s", reply.method, value.kind, value.message)
            reply.settle(value)

    def _on_decoded(self, item: Answer | Notification | Nonsense) -> None:
        if isinstance(item, Answer):
            self._settle(item.request_id, item.value)
        elif isinstance(item, Notification):
            self._signals[item.name].emit(item.value)
        else:
            logger.info("a line of the engine was ignored: %s", item.reason)


def _encode(message: dict[str, Any]) -> bytes:
    return json.dumps({"jsonrpc": "2.0"} | message, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "replace"
    )
