"""Running measurements: each in a process of its own, all of them in turn, several times; the middle counts."""

from __future__ import annotations

import contextlib
import json
import math
import os
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.clock import STARTED_VARIABLE
from benchmarks.plan import Measurement

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 3600
LONG_S = 60.0  # what takes longer, building included, is run once


@dataclass(frozen=True, slots=True)
class Result:
    """The medians of a measurement's figures; ``loads`` is the machine's load average before each run."""

    measurement: Measurement
    figures: dict[str, float]
    runs: tuple[dict[str, float], ...]
    loads: tuple[float, ...]
    trouble: str = ""

    def as_json(self) -> dict[str, Any]:
        """For the JSON table; ``arguments`` are left out, they name places on this machine."""
        told = asdict(self.measurement)
        told.pop("arguments")
        return {**told, "figures": self.figures, "runs": self.runs, "loads": self.loads, "trouble": self.trouble}


def run_all(
    measurements: Sequence[Measurement], *, runs: int, peers: str | None, minutes: float = math.inf
) -> list[Result]:
    """Run everything ``runs`` times, interleaved; ``peers`` is the interpreter that has them, None leaves them out.

    A measurement that fails is told with its last words and not tried again, one that takes long is run once. Nothing
    is begun after ``minutes``; then, and upon Ctrl-C, it ends with what there is.
    """
    chosen = [one for one in measurements if peers is not None or not one.peer]
    figures: dict[int, list[dict[str, float]]] = {at: [] for at in range(len(chosen))}
    loads: dict[int, list[float]] = {at: [] for at in range(len(chosen))}
    trouble: dict[int, str] = {}
    until = time.monotonic() + 60 * minutes
    with contextlib.suppress(KeyboardInterrupt):
        _run_in_turn(chosen, runs, peers, (figures, loads, trouble), until)
    return [
        Result(one, _medians(figures[at]), tuple(figures[at]), tuple(loads[at]), trouble.get(at, ""))
        for at, one in enumerate(chosen)
        if one.section != "prepare" and (figures[at] or at in trouble)
    ]


def _run_in_turn(
    chosen: Sequence[Measurement],
    runs: int,
    peers: str | None,
    found: tuple[dict[int, list[dict[str, float]]], dict[int, list[float]], dict[int, str]],
    until: float,
) -> None:
    figures, loads, trouble = found
    done: set[int] = set()
    for turn in range(runs):
        for at, one in enumerate(chosen):
            if at in trouble or at in done:
                continue
            begun = time.monotonic()
            if begun > until:
                return
            loads[at].append(round(_load(), 2))
            _say(f"run {turn + 1} of {runs}: {one.section}, {one.what}, {one.subject}, {one.size:,}")
            try:
                figures[at].append(_run(one, peers if one.peer and peers else sys.executable))
                if one.section == "prepare" or time.monotonic() - begun > LONG_S:
                    done.add(at)
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                trouble[at] = str(error)
                _say(f"  failed: {error}")


def make_heics(peers: str, place: Path, count: int) -> None:
    """Have the peers' environment write the HEICs: Balloon's own has nothing that could."""
    arguments = {"place": str(place), "count": count}
    _run(Measurement("prepare", "12 MP HEIC", "photos", count, "corpus:make_heics", arguments), peers)


def _run(one: Measurement, python: str) -> dict[str, float]:
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "ORT_DISABLE_TELEMETRY": "1",
        "HF_HUB_OFFLINE": "1",
        STARTED_VARIABLE: repr(time.time()),
    }
    done = subprocess.run(
        [python, "-m", "benchmarks.one", one.function, json.dumps(one.arguments)],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    if done.returncode:
        words = done.stderr.strip().splitlines()
        raise RuntimeError(words[-1] if words else f"it ended with {done.returncode} and said nothing")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _medians(runs: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(run[name] for run in runs) for name in (runs[0] if runs else ())}


def _load() -> float:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
