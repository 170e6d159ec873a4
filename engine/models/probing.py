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

from engine.models.accelerators import TENSORRT, LeftOut
from engine.models.session import AcceleratorError, Session
from engine.protocol.model_methods import AcceleratorTrouble

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from numpy.typing import NDArray

SAME_VECTOR = 0.999
"""Cosine between a photo's vector on the accelerator and on the CPU, below which the accelerator is not trusted."""
NEAR_VECTOR = 0.99
"""The same where the graph rounds what passes through it to int8, as each provider does in places of its own.

Measured with a tower of balloon-mini's shape: at least 0.9993 where float kernels run the int8 graph, 0.9937 for the
float graph it was made from.
"""
LEAST_SHARE = 0.5
"""Of the time of a batch: an accelerator that leaves more to the CPU does not run the model."""
PATIENCE_S = 120.0
COMPILING_PATIENCE_S = 900.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What to try: a graph, its output and one batch for its one input. ``is_rounded``: the CPU's graph is int8."""

    graph: Path
    provider: str
    input: str
    output: str
    rows: NDArray[np.uint8] | NDArray[np.float32]
    is_rounded: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the process told: (N, dim) vectors, and each provider's share of the time; or what went wrong."""

    vectors: NDArray[np.float32] | None = None
    shares: dict[str, float] | None = None
    trouble: AcceleratorTrouble = AcceleratorTrouble.FAILED
    detail: str = ""


def verdict(
    trial: Trial, expected: NDArray[np.float32], run: Callable[[Trial], Outcome] | None = None
) -> LeftOut | None:
    """Why ``trial.provider`` cannot be used, None where it can. ``expected`` are the CPU's vectors, (N, dim)."""
    outcome = (run or run_apart)(trial)
    if outcome.vectors is None:
        return LeftOut(trial.provider, outcome.trouble, outcome.detail)
    share = (outcome.shares or {}).get(trial.provider, 0.0)
    if share < LEAST_SHARE:
        return LeftOut(trial.provider, AcceleratorTrouble.LEFT_TO_CPU, f"{1 - share:.0%}")
    likeness = _likeness(outcome.vectors, expected)
    if not likeness >= (SAME_VECTOR if not trial.is_rounded else NEAR_VECTOR):
        return LeftOut(trial.provider, AcceleratorTrouble.OTHER_VECTORS, f"{likeness:.4f}")
    return None


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
            return Outcome(trouble=AcceleratorTrouble.NO_ANSWER, detail=f"{patience_s:.0f}")
        vectors, shares, detail = ours.recv()  # from our own process; nothing foreign is ever unpickled
        return Outcome(vectors, shares, detail=detail)
    except (EOFError, OSError):
        process.join(PATIENCE_S)
        return Outcome(trouble=AcceleratorTrouble.CRASHED, detail=_how(process.exitcode))
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
