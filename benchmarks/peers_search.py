"""Searching the same vectors with what people would use instead. Imports nothing of Balloon.

Each takes ``vectors`` (N, dim) float32 unit vectors, ``queries`` (M, dim) and ``truth`` (M, 50) as files of NumPy. Runs
in an environment of the peers' own (``peers.txt``).
"""

from __future__ import annotations

import importlib
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.clock import latencies, memory_mb, recall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Search = Callable[[NDArray[np.float32]], Any]

K = 50
BATCH = 10_000
RESCORED = 8 * K
LINKS, BUILD_BREADTH, SEARCH_BREADTH = 32, 128, 256  # of the HNSW graphs: M, efConstruction, ef


def exact(vectors: str, queries: str, truth: str) -> dict[str, float]:
    """Write what the others are judged by: the true nearest of every query."""
    stored, asked = np.load(vectors, mmap_mode="r"), np.load(queries)
    if Path(truth).is_file():
        return {"queries": float(len(asked))}
    scores = np.concatenate([asked @ chunk.T for chunk in _chunks(stored)], axis=1)
    np.save(truth, np.argsort(-scores, axis=1, kind="stable")[:, :K])
    return {"queries": float(len(asked))}


def numpy_float32(vectors: str, queries: str, truth: str) -> dict[str, float]:
    """A matrix product and a partition."""
    stored = np.load(vectors)

    def search(query: NDArray[np.float32]) -> NDArray[np.intp]:
        scores = stored @ query
        top = np.argpartition(-scores, K)[:K]
        return top[np.argsort(-scores[top])]

    return _judged(search, queries, truth)


def faiss_flat(vectors: str, queries: str, truth: str) -> dict[str, float]:
    """faiss IndexFlatIP."""
    faiss: Any = importlib.import_module("faiss")
    return _faiss(faiss.IndexFlatIP, vectors, queries, truth)


def faiss_hnsw(vectors: str, queries: str, truth: str) -> dict[str, float]:
    """faiss IndexHNSWFlat."""
    faiss: Any = importlib.import_module("faiss")

    def make(dim: int) -> Any:
        index = faiss.IndexHNSWFlat(dim, LINKS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction, index.hnsw.efSearch = BUILD_BREADTH, SEARCH_BREADTH
        return index

    return _faiss(make, vectors, queries, truth)


def _faiss(make: Callable[[int], Any], vectors: str, queries: str, truth: str) -> dict[str, float]:
    stored = np.load(vectors, mmap_mode="r")
    index = make(stored.shape[1])
    begun = time.perf_counter()
    for chunk in _chunks(stored):
        index.add(chunk)
    built = time.perf_counter() - begun
    return {**_judged(lambda query: index.search(query[None], K)[1][0], queries, truth), "built_s": built}


def usearch(vectors: str, queries: str, truth: str) -> dict[str, float]:
    """Usearch's HNSW with its defaults' precision, float32 at hand."""
    library: Any = importlib.import_module("usearch.index")
    stored = np.load(vectors, mmap_mode="r")
    index = library.Index(
        ndim=stored.shape[1], metric="ip", connectivity=LINKS, expansion_add=BUILD_BREADTH,
        expansion_search=SEARCH_BREADTH,
    )  # fmt: skip
    begun = time.perf_counter()
    index.add(np.arange(len(stored)), np.asarray(stored))
    built = time.perf_counter() - begun
    return {**_judged(lambda query: index.search(query, K).keys, queries, truth), "built_s": built}


def hnswlib(vectors: str, queries: str, truth: str) -> dict[str, float]:
    """hnswlib."""
    library: Any = importlib.import_module("hnswlib")
    stored = np.load(vectors, mmap_mode="r")
    index = library.Index(space="ip", dim=stored.shape[1])
    index.init_index(max_elements=len(stored), M=LINKS, ef_construction=BUILD_BREADTH)
    begun = time.perf_counter()
    index.add_items(np.asarray(stored))
    built = time.perf_counter() - begun
    index.set_ef(SEARCH_BREADTH)
    return {**_judged(lambda query: index.knn_query(query, k=K)[0][0], queries, truth), "built_s": built}


def lancedb(vectors: str, queries: str, truth: str) -> dict[str, float]:
    """LanceDB without an index: an exact scan of its columns, which is what it does up to some size."""
    library: Any = importlib.import_module("lancedb")
    arrow: Any = importlib.import_module("pyarrow")
    stored = np.load(vectors, mmap_mode="r")

    def batches() -> Iterator[Any]:
        for first in range(0, len(stored), BATCH):
            rows = np.ascontiguousarray(stored[first : first + BATCH])
            column = arrow.FixedSizeListArray.from_arrays(arrow.array(rows.ravel()), stored.shape[1])
            numbers = arrow.array(np.arange(first, first + len(rows)))
            yield arrow.RecordBatch.from_arrays([numbers, column], names=["number", "vector"])

    with tempfile.TemporaryDirectory(prefix="balloon-bench-") as place:
        kinds = arrow.schema([("number", arrow.int64()), ("vector", arrow.list_(arrow.float32(), stored.shape[1]))])
        table = library.connect(place).create_table("photo", data=batches(), schema=kinds)

        def search(query: NDArray[np.float32]) -> Any:
            found = table.search(query).metric("dot").select(["number"]).limit(K).to_arrow()
            return found["number"].to_numpy()

        return _judged(search, queries, truth)


def vec0_float(vectors: str, queries: str, truth: str) -> dict[str, float]:
    """sqlite-vec's vec0 table, KNN over float vectors."""
    stored = np.load(vectors, mmap_mode="r")
    connection = _sqlite()
    connection.execute(f"CREATE VIRTUAL TABLE photo USING vec0(vector float[{stored.shape[1]}] distance_metric=cosine)")
    _insert(connection, "INSERT INTO photo (rowid, vector) VALUES (?, ?)", stored)
    sql = f"SELECT rowid FROM photo WHERE vector MATCH ? AND k = {K}"

    def search(query: NDArray[np.float32]) -> list[int]:
        return [row for (row,) in connection.execute(sql, (query.tobytes(),))]

    return _judged(search, queries, truth)


def vec0_bit(vectors: str, queries: str, truth: str) -> dict[str, float]:
    """sqlite-vec's vec0 over signs, and cosines of the best of those."""
    stored = np.load(vectors, mmap_mode="r")
    dim = stored.shape[1]
    connection = _sqlite()
    connection.execute(f"CREATE VIRTUAL TABLE photo USING vec0(signs bit[{dim}], +vector BLOB)")
    sql = "INSERT INTO photo (rowid, signs, vector) VALUES (?1, vec_quantize_binary(vec_f32(?2)), ?2)"
    _insert(connection, sql, stored)
    rescored = f"""
        SELECT rowid FROM photo WHERE signs MATCH vec_quantize_binary(vec_f32(?1)) AND k = {RESCORED}
         ORDER BY vec_distance_cosine(vector, ?1) LIMIT {K}
    """

    def search(query: NDArray[np.float32]) -> list[int]:
        return [row for (row,) in connection.execute(rescored, (query.tobytes(),))]

    return _judged(search, queries, truth)


def _sqlite() -> Any:
    """An open library of its own file, removed when the process ends."""
    apsw: Any = importlib.import_module("apsw")
    sqlite_vec: Any = importlib.import_module("sqlite_vec")
    _PLACES.append(tempfile.TemporaryDirectory(prefix="balloon-bench-"))
    connection = apsw.Connection(f"{_PLACES[-1].name}/vectors.db")
    connection.enable_load_extension(True)
    connection.load_extension(str(sqlite_vec.loadable_path()))
    connection.execute("PRAGMA page_size = 16384; PRAGMA journal_mode = wal; PRAGMA synchronous = off")
    return connection


_PLACES: list[tempfile.TemporaryDirectory[str]] = []


def _insert(connection: Any, sql: str, stored: NDArray[np.float32]) -> None:
    for first in range(0, len(stored), BATCH):
        rows = enumerate(np.asarray(stored[first : first + BATCH]), start=first)
        with connection:
            connection.executemany(sql, ((number, row.tobytes()) for number, row in rows))


def _chunks(stored: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    for first in range(0, len(stored), BATCH):
        yield np.ascontiguousarray(stored[first : first + BATCH])


def _judged(search: Search, queries: str, truth: str) -> dict[str, float]:
    took, found = latencies(search, np.load(queries))
    rows = [list(map(int, each)) for each in found]
    return {**took, "memory_mb": memory_mb(), "recall": recall(rows, np.load(truth))}
