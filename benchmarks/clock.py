"""Figures that all measurements give in the same way. Imports nothing of Balloon: peers use it as well."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

STARTED_VARIABLE = "BALLOON_BENCH_STARTED"


WARMING = 5  # searches before those that count


def latencies(search: Callable[[Any], Any], queries: NDArray[Any]) -> tuple[dict[str, float], list[Any]]:
    """Milliseconds of a warm search for each of ``queries`` (N, dim), the middle, the slowest in 20 and in 100.

    Gives as well what each has found.
    """
    for query in queries[:WARMING]:
        search(query)
    took, found = [], []
    for query in queries:
        begun = time.perf_counter()
        found.append(search(query))
        took.append(1000 * (time.perf_counter() - begun))
    p50, p95, p99 = np.percentile(took, (50, 95, 99))
    return {"p50_ms": float(p50), "p95_ms": float(p95), "p99_ms": float(p99)}, found


def recall(found: Sequence[Sequence[int]], truth: NDArray[np.int64]) -> float:
    """The share of the true nearest, (N, k), that is among those found."""
    return float(np.mean([np.isin(true, got).mean() for true, got in zip(truth, found, strict=True)]))


def memory_mb(pid: int | None = None) -> float:
    """Resident memory of this process or another, mapped files included, in 10^6 bytes; 0 where there is no /proc."""
    try:
        status = Path(f"/proc/{os.getpid() if pid is None else pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return next(int(line.split()[1]) * 1024 / 1e6 for line in status.splitlines() if line.startswith("VmRSS:"))


def seconds_since_start() -> float:
    """Seconds since this process was started, imports included."""
    return time.time() - float(os.environ[STARTED_VARIABLE])
