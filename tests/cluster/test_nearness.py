"""Nearest vectors inside the database: what the index proposes is measured exactly, and next to nothing is missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest

from engine.config import LibraryPaths
from engine.library import opening
from engine.library.embeddings import Embeddings
from engine.library.postgres.connection import PostgresConnection
from engine.library.postgres.nearness import NearnessQueries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

DIM, MANY = 32, 12_000


@pytest.fixture(scope="module")
def vectors() -> NDArray[np.float32]:
    """Unit vectors in clusters, as those of photos are."""
    random = np.random.default_rng(5)
    centres = random.normal(size=(60, DIM))
    drawn = centres[random.integers(0, 60, MANY)] + 0.6 * random.normal(size=(MANY, DIM))
    unit: NDArray[np.float32] = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    return unit


@pytest.fixture
def stored(address: str, tmp_path: Path, vectors: NDArray[np.float32]) -> Iterator[Embeddings]:
    database = opening.open_writer(LibraryPaths(tmp_path / "cache", address))
    with database.transaction():
        database.run(
            """
            INSERT INTO content (digest, byte_size)
            SELECT decode(lpad(to_hex(number), 64, '0'), 'hex'), 1 FROM generate_series(1, ?) AS number ORDER BY number
            """,
            (MANY,),
        )
        embeddings = Embeddings.of_model(database, "fake", "fake", DIM)
        embeddings.add([id_ for (id_,) in database.rows("SELECT id FROM content ORDER BY id")], vectors)
    assert isinstance(database, PostgresConnection)
    assert database.index_vectors(embeddings.model)
    yield embeddings
    database.close()


def queries_of(stored: Embeddings) -> NearnessQueries:
    database: Any = stored.__dict__["_database"]
    return NearnessQueries(database, stored.model, stored.dim)


def test_graph_is_made_denser_where_vectors_are_many(stored: Embeddings) -> None:
    database: Any = stored.__dict__["_database"]
    name = f"embedding_hnsw_{stored.model}"
    made = "SELECT array_to_string(reloptions, ', ') FROM pg_class WHERE oid = to_regclass(?)"
    assert database.value(made, (name,)) == "m=16, ef_construction=64"
    assert database.value("SELECT graph_of(199999)") == "m = 16, ef_construction = 64"
    assert database.value("SELECT graph_of(200000)") == "m = 32, ef_construction = 100"


def test_ten_nearest_are_those_of_an_exact_scan(stored: Embeddings, vectors: NDArray[np.float32], address: str) -> None:
    nearness = queries_of(stored)
    first = int(stored.load()[0][0])
    found = missed = 0
    for query in vectors[::120]:
        contents, scores = nearness.nearest(query, 10, None)
        exact = np.sort(vectors @ query)[::-1][:10]
        assert np.allclose(scores, (vectors @ query)[contents - first], atol=1e-5), "cosines are those of full vectors"
        assert (np.diff(scores) <= 1e-7).all()
        found += int(np.isclose(np.sort(scores)[::-1], exact, atol=1e-5).sum())
        missed += 10
    assert found / missed >= 0.99
    with psycopg.connect(address) as connection:
        plan = connection.execute(
            "EXPLAIN SELECT content FROM balloon.embedding WHERE model = 1 "
            "ORDER BY vector::halfvec(32) <#> (SELECT vector FROM balloon.embedding LIMIT 1)::halfvec(32) LIMIT 42"
        ).fetchall()
    assert any("hnsw" in line for (line,) in plan), plan


def test_narrow_choice_is_measured_whole_and_a_wide_one_is_filled(
    stored: Embeddings, vectors: NDArray[np.float32]
) -> None:
    nearness = queries_of(stored)
    ids = stored.load()[0].tolist()
    few = ids[100:140]
    contents, scores = nearness.nearest(vectors[3], 10, few)
    exact = sorted(few, key=lambda content: -float(vectors[content - ids[0]] @ vectors[3]))[:10]
    assert contents.tolist() == exact
    assert scores[0] == pytest.approx(float(vectors[exact[0] - ids[0]] @ vectors[3]), abs=1e-5)
    assert len(nearness.nearest(vectors[3], 1500, None)[0]) == 1500, "an iterative scan goes on past ef_search"
    assert nearness.nearest(vectors[3], 10, [])[0].tolist() == []


def test_scores_and_samples(stored: Embeddings, vectors: NDArray[np.float32]) -> None:
    nearness = queries_of(stored)
    ids = stored.load()[0].tolist()
    scores = nearness.scores(vectors[0], [ids[0], ids[5], 10**9])
    assert set(scores) == {ids[0], ids[5]}
    assert scores[ids[0]] == pytest.approx(1.0, abs=1e-5)
    assert np.allclose(nearness.vectors([ids[7]])[ids[7]], vectors[7])
    sample = nearness.sample(100)
    assert sample.shape == (100, DIM)
    assert np.allclose(np.linalg.norm(sample, axis=1), 1.0, atol=1e-4)
