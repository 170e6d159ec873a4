"""Worker processes as one does not wish them: what they do depends on the name of the photo they are given."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import struct
import sys
import tempfile
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.imaging import worker
from engine.imaging.answers import READY, encode_answer, send_message
from engine.imaging.jobs import DecodeJob, Failed, Packed
from engine.imaging.preprocess import InputSpec
from engine.protocol import IssueReason

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

HEAVY = (
    "numpy",
    "onnxruntime",
    "apsw",
    "sqlite3",
    "PySide6",
    "torch",
    "pytest",
    "asyncio",
    "rich",
    "tokenizers",
    "engine.library",
)


def harmed_by_photos(connection: Connection, deadline_s: float) -> None:
    """Sound, but for photos named "abort", "exit", "hang", "alarm" and "killed", which do what their name says;
    "once" is killed in the pool's first worker.
    """
    worker.restrict()
    worker.serve(connection, deadline_s, _harmed)


def _harmed(job: DecodeJob) -> Packed | Failed:
    name = job.path.stem.rstrip("0123456789")
    if name == "abort":
        os.abort()
    if name == "exit":
        os._exit(3)
    if name == "hang":
        threading.Event().wait()
    if name == "alarm":
        signal.raise_signal(signal.SIGALRM)
    is_first_worker = multiprocessing.current_process().name.endswith("-1")
    if name == "killed" or (name == "once" and is_first_worker):
        os.kill(os.getpid(), signal.SIGKILL)
    return worker.answer(job)


def short_of_memory(connection: Connection, deadline_s: float) -> None:
    """The true worker with a tenth of its memory."""
    worker.MEMORY_LIMIT //= 10
    worker.main(connection, deadline_s)


def telling_its_process(connection: Connection, deadline_s: float) -> None:
    """Answers every job with its process id."""
    worker.restrict()
    worker.serve(connection, deadline_s, lambda job: Failed(job.key, IssueReason.DAMAGED, str(os.getpid())))


def telling_its_state(connection: Connection, deadline_s: float) -> None:
    """Answers every job with what it may do and which heavy modules it has loaded once the photo is decoded."""
    worker.restrict()
    worker.serve(connection, deadline_s, lambda job: Failed(job.key, IssueReason.DAMAGED, _state(job)))


def _state(job: DecodeJob) -> str:
    assert isinstance(worker.answer(replace(job, specs=(InputSpec(32),))), Packed)
    os.write(1, b"a decoder prints\n")
    os.write(2, b"a decoder complains\n")
    try:
        with tempfile.TemporaryFile() as stream:
            stream.write(b"data")
        may_write = True
    except OSError:
        may_write = False
    heavy = [name for name in HEAVY if name in sys.modules]
    ignores = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    return f"heavy={heavy} may_write={may_write} nice={os.nice(0) >= 10} ignores_interrupt={ignores}"


def stillborn(connection: Connection, deadline_s: float) -> None:
    """Dies before it is ready."""
    os._exit(1)


def lying(connection: Connection, deadline_s: float) -> None:
    """Answers photos named "lie-..." with messages that no sound worker sends, others soundly."""
    worker.restrict()
    send_message(connection, READY)
    while True:
        job = connection.recv()
        sound = encode_answer(worker.answer(job))
        name = job.path.stem
        if name == "lie-half":
            os.write(connection.fileno(), struct.pack("!I", len(sound)) + sound[:100])
            threading.Event().wait()
        elif name == "lie-giant":
            os.write(connection.fileno(), struct.pack("!I", 2**31))
            threading.Event().wait()
        elif name == "lie-twice":
            send_message(connection, sound)
            send_message(connection, sound)
        else:
            send_message(connection, LIES[name](sound) if name in LIES else sound)


LIES: dict[str, Callable[[bytes], bytes]] = {
    "lie-empty": lambda _: b"",
    "lie-short": lambda body: body[:-1],
    "lie-long": lambda body: body + b"x",
    "lie-pickle": lambda body: pickle.dumps({"facts": body[:10]}),
    "lie-deep": lambda _: _message(b"[" * 100_000),
    "lie-place": lambda body: body.replace(b'"latitude": null', b'"latitude": 1e99'),
    "lie-nan": lambda body: body.replace(b'"latitude": null', b'"latitude": NaN '),
    "lie-text": lambda body: body.replace(b'"camera": null', b'"camera": "\\ud800"'),
    "lie-reason": lambda _: _message(b'{"reason": "timeout", "detail": ""}'),
    "lie-header": lambda _: struct.pack("!I", 2**32 - 1) + b"{}",
}


def _message(header: bytes) -> bytes:
    return struct.pack("!I", len(header)) + header
