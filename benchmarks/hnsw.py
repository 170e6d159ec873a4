"""Recall against latency of a shared library's HNSW index: ``python -m benchmarks.hnsw --count 1000000 --library L``.

Vectors are made from those of a real library L (mixtures of two photos and a little noise), so that they lie as photos
do; queries are texts. They go through the library's own tables, index and queries, in a PostgreSQL of its own
(``tests.cluster.server``). What is nearest is told by an exact scan in NumPy.
``--graph 16,64 --graph 32,200`` compares graphs.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.api import Engine
from engine.config import LibraryPaths
from engine.library.embeddings import Embeddings
from engine.library.postgres.connection import PostgresConnection
from engine.library.postgres.dialect import PackedVector
from engine.library.postgres.nearness import NearnessQueries
from tests.cluster.server import QUICK, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

WIDTHS = (40, 100, 200, 400, 800, 1000)
CHUNK = 20_000

Graph = tuple[int, int]
"""Links of a node (m), and how widely they are looked for (ef_construction)."""


def graph(text: str) -> Graph:
    """Read ``M,EF``."""
    links, _, width = text.partition(",")
    return int(links), int(width)


def main() -> None:
    """Print one JSON document."""
    parser = argparse.ArgumentParser(prog="benchmarks.hnsw", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, metavar="N", help="how many vectors")
    parser.add_argument("--library", type=Path, required=True, metavar="FOLDER", help="a library of real photos")
    parser.add_argument("--queries", type=Path, required=True, metavar="JSONL", help="captions with the field query_en")
    parser.add_argument(
        "--graph", type=graph, action="append", metavar="M,EF", help="M links, built EF wide; again: more"
    )
    parser.add_argument("--memory", default="2GB", help="what the server may take to build the index")
    options = parser.parse_args()
    with Engine.open_reader(LibraryPaths(options.library)) as engine:
        real = engine.vectors()[1]
        texts = [json.loads(line)["query_en"] for line in options.queries.read_text(encoding="utf-8").splitlines()]
        queries = engine.encoder.encode_texts(texts)
    settings = f"{QUICK}\nmaintenance_work_mem = '{options.memory}'\nmax_wal_size = '4GB'\nautovacuum = off"
    with running(buffers="512MB", settings=settings) as server:
        connection = PostgresConnection.open_writer(server.make("vectors"))
        print(json.dumps(measure(connection, real, queries, options.count, options.graph or [None]), indent=2))
        connection.close()


def chunks(real: NDArray[np.float32], count: int) -> Iterator[NDArray[np.float32]]:
    """Unit vectors, the same at every call, ``CHUNK`` rows at a time."""
    random = np.random.default_rng(3)
    for start in range(0, count, CHUNK):
        rows = min(CHUNK, count - start)
        one, other = (real[random.integers(0, len(real), rows)] for _ in range(2))
        share = random.uniform(0.0, 0.5, (rows, 1)).astype(np.float32)
        noise = random.normal(0.0, 0.25 / np.sqrt(real.shape[1]), one.shape).astype(np.float32)
        mixed = (1 - share) * one + share * other + noise
        yield mixed / np.linalg.norm(mixed, axis=1, keepdims=True)


def measure(
    connection: PostgresConnection,
    real: NDArray[np.float32],
    queries: NDArray[np.float32],
    count: int,
    graphs: Sequence[Graph | None],
) -> dict[str, Any]:
    """Load once, then build and search each graph; None is the one that Balloon makes."""
    started = time.perf_counter()
    model = load(connection, real, count)
    found: dict[str, Any] = {
        "vectors": count, "dim": real.shape[1], "queries": len(queries),
        "load_s": round(time.perf_counter() - started, 1), "table_bytes": size_of(connection, "embedding"),
    }  # fmt: skip
    exact = nearest_exactly(real, queries, count) + int(connection.value("SELECT min(content) FROM embedding"))
    found["graphs"] = []
    for wanted in graphs:
        built = {"graph": wanted or "as Balloon makes it", **build(connection, model, real.shape[1], wanted)}
        found["graphs"].append({**built, **answers(connection, model, queries, exact)})
    return found


def build(connection: PostgresConnection, model: int, dim: int, wanted: Graph | None) -> dict[str, Any]:
    """Make the index anew; seconds and bytes."""
    name = f"embedding_hnsw_{model}"
    connection.run(f"DROP INDEX IF EXISTS {name}")
    started = time.perf_counter()
    if wanted is None:
        assert connection.index_vectors(model), "there are too few vectors for an index"
    else:
        links, width = wanted
        connection.run(
            f"CREATE INDEX {name} ON embedding USING hnsw ((vector::halfvec({dim})) halfvec_ip_ops) "
            f"WITH (m = {links}, ef_construction = {width}) WHERE model = {model}"
        )
    built = time.perf_counter() - started
    connection.run("VACUUM ANALYZE embedding")
    return {"build_s": round(built, 1), "index_bytes": size_of(connection, name)}


def answers(
    connection: PostgresConnection, model: int, queries: NDArray[np.float32], exact: NDArray[np.int64]
) -> dict[str, Any]:
    """What searches find and take, at several widths and as Balloon asks."""
    nearness = NearnessQueries(connection, model, queries.shape[1])
    by_width = [{"ef_search": width, **searched(connection, model, queries, exact, width)} for width in WIDTHS]
    return {"by_width": by_width, "as_balloon_asks": asked(nearness, queries, exact)}


def load(connection: PostgresConnection, real: NDArray[np.float32], count: int) -> int:
    """Contents and vectors by COPY; the model's id."""
    with connection.transaction():
        connection.run(
            """
            INSERT INTO content (digest, byte_size)
            SELECT decode(lpad(to_hex(number), 64, '0'), 'hex'), 1 FROM generate_series(1, ?) AS number ORDER BY number
            """,
            (count,),
        )
        model = Embeddings.of_model(connection, "bench", "bench", real.shape[1]).model
    content = int(connection.value("SELECT min(id) FROM content"))
    vector_type = int(connection.value("SELECT CAST(CAST('vector' AS regtype) AS oid)"))
    with (
        connection.connected().cursor() as cursor,
        cursor.copy("COPY embedding (model, content, vector) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(["int8", "int8", vector_type])
        for chunk in chunks(real, count):
            for vector in chunk:
                copy.write_row((model, content, PackedVector.of(vector)))
                content += 1
    return model


def size_of(connection: PostgresConnection, name: str) -> int:
    """Bytes on disk, with what lies beside it but without indexes."""
    return int(connection.value("SELECT pg_table_size(CAST(? AS regclass))", (name,)))


def nearest_exactly(real: NDArray[np.float32], queries: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Rows of the ten nearest of each query, (Q, 10)."""
    best = np.full((len(queries), 10), -2.0, np.float32)
    rows = np.zeros((len(queries), 10), np.int64)
    for at, chunk in enumerate(chunks(real, count)):
        scores = np.concatenate([best, queries @ chunk.T], axis=1)
        ids = np.concatenate([rows, np.broadcast_to(np.arange(len(chunk)) + at * CHUNK, (len(queries), len(chunk)))], 1)
        top = np.argsort(-scores, axis=1, kind="stable")[:, :10]
        best, rows = np.take_along_axis(scores, top, 1), np.take_along_axis(ids, top, 1)
    return rows


def searched(
    connection: PostgresConnection, model: int, queries: NDArray[np.float32], exact: NDArray[np.int64], width: int
) -> dict[str, float]:
    """The index alone, ten asked for, at one ef_search."""
    half = f"halfvec({queries.shape[1]})"
    connection.rows("SELECT set_config('hnsw.ef_search', ?, FALSE)", (str(width),))
    sql = f"SELECT content FROM embedding WHERE model = {model} ORDER BY vector::{half} <#> ?::vector::{half} LIMIT 10"

    def ask(query: NDArray[np.float32]) -> list[int]:
        return [content for (content,) in connection.rows(sql, (PackedVector.of(query),))]

    return timed([ask(query) for query in queries[:20]] and [(ask, query) for query in queries], exact)


def asked(nearness: NearnessQueries, queries: NDArray[np.float32], exact: NDArray[np.int64]) -> dict[str, float]:
    """As a search for ten photos asks: 104 candidates, measured exactly."""

    def ask(query: NDArray[np.float32]) -> list[int]:
        return [int(content) for content in nearness.nearest(query, 104, None)[0][:10]]

    return timed([(ask, query) for query in queries], exact)


def timed(questions: list[Any], exact: NDArray[np.int64]) -> dict[str, float]:
    """Recall at ten, and milliseconds."""
    took: list[float] = []
    right = best = 0
    for (ask, query), wanted in zip(questions, exact, strict=True):
        started = time.perf_counter()
        got = ask(query)
        took.append(1000 * (time.perf_counter() - started))
        right += len(set(got) & set(wanted.tolist()))
        best += got[:1] == [int(wanted[0])]
    p50, p95 = np.percentile(took, (50, 95))
    return {
        "recall_at_10": round(right / exact.size, 4), "nearest_found": round(best / len(exact), 4),
        "p50_ms": round(float(p50), 1), "p95_ms": round(float(p95), 1),
    }  # fmt: skip


if __name__ == "__main__":
    main()
