"""Searching Balloon's vectors: the first query after the start, latency, memory, recall against an exact comparison."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.clock import latencies, memory_mb, recall, seconds_since_start
from engine.config import library_paths
from engine.library.database import Database
from engine.library.embeddings import Embeddings
from engine.search.vectors import HotMatrix, HotView

if TYPE_CHECKING:
    from numpy.typing import NDArray

K = 50
FOLDER = 5000
KEY = "benchmark"


def stored(vectors: str, library: str) -> dict[str, float]:
    """Put vectors (N, dim) of a file into a library of contents that have nothing else, unless it is there."""
    whole = Path(library) / "complete"
    if whole.is_file():
        return {"stored_per_s": 0.0}
    drawn = np.load(vectors, mmap_mode="r")
    shutil.rmtree(library, ignore_errors=True)
    database = Database.open_writer(library_paths(Path(library)))
    with database.transaction():
        embeddings = Embeddings.of_model(database, KEY, KEY, drawn.shape[1])
    begun = time.perf_counter()
    for first in range(0, len(drawn), 10_000):
        numbers = range(first + 1, min(first + 10_000, len(drawn)) + 1)
        with database.transaction():
            database.run_many(
                "INSERT INTO content (id, digest, byte_size) VALUES (?, ?, 1)",
                ((number, number.to_bytes(32, "big")) for number in numbers),
            )
            embeddings.add(numbers, np.asarray(drawn[first : first + 10_000]))
    took = time.perf_counter() - begun
    database.close()
    whole.touch()
    return {"stored_per_s": len(drawn) / took}


def balloon(library: str, queries: str, truth: str) -> dict[str, float]:
    """What a search does between a query's vector and the contents that are nearest, exact cosines included."""
    database = Database.open_reader(library_paths(Path(library)))
    asked: NDArray[np.float32] = np.load(queries)
    embeddings = Embeddings.of_model(database, KEY, KEY, asked.shape[1])
    view = HotView(HotMatrix(Path(library) / "cache" / "vectors"))

    def nearest(query: NDArray[np.float32]) -> list[int]:
        view.refresh(embeddings)
        found: list[int] = (view.nearest(query, K).contents - 1).tolist()
        return found

    nearest(asked[0])
    first = seconds_since_start()
    took, found = latencies(nearest, asked)
    figures = {"first_query_s": first, **took, "memory_mb": memory_mb()}
    step = max(1, len(view) // FOLDER)
    folder = list(range(1, len(view) + 1, step))[:FOLDER]

    def filtered(query: NDArray[np.float32]) -> None:
        view.refresh(embeddings)
        view.nearest(query, K, among=folder)

    figures["filtered_p50_ms"] = latencies(filtered, asked)[0]["p50_ms"]
    return {**figures, "recall": recall(found, np.load(truth))}
