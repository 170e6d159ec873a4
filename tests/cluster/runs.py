"""Runs of the command line on Ray, and what they leave in a library."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from engine.config import LibraryPaths
from tests.conftest import ROOT
from tests.photo_factory import scene, write_photo

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.library.connection import Connection

PATIENCE_S = 240.0


def balloon(*words: str | Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "engine.cli", *map(str, words)],
        cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def done(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, errors = process.communicate(timeout=PATIENCE_S)
    return process.returncode, errors


def photos(folder: Path, count: int) -> Path:
    for seed in range(count):
        write_photo(folder / f"{seed}.jpg", scene((320, 240), seed=seed))
    return folder


def library_of(address: str, tmp_path: Path) -> LibraryPaths:
    return LibraryPaths(tmp_path / "cache", address)


def until(met: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not met():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < ends, "it takes too long"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.05)


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """Processes of Ray's that decode, encode or hand batches over for this run."""
    below = psutil.Process(process.pid).children(recursive=True)
    return [child.pid for child in below if _title(child).startswith(("ray::MapWorker", "ray::Feed"))]


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def stored(database: Connection) -> tuple[int, int, int]:
    """Photos, contents and vectors."""
    counts = (f"SELECT count(*) FROM {table}" for table in ("photo", "content", "embedding"))
    one, two, three = (int(database.value(sql)) for sql in counts)
    return one, two, three
