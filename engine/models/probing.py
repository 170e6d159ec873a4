"""Trying an accelerator out before it is trusted: in a process of its own, against what the CPU makes of the same.

A driver that crashes or hangs takes that process with it and nothing else; it costs a line in ``balloon doctor``.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.models.accelerators import TENSORRT, short_name
from engine.models.session import AcceleratorError, Session

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from numpy.typing import NDArray

SAME_VECTOR = 0.999
"""Cosine between a photo's vector on the accelerator and on the CPU, below which the accelerator is not trusted."""
LEAST_SHARE = 0.5
"""Of the time of a batch: an accelerator that leaves more to the CPU does not run the model."""
PATIENCE_S = 120.0
COMPILING_PATIENCE_S = 900.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What to try: a graph, its output and one batch for its one input."""

    graph: Path
    provider: str
    input: str
    output: str
    rows: NDArray[np.uint8] | NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the process told: (N, dim) vectors, and each provider's share of the time. ``trouble`` "" when all went."""

    vectors: NDArray[np.float32] | None = None
    shares: dict[str, float] | None = None
    trouble: str = ""


def verdict(trial: Trial, expected: NDArray[np.float32], run: Callable[[Trial], Outcome] | None = None) -> str:
    """Why ``trial.provider`` cannot be used, "" where it can. ``expected`` are the CPU's vectors, (N, dim)."""
    outcome = (run or run_apart)(trial)
    name = short_name(trial.provider)
    if outcome.vectors is None:
        return f"{name}: {outcome.trouble}"
    share = (outcome.shares or {}).get(trial.provider, 0.0)
    if share < LEAST_SHARE:
        return f"{name}: it left {1 - share:.0%} of the work to the CPU"
    likeness = _likeness(outcome.vectors, expected)
    if not likeness >= SAME_VECTOR:
        return f"{name}: its vectors are not those of the CPU (cosine {likeness:.4f})"
    return ""


def run_apart(trial: Trial, target: Callable[[Connection, Trial], None] | None = None) -> Outcome:
    """Run a trial in a process of its own and give what it told before it ended, however it ended."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=target or try_out, args=(theirs, trial), name="balloon-probe", daemon=True)
    process.start()
    theirs.close()
    patience_s = COMPILING_PATIENCE_S if trial.provider == TENSORRT else PATIENCE_S
    try:
        if not ours.poll(patience_s):
            return Outcome(trouble=f"no answer within {patience_s:.0f} s")
        vectors, shares, trouble = ours.recv()  # from our own process; nothing foreign is ever unpickled
        return Outcome(vectors, shares, trouble)
    except (EOFError, OSError):
        process.join(PATIENCE_S)
        return Outcome(trouble=f"the driver crashed ({_how(process.exitcode)})")
    finally:
        ours.close()
        process.kill()
        process.join()


def try_out(pipe: Connection, trial: Trial) -> None:
    """The process: load the graph, run one batch, tell."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    try:
        session = Session(trial.graph, provider=trial.provider)
        vectors = session.run(trial.output, {trial.input: trial.rows})
    except AcceleratorError as error:
        pipe.send((None, None, str(error)))
        return
    pipe.send((vectors, session.shares or {session.provider: 1.0}, ""))


def _likeness(vectors: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """The smallest cosine of two sets of rows; NaN where one is not usable."""
    if vectors.shape != expected.shape:
        return float("nan")
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(expected, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosines = (vectors * expected).sum(axis=1) / lengths
    return float(cosines.min())


def _how(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        try:
            return signal.Signals(-exit_code).name
        except ValueError:
            return f"signal {-exit_code}"
    return f"exit code {exit_code}"
