"""Lanes: a few threads that work off one queue, each with an engine of its own."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.api import Engine

    OpenEngine: TypeAlias = Callable[[], Engine]

logger = logging.getLogger(__name__)


class OwnEngine:
    """The engine of one thread: opened there when first asked for, closed there at the end.

    One that ``is_current`` does not know any more (another model answers now) is replaced when next asked for.
    """

    def __init__(self, open_engine: OpenEngine, is_current: Callable[[Engine], bool] = lambda _: True) -> None:
        self._open_engine = open_engine
        self._is_current = is_current
        self._engine: Engine | None = None

    def __call__(self) -> Engine:
        """The engine; raises ``KnownError`` when it cannot be opened, and tries anew at the next call."""
        if self._engine is not None and not self._is_current(self._engine):
            self.close()
        if self._engine is None:
            self._engine = self._open_engine()
        return self._engine

    def interrupt(self) -> None:
        """Stop its running query, if there is one; from any thread while a job of its own thread goes on."""
        engine = self._engine
        if engine is not None:
            engine.interrupt()

    def close(self) -> None:
        """Close it if it is open; the next call opens another."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()


Job: TypeAlias = "Callable[[OwnEngine], None]"


class Lane:
    """Threads and their queue. A job gets its thread's engine and keeps its troubles to itself."""

    def __init__(self, name: str, threads: int, own_engine: Callable[[], OwnEngine]) -> None:
        self._own_engine = own_engine
        self._changed = threading.Condition()
        self._jobs: deque[Job] = deque()
        self._spare: Job | None = None
        self._is_on_spare = False
        self._is_closing = False
        names = [name] if threads == 1 else [f"{name}-{number}" for number in range(1, threads + 1)]
        self.threads = [threading.Thread(target=self._work, name=each, daemon=True) for each in names]

    def start(self) -> None:
        """Start the threads."""
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        """Let each thread end after the job in hand; what waits is dropped."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()

    def put(self, job: Job) -> None:
        """Do ``job`` after those already waiting."""
        with self._changed:
            self._jobs.append(job)
            self._changed.notify()

    def put_spare(self, job: Job) -> None:
        """Do ``job`` when there is nothing else to do, one at a time; it takes the place of one that still waits."""
        with self._changed:
            self._spare = job
            self._changed.notify()

    def _work(self) -> None:
        own = self._own_engine()
        try:
            while (taken := self._next()) is not None:
                job, is_spare = taken
                job(own)
                if is_spare:
                    self._spare_done()
        finally:
            own.close()

    def _next(self) -> tuple[Job, bool] | None:
        with self._changed:
            self._changed.wait_for(self._has_work)
            if self._is_closing:
                return None
            if self._jobs:
                return self._jobs.popleft(), False
            job, self._spare = self._spare, None
            if job is None:
                raise RuntimeError("a lane woke up without work")
            self._is_on_spare = True
            return job, True

    def _has_work(self) -> bool:
        return self._is_closing or bool(self._jobs) or (self._spare is not None and not self._is_on_spare)

    def _spare_done(self) -> None:
        with self._changed:
            self._is_on_spare = False
            self._changed.notify()
