"""Indexing with Balloon: photos a second from files to stored vectors, the encoder's share, and each stage alone."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from engine.api.engine import Engine
from engine.config import MODELS_VARIABLE, library_paths, model_dirs
from engine.imaging.jobs import Decoded, DecodeJob
from engine.imaging.pool import DecodePool
from engine.indexing.digests import read_digest
from engine.models.catalog import find_package
from engine.models.encoder import Encoder

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

T = TypeVar("T")

CORES = os.cpu_count() or 1
ENCODED = 32


class _Clock:
    """Adds up the time spent in calls."""

    def __init__(self) -> None:
        self.busy_s = 0.0

    def timed(self, call: Callable[[NDArray[np.uint8]], NDArray[np.float32]]) -> Callable[..., NDArray[np.float32]]:
        def run(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
            begun = time.perf_counter()
            try:
                return call(pixels)
            finally:
                self.busy_s += time.perf_counter() - begun

        return run


def whole(photos: str, model: str, models: str | None = None) -> dict[str, float]:
    """Index a folder from nothing, without the start of the engine; ``encoder_busy`` is its share of the whole time."""
    if models is not None:
        os.environ[MODELS_VARIABLE] = models
    with tempfile.TemporaryDirectory(prefix="balloon-bench-") as place:
        with Engine.open_writer(library_paths(Path(place) / "library"), model) as engine:
            encoder, clock = engine.encoder, _Clock()
            encoder.encode_images(np.zeros((1, *[encoder.card.image.input_spec.size] * 2, 3), dtype=np.uint8))  # loaded
            encoder.encode_images = clock.timed(encoder.encode_images)  # type: ignore[method-assign]
            folder = engine.add_folder(Path(photos))
            begun = time.perf_counter()
            report = engine.index([folder])
            took = time.perf_counter() - begun
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "photos_per_s": report.embedded / took,
        "encoder_busy": clock.busy_s / took,
        "cpu_ms_per_photo": 1000 * sum(one.ru_utime + one.ru_stime for one in used) / max(1, report.embedded),
    }


def stages(photos: str, model: str, models: str | None = None) -> dict[str, float]:
    """Photos a second of each stage alone on all cores, and of Pillow's own draft decoding."""
    if models is not None:
        os.environ[MODELS_VARIABLE] = models
    paths = sorted(path for path in Path(photos).iterdir() if path.is_file())
    encoder = Encoder.open(find_package(model, model_dirs()))
    jobs = [DecodeJob(number, path, (encoder.card.image.input_spec,)) for number, path in enumerate(paths)]
    with DecodePool(CORES) as pool:
        list(pool.run(jobs[: 2 * CORES]))  # the workers have started
        decoded, decode = _rate(lambda: [item for item in pool.run(jobs) if isinstance(item, Decoded)], len(jobs))
    pixels = np.stack([item.inputs[0] for item in decoded[:ENCODED]])
    encoder.encode_images(pixels)
    return {
        "hash_per_s": _rate(lambda: _each(lambda path: read_digest(path, path.stat().st_size), paths), len(paths))[1],
        "decode_per_s": decode,
        **({} if paths[0].suffix == ".heic" else {"pillow_draft_per_s": _draft_rate(paths)}),  # Pillow reads none
        "encode_per_s": _rate(lambda: encoder.encode_images(pixels), len(pixels))[1],
    }


def _draft_rate(paths: list[Path]) -> float:
    """Pillow alone, on threads: it lets go of the interpreter while it decodes."""
    from PIL import Image

    def draft(path: Path) -> None:
        with Image.open(path) as image:
            image.draft(None, (320, 320))
            image.load()

    return _rate(lambda: _each(draft, paths), len(paths))[1]


def _each(call: Callable[[Path], object], paths: list[Path]) -> None:
    with ThreadPoolExecutor(CORES) as threads:
        list(threads.map(call, paths))


def _rate(call: Callable[[], T], count: int) -> tuple[T, float]:
    begun = time.perf_counter()
    result = call()
    return result, count / (time.perf_counter() - begun)
