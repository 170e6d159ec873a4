"""Diagnosis: what this computer can really do for Balloon, tried out rather than asked."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import KnownError
from engine.imaging import worker
from engine.imaging.pool import DecodeJob, DecodePool, Failed
from engine.models.accelerators import gpu_memory, short_name
from engine.models.package import verify
from engine.models.session import runtime
from engine.version import version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from engine.config import LibraryPaths
    from engine.models.encoder import Encoder
    from engine.models.image_runner import RunnerFacts

PROBE_BATCH = 16
PROBE_ROUNDS = 3
INOTIFY_LIMIT = "/proc/sys/fs/inotify/max_user_watches"
LOW_DISK_BYTES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of ``doctor``; ``fine`` is False where the person should do something."""

    name: str
    text: str
    fine: bool = True


def diagnose(paths: LibraryPaths, open_encoder: Callable[[], Encoder]) -> Iterator[Finding]:
    """Look at the program, the machine, the model and the library, one finding after another."""
    yield Finding("balloon", f"{version()}, Python {platform.python_version()}")
    yield Finding("system", f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count()} cores")
    yield from _model(open_encoder)
    yield _decode_workers(paths.root)
    yield _disk(paths.root)
    yield from _watching()


def _model(open_encoder: Callable[[], Encoder]) -> Iterator[Finding]:
    onnxruntime = runtime()
    offered = ", ".join(map(short_name, onnxruntime.get_available_providers()))
    yield Finding("onnxruntime", f"{onnxruntime.__version__}, built for {offered}")
    try:
        encoder = open_encoder()
        verify(encoder.folder, encoder.card)
        rate = _photos_per_second(encoder)
        query_ms = _query_ms(encoder)
    except KnownError as error:
        yield Finding("model", str(error), fine=False)
        return
    card = encoder.card
    yield Finding(
        "model", f"{card.key}, {card.dim} numbers a photo, {' and '.join(card.languages)}, files as published"
    )
    facts = encoder.facts
    yield Finding("provider", _who_ran(facts))
    if facts.left_out:
        yield Finding("left out", "; ".join(map(str, facts.left_out)))
    yield Finding("speed", f"{rate:.0f} photos/s encoded in batches of {facts.batch}, a query in {query_ms:.1f} ms")
    yield _memory(encoder)


def _who_ran(facts: RunnerFacts) -> str:
    """The provider that the session itself says ran the last batch, and how much of it by its profile."""
    name = short_name(facts.provider or "none")
    shares = facts.shares or {}
    share = shares.get(facts.provider or "")
    told = f" ({share:.0%} of a batch's time by its profile)" if share is not None else ""
    width = " in float16" if facts.half_precision else ""
    return f"{name} ran the last batch{width}{told}"


def _memory(encoder: Encoder) -> Finding:
    """What the image tower takes, found out by giving it back."""
    import psutil

    process = psutil.Process()
    busy, gpu_busy = process.memory_info().rss, gpu_memory()
    encoder.release_images()
    idle, gpu_idle = process.memory_info().rss, gpu_memory()
    text = f"{busy / 1e6:.0f} MB at work, {idle / 1e6:.0f} MB at rest"
    if gpu_busy is not None and gpu_idle is not None:
        text += f"; GPU {gpu_busy[0] / 1e6:.0f} MB and {gpu_idle[0] / 1e6:.0f} MB of {gpu_busy[1] / 1e6:.0f} MB"
    return Finding("memory", text)


def _photos_per_second(encoder: Encoder) -> float:
    size = encoder.card.image.input_spec.size
    pixels = np.random.default_rng(0).integers(0, 256, (PROBE_BATCH, size, size, 3), dtype=np.uint8)
    encoder.encode_images(pixels)
    started = time.perf_counter()
    for _ in range(PROBE_ROUNDS):
        encoder.encode_images(pixels)
    return PROBE_ROUNDS * PROBE_BATCH / (time.perf_counter() - started)


def _query_ms(encoder: Encoder) -> float:
    encoder.encode_texts(["a red balloon"])
    started = time.perf_counter()
    for _ in range(PROBE_ROUNDS):
        encoder.encode_texts(["a red balloon over the sea 海上的红气球"])
    return (time.perf_counter() - started) * 1000 / PROBE_ROUNDS


def _decode_workers(root: Path) -> Finding:
    """Say what a decode worker is kept from on this system, as it has found out by trying."""
    try:
        with DecodePool(1, worker_main=worker.tell_protection) as pool:
            told = pool.decode_one(DecodeJob(0, root, ()))
    except KnownError as error:
        return Finding("decoding", str(error), fine=False)
    return Finding("decoding", f"worker processes: {told.detail}" if isinstance(told, Failed) else "it told nothing")


def _disk(root: Path) -> Finding:
    place = root
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    return Finding("library", f"{root}, {free / 1e9:.1f} GB free", fine=free > LOW_DISK_BYTES)


def _watching() -> Iterator[Finding]:
    if sys.platform != "linux":
        return
    try:
        with open(INOTIFY_LIMIT, encoding="ascii") as stream:
            limit = int(stream.read())
    except (OSError, ValueError):
        yield Finding("watching", "no file events here: folders are looked at every few seconds", fine=False)
        return
    yield Finding("watching", f"up to {limit} directories by file events")
