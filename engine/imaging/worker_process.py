"""A decode worker as its engine sees it: a spawned process, one pipe, and the jobs it has not answered yet."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections import deque
from typing import TYPE_CHECKING

from engine.errors import KnownError
from engine.imaging.answers import READY, MalformedAnswerError, MessageReader, decode_answer, longest_answer
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

    from engine.imaging.jobs import Decoded, DecodeJob, Failed

    WorkerMain = Callable[[Connection, float], None]

START_DEADLINE_S = 60.0
"""How long a worker may take to start: a cold disk and a virus scanner have to be read through first."""

ALARM = "SIGALRM"
"""How ``wait_for_end`` says that the worker's own alarm has ended it."""

KILLED = "SIGKILL"
"""How ``wait_for_end`` says that someone else has: no decoder dies of it by itself."""

_EXIT_PATIENCE_S = 2.0


class WorkerProcess:
    """One worker. Jobs are answered in the order given, so the first of ``given`` is the one being decoded.

    Owned by the thread that drives the pool.
    """

    def __init__(self, name: str, worker_main: WorkerMain, deadline_s: float) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe(duplex=True)
        self._process = context.Process(target=worker_main, args=(theirs, deadline_s), name=name, daemon=True)
        try:
            self._process.start()
        except OSError as error:
            self.connection.close()
            raise KnownError(ErrorKind.INTERNAL, f"The photo decoder could not be started: {error}.") from error
        finally:
            theirs.close()
        self._reader = MessageReader(self.connection)
        self._deadline_s = deadline_s
        self._due = time.monotonic() + START_DEADLINE_S
        self.given: deque[DecodeJob] = deque()
        self.is_ready = False
        self.answered = 0

    @property
    def due(self) -> float | None:
        """Monotonic time by which the worker has to have said something; None while it has nothing to do."""
        return self._due if self.given or not self.is_ready else None

    def give(self, job: DecodeJob) -> bool:
        """Queue a job on the worker's pipe; False when the worker is gone and has not got it."""
        try:
            self.connection.send(job)
        except OSError:
            return False
        if not self.given and self.is_ready:
            self._due = time.monotonic() + self._deadline_s
        self.given.append(job)
        return True

    def read(self) -> Iterator[Decoded | Failed]:
        """Take the answers that have arrived; raises ``EOFError`` (it has ended) and ``MalformedAnswerError``."""
        longest = max((longest_answer(job) for job in self.given), default=len(READY))
        for body in self._reader.read(longest):
            self._due = time.monotonic() + self._deadline_s
            if not self.is_ready:
                self._greet(body)
                continue
            if not self.given:
                raise MalformedAnswerError("an answer to no question")
            answer = decode_answer(body, self.given[0])
            self.given.popleft()
            self.answered += 1
            yield answer

    def _greet(self, body: bytes | bytearray) -> None:
        if body != READY:
            raise MalformedAnswerError("the first message was not that it is ready")
        self.is_ready = True

    def extend(self, seconds: float) -> None:
        """Give the worker more time."""
        self._due += seconds

    def wait_for_end(self) -> str:
        """Say how a worker whose pipe is closed has ended: an exit code, or the name of a signal."""
        self._process.join(_EXIT_PATIENCE_S)
        exit_code = self._process.exitcode
        if exit_code is None:
            return "still running"
        try:
            return signal.Signals(-exit_code).name if exit_code < 0 else f"exit code {exit_code}"
        except ValueError:  # a real-time signal has no name
            return f"signal {-exit_code}"

    def stop(self, *, patience_s: float = _EXIT_PATIENCE_S) -> None:
        """Close the pipe, upon which an idle worker ends by itself; end it if it does not within ``patience_s``."""
        self.connection.close()
        self._process.join(patience_s)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(_EXIT_PATIENCE_S)
        if self._process.exitcode is not None:  # else it hangs inside the system, on a dead network disk
            self._process.close()
