"""The decode worker: a process that does nothing but turn photos into pixels, with as few rights as we can leave it.

It is spawned by the pool, restricts itself before it imports a decoder, and ends when its pipe does. Its imports are
light on purpose: no model, no database, no other part of the engine.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING

from engine.errors import PhotoError
from engine.imaging.jobs import Decoded, DecodeJob, Failed, Packed
from engine.imaging.sandbox import lock_down, trial
from engine.protocol import IssueReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

    Answer = Callable[[DecodeJob], Packed | Failed]

MEMORY_LIMIT = 3 * 1024**3
"""Bytes of address space: room for a picture of ``DecodeLimits.max_pixels`` (four bytes each) and a copy of it.

Measured at 250 megapixels: RGBA PNG 2.0 GB, progressive JPEG and 16-bit PNG 1.5 GB, RGB PNG and TIFF 1.1 GB, baseline
JPEG 0.1 GB; a worker at rest 0.1 GB. What needs more fails with MEMORY.
"""

MOST_OPEN_FILES = 64
ALARM_GRACE_S = 5.0
CPU_TIMES = 2
"""How often a photo's deadline it may use the processors' time: decoders of AVIF and JPEG 2000 start threads."""

_NICENESS = 10
_BELOW_NORMAL_PRIORITY = 0x4000


def main(connection: Connection, deadline_s: float) -> None:
    """Serve decode jobs from ``connection`` until it closes: the target of the spawned process."""
    restrict()
    serve(connection, deadline_s, answer)


def tell_protection(connection: Connection, deadline_s: float) -> None:
    """Answer every job with what a worker is kept from, as tried out there: a ``worker_main`` for ``doctor``."""
    restrict()
    serve(connection, deadline_s, lambda job: Failed(job.key, IssueReason.NOT_AN_IMAGE, _protection(deadline_s)))


def _protection(deadline_s: float) -> str:
    makes_files, opens_sockets = trial()
    return ", ".join(
        (
            *_limits_in_force(deadline_s),
            "network not barred" if opens_sockets else "no network",
            "may make empty files" if makes_files else "read only",
        )
    )


def _limits_in_force(deadline_s: float) -> list[str]:
    """What the system says of this process, not what was asked of it."""
    if sys.platform == "win32":
        return [f"{deadline_s:g} s a photo", "memory, processor time and files not limited"]
    import resource

    def limit(kind: int, unit: float = 1) -> str:
        soft, _ = resource.getrlimit(kind)
        return "not limited" if soft == resource.RLIM_INFINITY else f"{soft / unit:.3g}"

    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu, _ = resource.getrlimit(resource.RLIMIT_CPU)
    spare = "not limited" if cpu == resource.RLIM_INFINITY else f"{cpu - used.ru_utime - used.ru_stime:.0f} s"
    return [
        f"{deadline_s:g} s a photo",
        f"processor time {spare}",
        f"memory {limit(resource.RLIMIT_AS, 1e9)} GB",
        f"written files {limit(resource.RLIMIT_FSIZE)} bytes",
        f"open files {limit(resource.RLIMIT_NOFILE)}",
    ]


def restrict() -> None:
    """Give up what decoding does not need. Ctrl-C is the engine's to handle, and its stdout belongs to the protocol."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.dont_write_bytecode = True
    os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
    _point_at_devnull(1)
    if sys.platform == "win32":
        _lower_priority_on_windows()
    else:
        os.nice(_NICENESS)
        _limit_resources()
        lock_down()


def serve(connection: Connection, deadline_s: float, answer: Answer) -> None:
    """Say that we are ready, then answer jobs one by one, in order, until the engine closes the pipe."""
    from engine.imaging.answers import READY, encode_answer, send_message

    importlib.import_module(
        "engine.imaging.decoding"
    )  # now, so that a broken installation shows before the first photo
    with contextlib.suppress(EOFError, OSError):  # the engine has closed the pipe, or has died
        send_message(connection, READY)
        _point_at_devnull(2)  # decoding libraries print about odd files
        while True:
            job = connection.recv()
            _allow_cpu_time(deadline_s + ALARM_GRACE_S)
            with _alarm(deadline_s + ALARM_GRACE_S):
                body = encode_answer(answer(job))
            send_message(connection, body)


def answer(job: DecodeJob) -> Packed | Failed:
    """Decode one photo for all its specs. Never raises: what a photo does to its decoder ends here."""
    from engine.imaging.answers import LONGEST_DETAIL

    try:
        return _decoded(job)
    except PhotoError as error:
        return Failed(job.key, error.reason, error.detail[:LONGEST_DETAIL])
    except MemoryError:
        return Failed(job.key, IssueReason.MEMORY, "scaling needed more memory than a worker may have")
    except Exception as error:  # noqa: BLE001 - the worker loop's border: a bug must cost one photo, not the worker
        place = traceback.extract_tb(error.__traceback__)[-1]
        detail = f"{type(error).__name__} in {place.name}, line {place.lineno}: {error}"
        return Failed(job.key, IssueReason.CRASHED, detail[:LONGEST_DETAIL])


def _decoded(job: DecodeJob) -> Packed:
    from engine.imaging.decoding import decode
    from engine.imaging.pixel_digest import pixel_digest
    from engine.imaging.preprocess import min_edge, scaled
    from engine.imaging.thumbnails import encode_thumbnail

    edges = [min_edge(spec) for spec in job.specs] + [job.thumbnail_edge] * job.thumbnail
    edge = max(edges, default=1)
    picture, facts = decode(job.path, min_edge=edge)
    inputs = tuple(scaled(picture, spec).tobytes() for spec in job.specs)
    thumbnail = encode_thumbnail(picture, job.thumbnail_edge) if job.thumbnail else None
    digest = pixel_digest(picture, (facts.width, facts.height), edge) if job.specs else None
    return Packed(Decoded(job.key, facts, (), thumbnail, digest), inputs)


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """End this process if one photo takes longer, even inside a decoder and even when the engine is no longer there.

    A death signal from the kernel (PR_SET_PDEATHSIG) would not do: it fires when the *thread* that spawned us ends.
    """
    if sys.platform == "win32":
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _allow_cpu_time(seconds: float) -> None:
    """Let this process use so much more of the processors' time, whatever threads a decoder starts; then it dies."""
    if sys.platform == "win32":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(used.ru_utime + used.ru_stime + seconds * CPU_TIMES)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _point_at_devnull(descriptor: int) -> None:
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, descriptor)
    if devnull != descriptor:
        os.close(devnull)


def _limit_resources() -> None:
    if sys.platform == "win32":
        return
    import resource

    limits = {
        resource.RLIMIT_AS: MEMORY_LIMIT,
        resource.RLIMIT_DATA: MEMORY_LIMIT,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: MOST_OPEN_FILES,
    }
    for kind, limit in limits.items():
        _, hard = resource.getrlimit(kind)
        lowest = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        with contextlib.suppress(OSError, ValueError):  # macOS refuses some of them
            resource.setrlimit(kind, (lowest, lowest))


def _lower_priority_on_windows() -> None:
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), _BELOW_NORMAL_PRIORITY)
