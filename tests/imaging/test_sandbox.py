"""A decode worker can neither write nor reach the network, and still decodes every format."""

from __future__ import annotations

import ctypes
import errno
import multiprocessing
import os
import re
import signal
import socket
import sys
from typing import TYPE_CHECKING

import pytest

from engine.imaging import worker
from engine.imaging.jobs import DecodeJob, Failed
from engine.imaging.pool import DecodePool
from engine.protocol import IssueReason

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

_LANDLOCK_CREATE_RULESET = 444

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or ctypes.CDLL(None).syscall(_LANDLOCK_CREATE_RULESET, None, 0, 1) < 1,
    reason="needs a Linux with Landlock",
)


def _refusal(action: Callable[[], object]) -> str:
    try:
        action()
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return "allowed"


def doing_harm(connection: Connection, deadline_s: float) -> None:
    """Answers with how each of the things that a taken-over worker might try was refused."""
    worker.restrict()
    worker.serve(connection, deadline_s, lambda job: Failed(job.key, IssueReason.DAMAGED, _harm(job.path)))


def _harm(path: Path) -> str:
    null = os.open(os.devnull, os.O_WRONLY)
    os.write(null, b"fine")
    os.close(null)
    tries: dict[str, Callable[[], object]] = {
        "make": lambda: os.open(path.with_name("new"), os.O_WRONLY | os.O_CREAT),
        "overwrite": lambda: os.open(path, os.O_WRONLY),
        "truncate": lambda: os.truncate(path, 0),
        "remove": lambda: os.unlink(path),
        "rename": lambda: os.rename(path, path.with_name("other")),
        "folder": lambda: os.mkdir(path.with_name("folder")),
        "run": lambda: os.execv("/bin/true", ["true"]),
        "tcp": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        "udp": lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
        "local": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
        "read": path.read_bytes,
    }
    return " ".join(f"{name}={_refusal(action)}" for name, action in tries.items())


def test_a_worker_may_read_and_nothing_else(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"precious")
    with DecodePool(1, worker_main=doing_harm) as pool:
        result = pool.decode_one(DecodeJob(1, photo, ()))
    assert isinstance(result, Failed)
    answers = dict(part.split("=") for part in result.detail.split())
    assert answers.pop("read") == "allowed"
    assert set(answers.values()) <= {"EACCES", "EPERM", "EXDEV"}
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]
    assert photo.read_bytes() == b"precious"


def test_a_worker_tells_what_it_is_kept_from(tmp_path: Path) -> None:
    with DecodePool(1, worker_main=worker.tell_protection) as pool:
        result = pool.decode_one(DecodeJob(1, tmp_path, ()))
    assert isinstance(result, Failed)
    assert re.fullmatch(
        "30 s a photo, processor time 7[01] s, memory 3.22 GB, written files 0 bytes, open files 64, "
        "no network, read only",
        result.detail,
    )


def burning(connection: Connection, _deadline_s: float) -> None:
    """Uses more of the processor than it was allowed."""
    worker._allow_cpu_time(0.2)
    connection.send_bytes(b"begins")
    while True:
        pass


def test_a_worker_that_uses_too_much_of_the_processor_is_ended_by_the_system() -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=burning, args=(theirs, 1.0), daemon=True)
    process.start()
    assert ours.recv_bytes() == b"begins"
    process.join(60)
    assert process.exitcode == -signal.SIGXCPU


def test_it_costs_a_process_nothing_where_the_kernel_knows_none_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.imaging import sandbox

    monkeypatch.setattr(sys, "platform", "darwin")
    sandbox.lock_down()
    assert sandbox.trial() == (True, True)
