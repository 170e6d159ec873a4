"""Where a decode pool takes its jobs from: a list that is pulled, or a feed that others fill while it decodes."""

from __future__ import annotations

import multiprocessing
import threading
from collections import deque
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable
    from multiprocessing.connection import Connection

    from engine.imaging.jobs import DecodeJob


class JobSource(Protocol):
    """What the thread that drives a pool asks."""

    def take(self) -> DecodeJob | None:
        """The next job; None where there is none now."""

    @property
    def is_over(self) -> bool:
        """Whether no job will come any more; asked when ``take`` gave None."""

    @property
    def bell(self) -> Connection | None:
        """Something to wait for that becomes readable when it is worth asking again."""


class Listed:
    """Jobs of an iterable, pulled when there is room for them."""

    is_over = True
    bell = None

    def __init__(self, jobs: Iterable[DecodeJob]) -> None:
        self._jobs = iter(jobs)

    def take(self) -> DecodeJob | None:
        """The next job; None at the end."""
        return next(self._jobs, None)


class JobFeed:
    """Jobs that are put in from any thread while those before them are being decoded, until it is closed.

    It holds what it is given: whoever fills it sees to it that this is not too much. Close it in any case.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: deque[DecodeJob] = deque()
        self._heard, self._rung = multiprocessing.Pipe(duplex=False)
        self._is_rung = self._is_closed = False

    def put(self, jobs: Iterable[DecodeJob]) -> None:
        """Add jobs behind those that wait."""
        with self._lock:
            self._jobs.extend(jobs)
            self._ring()

    def close(self) -> None:
        """Let go of what has not been taken, and end the run that takes from here."""
        with self._lock:
            self._jobs.clear()
            self._is_closed = True
            self._ring()

    def take(self) -> DecodeJob | None:
        """The next job; None where there is none now."""
        with self._lock:
            if self._is_rung:
                self._heard.recv_bytes()
                self._is_rung = False
            return self._jobs.popleft() if self._jobs else None

    @property
    def is_over(self) -> bool:
        """Whether it is closed."""
        with self._lock:
            return self._is_closed and not self._jobs

    @property
    def bell(self) -> Connection:
        """Readable from ``put`` or ``close`` until the next ``take``."""
        return self._heard

    def _ring(self) -> None:
        if not self._is_rung:  # one ring is enough, and never fills the pipe
            self._rung.send_bytes(b"\a")
            self._is_rung = True
