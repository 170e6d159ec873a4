"""The decode pool: several worker processes, one pipe each, and a promise that a photo can only ever harm itself.

A crash, a hang or a malformed answer costs the photo that was being decoded; what was queued behind it is given again.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Self

from engine.errors import KnownError
from engine.imaging import worker
from engine.imaging.answers import LONGEST_DETAIL, MalformedAnswerError
from engine.imaging.feed import JobFeed, Listed
from engine.imaging.jobs import Decoded, DecodeJob, Failed
from engine.imaging.worker_process import ALARM, KILLED, WorkerProcess
from engine.protocol import ErrorKind, IssueReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.connection import Connection
    from types import TracebackType

    from engine.imaging.feed import JobSource
    from engine.imaging.worker_process import WorkerMain

__all__ = ["DecodeJob", "DecodePool", "Decoded", "Failed"]

JOBS_PER_WORKER = 2
"""One being decoded and one on the pipe behind it, so that a worker never waits for its next photo."""

STILLBORN_LIMIT = 3

logger = logging.getLogger(__name__)


class DecodePool:
    """Up to ``workers`` decode workers, started when there is work for them.

    ``deadline_s`` is the longest one photo may take; ``recycle_after`` photos a worker is replaced, so that what
    decoders leak stays small. A pool serves one ``run`` at a time, from any thread. ``worker_main`` is for tests.
    """

    def __init__(
        self,
        workers: int,
        *,
        deadline_s: float = 30.0,
        recycle_after: int = 2000,
        worker_main: WorkerMain = worker.main,
    ) -> None:
        if workers < 1:
            raise ValueError("a pool needs at least one worker")
        self._size = workers
        self._deadline_s = deadline_s
        self._recycle_after = recycle_after
        self._worker_main = worker_main
        self._workers: list[WorkerProcess] = []
        self._again: deque[DecodeJob] = deque()
        self._spared: set[int] = set()
        self._numbers = itertools.count(1)
        self._stillborn = 0
        self._sole = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all workers. The pool may be used again; it then starts new ones."""
        for process in self._workers:
            process.stop()
        self._workers.clear()

    def decode_one(self, job: DecodeJob) -> Decoded | Failed:
        """Decode a single photo."""
        (result,) = self.run([job])
        return result

    def run(self, jobs: Iterable[DecodeJob] | JobFeed, *, ahead: int | None = None) -> Iterator[Decoded | Failed]:
        """Decode ``jobs``, those of a feed until it is closed, and yield their results as they come, in no order.

        Jobs are pulled from the iterable when there is room for them: at most ``ahead`` (default: two per worker) are
        on their way. Workers soon wait when the caller is busy with a result: a slow caller should drive this from a
        thread of its own. Leaving the generator early ends the workers that are still decoding. Raises ``KnownError``
        (INTERNAL) when workers cannot be started, ``RuntimeError`` when another run is going on.
        """
        source: JobSource = jobs if isinstance(jobs, JobFeed) else Listed(jobs)
        with self._sole_run():
            while True:
                has_room = self._fill(source, ahead or JOBS_PER_WORKER * self._size)
                if not self._on_their_way() and source.is_over:
                    return
                for result in self._collect(source.bell if has_room else None):
                    with self._clock_stopped():
                        yield result

    @contextmanager
    def _sole_run(self) -> Iterator[None]:
        if not self._sole.acquire(blocking=False):
            raise RuntimeError("a decode pool serves one run at a time")
        try:
            yield
        finally:
            self._again.clear()
            self._spared.clear()
            for process in [process for process in self._workers if process.given]:
                self._workers.remove(process)
                process.stop(patience_s=0)
            self._sole.release()

    @contextmanager
    def _clock_stopped(self) -> Iterator[None]:
        """Do not count against the workers the time in which nobody listens to them."""
        left = time.monotonic()
        try:
            yield
        finally:
            away_s = time.monotonic() - left
            for process in self._workers:
                process.extend(away_s)

    def _on_their_way(self) -> int:
        return sum(len(process.given) for process in self._workers)

    def _fill(self, source: JobSource, ahead: int) -> bool:
        """Give out jobs, those that lost their worker first; True where there is room and no job is left for it."""
        depth = -(-ahead // self._size)
        while self._on_their_way() < ahead:
            process = self._with_room(depth)
            if process is None:
                return False
            job = self._next_job(source)
            if job is None:
                return True
            if not process.give(job):  # it died while idle: nobody's fault
                self._again.appendleft(job)
                self._lose(process, "it was gone when it got a job")
        return False

    def _next_job(self, source: JobSource) -> DecodeJob | None:
        if self._again:
            return self._again.popleft()
        with self._clock_stopped():
            return source.take()

    def _with_room(self, depth: int) -> WorkerProcess | None:
        """Choose a worker: an idle one, else a new one, else the one with the least to do that has room."""
        self._recycle()
        open_to_more = [
            process
            for process in self._workers
            if len(process.given) < depth and process.answered + len(process.given) < self._recycle_after
        ]
        chosen = min(open_to_more, key=lambda process: len(process.given), default=None)
        if (chosen is None or chosen.given) and len(self._workers) < self._size:
            chosen = WorkerProcess(f"balloon-worker-{next(self._numbers)}", self._worker_main, self._deadline_s)
            self._workers.append(chosen)
        return chosen

    def _recycle(self) -> None:
        for process in [process for process in self._workers if process.answered >= self._recycle_after]:
            if not process.given:
                self._workers.remove(process)
                process.stop()

    def _collect(self, bell: Connection | None) -> Iterator[Decoded | Failed]:
        """Wait until a worker says something, ends, or should have said something, or ``bell`` tells of new jobs."""
        dues = [process.due for process in self._workers if process.due is not None]
        patience = max(0.0, min(dues) - time.monotonic()) if dues else None
        bells = [] if bell is None else [bell]
        heard = wait([*bells, *(process.connection for process in self._workers)], patience)
        for process in [process for process in self._workers if process.connection in heard]:
            yield from self._hear(process)
        now = time.monotonic()
        for process in [process for process in self._workers if process.due is not None and process.due < now]:
            yield from self._bury(process, IssueReason.TIMEOUT, f"more than {self._deadline_s:g} s")

    def _hear(self, process: WorkerProcess) -> Iterator[Decoded | Failed]:
        try:
            yield from process.read()
        except EOFError:
            how = process.wait_for_end()
            if how == KILLED and self._is_spared(process):
                self._lose(process, "it was killed from outside")
                return
            reason = IssueReason.TIMEOUT if how == ALARM else IssueReason.CRASHED
            yield from self._bury(process, reason, f"the decoder died ({how})")
        except MalformedAnswerError as error:
            yield from self._bury(process, IssueReason.CRASHED, f"the decoder sent nonsense: {error}")
        if process.is_ready:
            self._stillborn = 0

    def _is_spared(self, process: WorkerProcess) -> bool:
        """Whether the photo in hand may be tried again: a decoder dies of other signals, a person or a system short of
        memory sends this one. A second time it is the photo's fault.
        """
        if not process.given or process.given[0].key in self._spared:
            return False
        self._spared.add(process.given[0].key)
        return True

    def _bury(self, process: WorkerProcess, reason: IssueReason, detail: str) -> Iterator[Failed]:
        """The photo that a worker was decoding has failed, and the worker ends; those behind it are given again."""
        blamed = process.given.popleft() if process.is_ready and process.given else None
        self._lose(process, detail)
        if blamed is not None:
            yield Failed(blamed.key, reason, detail[:LONGEST_DETAIL])

    def _lose(self, process: WorkerProcess, detail: str) -> None:
        """End a worker and take back its jobs; several in a row that never got ready mean that none will."""
        logger.info("A decode worker has ended: %s.", detail)
        self._workers.remove(process)
        process.stop(patience_s=0)
        self._again.extendleft(reversed(process.given))
        self._stillborn += not process.is_ready
        if self._stillborn >= STILLBORN_LIMIT:
            self._stillborn = 0
            raise KnownError(ErrorKind.INTERNAL, f"The photo decoder does not start ({detail}). Install Balloon again.")
