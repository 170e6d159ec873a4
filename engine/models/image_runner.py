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

from engine.models.accelerators import CPU, HALF_PRECISION, choose_providers, short_name
from engine.models.batching import ON_CPU, BatchSize
from engine.models.memory import give_back
from engine.models.package import verify
from engine.models.probing import Trial, verdict
from engine.models.session import AcceleratorError, Session, available_providers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.models.package import ModelCard

logger = logging.getLogger(__name__)

WORTH_A_GPU = 4
"""Fewer photos than this at once (one to be like, say) are not worth waking an accelerator for."""
TRIAL_BATCH = 4
TELLING = 8
"""Fewer photos at once say little about how fast it is."""


@dataclass(frozen=True, slots=True)
class RunnerFacts:
    """What ran last, as it was measured. ``provider`` None: nothing yet. ``shares`` of the first batch's time."""

    provider: str | None = None
    reasons: tuple[str, ...] = ()
    shares: dict[str, float] | None = None
    photos_per_s: float | None = None
    batch: int | None = None
    half_precision: bool = False


class ImageRunner:
    """Runs a package's image tower; from any thread. Nothing is loaded before the first photo."""

    def __init__(
        self,
        folder: Path,
        card: ModelCard,
        *,
        threads: int = 0,
        wanted: str | None = None,
        judge: Callable[[Trial, NDArray[np.float32]], str] = verdict,
    ) -> None:
        """``wanted``: a provider a person asks for, None for the best. ``judge`` tries a provider out."""
        self._folder = folder
        self._card = card
        self._threads = threads
        self._wanted = wanted
        self._judge = judge
        self._loading = threading.Lock()
        self._running = threading.Lock()  # a session bound to a GPU has one place for its input
        self._cpu: Session | None = None
        self._fast: Session | None = None
        self._is_decided = False
        self._trusted: str | None = None  # the provider that passed its trial
        self._batch = BatchSize(ON_CPU, ON_CPU)
        self._reasons: tuple[str, ...] = ()
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
            self._fast = self._trusted = None
            self._batch = BatchSize(ON_CPU, ON_CPU)
            self._reasons = (*self._reasons, f"{short_name(session.provider)}: {error}")
        logger.warning("going on with the CPU: %s", self._reasons[-1])

    def _tell(self, session: Session, count: int, seconds: float) -> None:
        rate = count / max(seconds, 1e-9) if count >= TELLING else self._told.photos_per_s
        self._told = RunnerFacts(
            session.provider, self._reasons, session.shares, rate, count, self._graph(session.provider) != self._full
        )

    # Loading

    @property
    def _full(self) -> str:
        return self._card.image.file

    def _graph(self, provider: str) -> str:
        half = self._card.image.half_file
        return half if half is not None and provider in HALF_PRECISION else self._full

    def _session_for(self, count: int) -> Session:
        with self._loading:
            if count >= WORTH_A_GPU and self._fast is None:
                self._wake()
            if self._fast is not None:
                return self._fast
            return self._cpu_session()

    def _wake(self) -> None:
        if not self._is_decided:
            self._decide()
        elif self._trusted is not None:  # it had been given back
            trouble = self._load(self._trusted)
            if trouble:
                self._trusted = None
                self._reasons = (*self._reasons, trouble)

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
        self._is_decided = True
        choice = choose_providers(available_providers(), self._wanted)
        reasons = list(choice.reasons)
        for provider in choice.providers:
            if provider == CPU:
                break
            trouble = self._try(provider)
            if not trouble:
                self._trusted = provider
                self._batch = BatchSize()
                self._cpu = None
                break
            reasons.append(trouble)
            logger.info("left out: %s", trouble)
        self._reasons = tuple(reasons)

    def _try(self, provider: str) -> str:
        graph, tower = self._graph(provider), self._card.image
        rows = trial_rows(self._card)
        expected = self._cpu_session().run(tower.output, {tower.input: rows})
        self._verify(graph)
        trial = Trial(self._folder / graph, provider, tower.input, tower.output, rows)
        return self._judge(trial, expected) or self._load(provider)

    def _load(self, provider: str) -> str:
        try:
            self._fast = Session(self._folder / self._graph(provider), threads=self._threads, provider=provider)
        except AcceleratorError as error:
            return f"{short_name(provider)}: {error}"
        return ""


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
