"""The other side of the wire for tests: a peer that talks to an engine, and the real engine process."""

from __future__ import annotations

import itertools
import json
import os
import queue
import select
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self, cast

from engine.protocol.json_values import to_json
from engine.protocol.methods import PROTOCOL_VERSION, Empty

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 60.0
EMPTY = Empty()

Message = dict[str, Any]


class Peer:
    """Writes lines to an engine and collects what it says. Every wait has a deadline and names what did not come."""

    def __init__(self, to_engine: BinaryIO, from_engine: BinaryIO) -> None:
        self.heard: list[Message] = []
        self.stray: list[bytes] = []
        self._to_engine = to_engine
        self._from_engine = from_engine
        self._ids = itertools.count(1)
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        self._has_ended = False
        self._thread = threading.Thread(target=self._listen, name="peer", daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        for line in self._from_engine:
            self._lines.put(line)
        self._lines.put(None)

    def send_bytes(self, data: bytes) -> None:
        self._to_engine.write(data)
        self._to_engine.flush()

    def send(self, message: Any) -> None:
        self.send_bytes(json.dumps(message, ensure_ascii=False).encode() + b"\n")

    def ask(self, method: str, params: Any = EMPTY) -> int:
        """Send a request; its id."""
        id_ = next(self._ids)
        self.send({"jsonrpc": "2.0", "id": id_, "method": method, "params": to_json(params)})
        return id_

    def cancel(self, id_: int) -> None:
        self.send({"jsonrpc": "2.0", "method": "cancel", "params": {"request": id_}})

    def answer(self, id_: int | None, patience_s: float = PATIENCE_S) -> Message:
        """The whole answer to a request."""
        return self.wait_for(lambda message: "method" not in message and message["id"] == id_, patience_s)

    def result(self, method: str, params: Any = EMPTY, patience_s: float = PATIENCE_S) -> Any:
        """Ask, and give the result."""
        answer = self.answer(self.ask(method, params), patience_s)
        assert "error" not in answer, answer
        return answer["result"]

    def error(self, method: str, params: Any = EMPTY) -> Message:
        """Ask, and give the error."""
        answer = self.answer(self.ask(method, params))
        assert "result" not in answer, answer
        error: Message = answer["error"]
        return error

    def hello(self) -> Message:
        welcome: Message = self.result("hello", {"protocol_version": PROTOCOL_VERSION})
        return welcome

    def notified(self, method: str, fits: Callable[[Message], bool] = lambda _: True, since: int = 0) -> Message:
        """The params of the first such notification among ``heard[since:]`` or to come."""
        message = self.wait_for(lambda each: each.get("method") == method and fits(each["params"]), since=since)
        params: Message = message["params"]
        return params

    def told(self, method: str) -> list[Message]:
        """The params of all such notifications heard so far."""
        return [message["params"] for message in self.heard if message.get("method") == method]

    def wait_for(self, fits: Callable[[Message], bool], patience_s: float = PATIENCE_S, since: int = 0) -> Message:
        """The first message that ``fits``, heard already or to come."""
        for message in self.heard[since:]:
            if fits(message):
                return message
        deadline = time.monotonic() + patience_s
        while (message_or_end := self._next(deadline)) is not None:
            if fits(message_or_end):
                return message_or_end
        raise AssertionError(f"the engine hung up; its last words: {self.heard[-5:]}")

    def wait_for_end(self, patience_s: float = PATIENCE_S) -> None:
        """Read everything up to the end of what the engine says."""
        deadline = time.monotonic() + patience_s
        while self._next(deadline) is not None:
            pass

    def _next(self, deadline: float) -> Message | None:
        if self._has_ended:
            return None
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"nothing more came; the last words: {self.heard[-5:]}") from None
            if line is None:
                self._has_ended = True
                return None
            try:
                message: Message = json.loads(line)
            except ValueError:
                self.stray.append(line)
                continue
            self.heard.append(message)
            return message

    def listen_for(self, seconds: float) -> None:
        """Let time pass while the engine talks."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=left)
            except queue.Empty:
                return
            if line is None:
                raise AssertionError("the engine hung up")
            self.heard.append(json.loads(line))

    def hang_up(self) -> None:
        """Say EOF."""
        self._to_engine.close()


class EngineProcess(Peer):
    """A real engine process on a library; None means the usual one of whoever runs it."""

    def __init__(self, library: Path | None, *, log: Path, command: tuple[str, ...] = ("-m", "engine")) -> None:
        with log.open("ab") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, *command, *(("--library", str(library)) if library else ())],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, cwd=ROOT,
                env=os.environ | {"ORT_DISABLE_TELEMETRY": "1", "PYTHONPATH": str(ROOT)},
            )  # fmt: skip
        self._log = log
        super().__init__(cast("BinaryIO", self.process.stdin), cast("BinaryIO", self.process.stdout))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        if value is not None:
            value.add_note(self.log())

    def log(self) -> str:
        return self._log.read_text("utf-8", "replace")[-4000:]

    def end(self, patience_s: float = 20.0) -> int:
        """Say EOF and wait until the process is gone; its exit code."""
        self.hang_up()
        try:
            code = self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
            raise AssertionError(f"the engine did not end within {patience_s} s") from None
        finally:
            self._thread.join(10)
            self._from_engine.close()
        return code

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait(10)

    def descendants(self) -> list[int]:
        """Processes below it, from /proc."""
        return descendants_of(self.process.pid)


def descendants_of(pid: int) -> list[int]:
    """Processes below one, from /proc."""
    found: list[int] = []
    fresh = [pid]
    while fresh:
        fresh = [child for each in fresh for child in _children(each)]
        found += fresh
    return found


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(word) for task in tasks for word in (task / "children").read_text("ascii").split()]
    except OSError:  # it has just ended
        return []


def wait_until_ended(pids: list[int], patience_s: float = 30.0) -> list[int]:
    """Wait until these processes have ended; those that have not."""
    deadline = time.monotonic() + patience_s
    return [pid for pid in pids if not _ends_before(pid, deadline)]


def _ends_before(pid: int, deadline: float) -> bool:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        return bool(ready)
    finally:
        os.close(descriptor)
