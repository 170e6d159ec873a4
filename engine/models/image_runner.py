"""The image tower at work: on the best provider that passed its trial, in batches that fit, given back when idle.

A provider that fails later is left for the CPU, and the reason is kept for ``balloon doctor`` and the status line.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.models.accelerators import CPU, HALF_PRECISION, LeftOut, choose_providers
from engine.models.batching import ON_CPU, BatchSize
from engine.models.external_data import operators
from engine.models.memory import give_back
from engine.models.package import verify
from engine.models.probing import Trial, verdict
from engine.models.session import AcceleratorError, Session, available_providers
from engine.protocol.model_methods import AcceleratorTrouble

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.models.package import ModelCard

logger = logging.getLogger(__name__)

WORTH_A_GPU = 4
"""Fewer photos than this at once (one to be like, say) are not worth waking an accelerator for."""
TRIAL_BATCH = 4
ROUNDING = frozenset(("QuantizeLinear", "DynamicQuantizeLinear"))
"""Nodes that round what passes through a graph to int8."""
TELLING = 8
"""Fewer photos at once say little about how fast it is."""


@dataclass(frozen=True, slots=True)
class RunnerFacts:
    """What ran last, as it was measured. ``provider`` None: nothing yet. ``shares`` of the first batch's time."""

    provider: str | None = None
    left_out: tuple[LeftOut, ...] = ()
    shares: dict[str, float] | None = None
    photos_per_s: float | None = None
    batch: int | None = None
    half_precision: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What was decided on: ``provider`` None as long as nothing was tried. ``left_out``: better ones, and why."""

    provider: str | None = None
    left_out: tuple[LeftOut, ...] = ()


class ImageRunner:
    """Runs a package's image tower; from any thread. Nothing is loaded before the first photo."""

    def __init__(
        self,
        folder: Path,
        card: ModelCard,
        *,
        threads: int = 0,
        wanted: str | None = None,
        judge: Callable[[Trial, NDArray[np.float32]], LeftOut | None] = verdict,
    ) -> None:
        """``wanted``: a provider a person asks for, None for the best. ``judge`` tries a provider out."""
        self._folder = folder
        self._card = card
        self._threads = threads
        self._wanted = wanted
        self._judge = judge
        self._deciding = threading.Lock()  # held through a trial, which may take minutes
        self._loading = threading.Lock()
        self._running = threading.Lock()  # a session bound to a GPU has one place for its input
        self._cpu: Session | None = None
        self._fast: Session | None = None
        self._is_decided = False
        self._trusted: str | None = None  # the provider that passed its trial
        self._batch = BatchSize(ON_CPU, ON_CPU)
        self._left_out: tuple[LeftOut, ...] = ()
        self._told = RunnerFacts()
        self._used_at = 0.0

    @property
    def batch_size(self) -> int:
        """How many photos to hand over at once."""
        return self._batch.size

    @property
    def facts(self) -> RunnerFacts:
        """What ran the last batch, and how fast."""
        return self._told

    @property
    def standing(self) -> Standing:
        """What was decided on, without trying anything."""
        with self._loading:
            if not self._is_decided:
                return Standing(CPU if self._wanted == CPU else None)
            return Standing(self._trusted or CPU, self._left_out)

    def decide(self) -> Standing:
        """Find out what can be used, if that is not known: seconds, and minutes where a graph has to be compiled."""
        self._wake()
        return self.standing

    def ask_for(self, wanted: str | None) -> None:
        """Run on this provider from the next batch on, None for the best; it is tried before that."""
        with self._loading:
            self._wanted, self._is_decided = wanted, False
            self._fast = self._trusted = None
            self._batch, self._left_out = BatchSize(ON_CPU, ON_CPU), ()

    def release(self, idle_s: float = 0.0) -> bool:
        """Give the memory back, on the GPU and here, if nothing ran for ``idle_s``; the next photo loads it again.

        Gives whether there was anything to give back.
        """
        with self._loading, self._running:
            if (self._cpu is None and self._fast is None) or time.monotonic() - self._used_at < idle_s:
                return False
            self._cpu = self._fast = None
        give_back()
        return True

    def run(self, output: str, rows: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
        """Run rows (N, ...) of the tower's one input and give the output's rows as float32."""
        parts: list[NDArray[np.float32]] = []
        self._session_for(len(rows))  # what runs them says how many at once
        begin = 0
        self._used_at = time.monotonic()
        while begin < len(rows):
            part = rows[begin : begin + self.batch_size]
            done = self._run_some(output, part, len(rows))
            if done is not None:
                parts.append(done)
                begin += len(part)
        self._used_at = time.monotonic()
        return np.concatenate(parts)

    def _run_some(
        self, output: str, rows: NDArray[np.uint8] | NDArray[np.float32], count: int
    ) -> NDArray[np.float32] | None:
        """One batch; None when it has to be tried again, smaller or on the CPU."""
        session = self._session_for(count)
        started = time.perf_counter()
        if session is not self._fast:
            found = session.run(output, {self._card.image.input: rows})
            self._tell(session, len(rows), time.perf_counter() - started)
            return found
        try:
            with self._running:
                started = time.perf_counter()
                found = session.run(output, {self._card.image.input: rows})
        except AcceleratorError as error:
            self._recover(session, len(rows), error)
            return None
        seconds = time.perf_counter() - started
        self._batch.succeeded(len(rows), seconds)
        self._tell(session, len(rows), seconds)
        return found

    def _recover(self, session: Session, count: int, error: AcceleratorError) -> None:
        """A failure is most likely want of memory: half as many, and with one photo alone the CPU."""
        if self._batch.failed(count):
            logger.info("%s failed at %d photos at once: %s", session.provider, count, error)
            return
        with self._loading:
            failed = LeftOut(self._trusted or session.provider, AcceleratorTrouble.FAILED, str(error))
            if session is self._fast:
                self._fast = self._trusted = None
                self._batch = BatchSize(ON_CPU, ON_CPU)
                self._left_out = (*self._left_out, failed)
        logger.warning("going on with the CPU: %s", failed)

    def _tell(self, session: Session, count: int, seconds: float) -> None:
        rate = count / max(seconds, 1e-9) if count >= TELLING else self._told.photos_per_s
        self._told = RunnerFacts(
            session.provider, self._left_out, session.shares, rate, count, self._graph(session.provider) != self._full
        )

    # Loading

    @property
    def _full(self) -> str:
        return self._card.image.file

    def _graph(self, provider: str) -> str:
        half = self._card.image.half_file
        return half if half is not None and provider in HALF_PRECISION else self._full

    def _session_for(self, count: int) -> Session:
        if count >= WORTH_A_GPU:
            self._wake()
        with self._loading:
            return self._fast or self._cpu_session()

    def _wake(self) -> None:
        if self._wanted == CPU or self._fast is not None:
            return  # nothing to decide; whoever tries something out meanwhile is not waited for
        with self._deciding:
            while not self._is_decided:
                self._decide()
            trusted = self._trusted
            if trusted is None or self._fast is not None:
                return
            session = self._load(trusted)  # it had been given back
            with self._loading:
                if trusted != self._trusted:
                    return  # somebody has asked for another one meanwhile
                if isinstance(session, LeftOut):
                    self._trusted, self._left_out = None, (*self._left_out, session)
                else:
                    self._fast = session

    def _cpu_session(self) -> Session:
        if self._cpu is None:
            self._verify(self._full)
            self._cpu = Session(self._folder / self._full, threads=self._threads)
        return self._cpu

    def _verify(self, name: str) -> None:
        data = self._card.image.data_files if name == self._full else ()
        verify(self._folder, self._card, name, *data)

    def _decide(self) -> None:
        """Try the candidates in order; the first that does what the CPU does is taken."""
        wanted = self._wanted
        choice = choose_providers(available_providers(), wanted)
        left_out = list(choice.left_out)
        found: tuple[str, Session] | None = None
        for provider in choice.providers[:-1]:
            session = self._try(provider)
            if not isinstance(session, LeftOut):
                found = provider, session
                break
            left_out.append(session)
            logger.info("left out: %s", session)
        with self._loading:
            if wanted != self._wanted:
                return  # somebody has asked for another one meanwhile
            self._is_decided, self._left_out = True, tuple(left_out)
            if found is not None:
                self._trusted, self._fast = found
                self._batch, self._cpu = BatchSize(), None

    def _try(self, provider: str) -> Session | LeftOut:
        graph, tower = self._graph(provider), self._card.image
        rows = trial_rows(self._card)
        with self._loading:
            session = self._cpu_session()
        expected = session.run(tower.output, {tower.input: rows})
        self._verify(graph)
        is_rounded = not ROUNDING.isdisjoint(operators(self._folder / self._full))
        trial = Trial(self._folder / graph, provider, tower.input, tower.output, rows, is_rounded)
        return self._judge(trial, expected) or self._load(provider)

    def _load(self, provider: str) -> Session | LeftOut:
        try:
            return Session(self._folder / self._graph(provider), threads=self._threads, provider=provider)
        except AcceleratorError as error:
            return LeftOut(provider, AcceleratorTrouble.FAILED, str(error))


def trial_rows(card: ModelCard) -> NDArray[np.uint8] | NDArray[np.float32]:
    """Noise as the tower takes it: the same every time."""
    size, tower = card.image.input_spec.size, card.image
    pixels = np.random.default_rng(0).integers(0, 256, (TRIAL_BATCH, size, size, 3), dtype=np.uint8)
    return pixels if tower.dtype == "uint8" else normalised(pixels, tower.mean, tower.std)


def normalised(
    pixels: NDArray[np.uint8], mean: tuple[float, float, float], std: tuple[float, float, float]
) -> NDArray[np.float32]:
    """(N, H, W, 3) uint8 to (N, 3, H, W) float32: (pixel / 255 - mean) / std."""
    scale = 1.0 / (255.0 * np.asarray(std, dtype=np.float32))
    offset = np.asarray(mean, dtype=np.float32) / np.asarray(std, dtype=np.float32)
    return np.ascontiguousarray((pixels * scale - offset).transpose(0, 3, 1, 2), dtype=np.float32)
