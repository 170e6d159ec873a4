"""Nearest vectors inside PostgreSQL: an HNSW index over half precision proposes, the full vectors decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.library.postgres.dialect import PackedVector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.library.connection import Connection, Row

# Vectors of half precision may swap neighbours: so many more than asked for are measured exactly.
SPARE = 32
# How widely the index is searched: as widely as pgvector lets (ef_search). Words lie far from every photo, and of a
# million vectors a search of 272 missed more than one of ten nearest in five (docs/scale.md).
WIDTH = 1000
# Up to here a choice of contents is measured whole, which is exact.
MEASURED_WHOLE = 20_000


class NearnessQueries:
    """Questions about the vectors of one model, asked over one connection."""

    def __init__(self, connection: Connection, model: int, dim: int) -> None:
        self._connection = connection
        self._model = int(model)
        self._dim = int(dim)

    def count(self) -> int:
        """How many vectors there are."""
        sql = f"SELECT count(*) FROM embedding WHERE model = {self._model}"
        return int(self._connection.remembered(("vectors", self._model), lambda: self._connection.value(sql)))

    def nearest(
        self, vector: NDArray[np.float32], k: int, among: Sequence[int] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Content ids (k,) and cosines (k,) of the nearest to a unit ``vector`` (dim,), best first."""
        if k <= 0 or (among is not None and not len(among)):
            return _columns([])
        packed = PackedVector.of(vector)
        if among is not None and len(among) <= MEASURED_WHOLE:
            rows = self._connection.rows(
                f"""
                SELECT content, -(vector <#> :query) FROM embedding
                 WHERE model = {self._model} AND content = ANY(:among)
                 ORDER BY vector <#> :query, content LIMIT {int(k)}
                """,
                {"query": packed, "among": [int(content) for content in among]},
            )
            return _columns(rows)
        return self._proposed(packed, k, among)

    def _proposed(
        self, packed: PackedVector, k: int, among: Sequence[int] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        half = f"halfvec({self._dim})"
        bindings: dict[str, Any] = {"query": packed}
        narrowed = ""
        if among is not None:
            narrowed = "AND content = ANY(:among)"
            bindings["among"] = [int(content) for content in among]
        self._search_widely()
        rows = self._connection.rows(
            f"""
            SELECT content, -(vector <#> :query)
              FROM (SELECT content, vector FROM embedding WHERE model = {self._model} {narrowed}
                     ORDER BY vector::{half} <#> :query::vector::{half} LIMIT {int(k) + SPARE}) AS proposed
             ORDER BY vector <#> :query, content LIMIT {int(k)}
            """,
            bindings,
        )
        return _columns(rows)

    def _search_widely(self) -> None:
        # Iterative scans go on past ef_search where more is asked for or a filter leaves too few. In relaxed order what
        # they find late is not thrown away: the full vectors decide the order.
        self._connection.rows(
            "SELECT set_config('hnsw.ef_search', ?, FALSE), set_config('hnsw.iterative_scan', 'relaxed_order', FALSE)",
            (str(WIDTH),),
        )

    def scores(self, vector: NDArray[np.float32], contents: Sequence[int]) -> dict[int, float]:
        """The cosine of ``vector`` with each of ``contents`` that has a vector."""
        rows = self._connection.rows(
            f"""
            SELECT content, -(vector <#> :query) FROM embedding
             WHERE model = {self._model} AND content = ANY(:contents)
            """,
            {"query": PackedVector.of(vector), "contents": [int(content) for content in contents]},
        )
        return dict(rows)

    def vectors(self, contents: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """The vector (dim,) of each of ``contents`` that has one."""
        rows = self._connection.rows(
            f"SELECT content, vector FROM embedding WHERE model = {self._model} AND content = ANY(?)",
            ([int(content) for content in contents],),
        )
        return {content: np.frombuffer(blob, dtype="<f4") for content, blob in rows}

    def sample(self, most: int) -> NDArray[np.float32]:
        """At most ``most`` vectors, (M, dim), the first after evenly spread ids."""
        rows = self._connection.rows(
            f"""
            WITH bounds AS (SELECT min(id) AS low, max(id) AS high FROM embedding WHERE model = {self._model})
            SELECT found.vector
              FROM bounds,
                   generate_series(low, high, greatest(1, (high - low) / :most)) AS start,
                   LATERAL (SELECT id, vector FROM embedding WHERE model = {self._model} AND id >= start
                             ORDER BY id LIMIT 1) AS found
             GROUP BY found.id, found.vector ORDER BY found.id LIMIT :most
            """,
            {"most": int(most)},
        )
        packed = b"".join(blob for (blob,) in rows)
        return np.frombuffer(packed, dtype="<f4").reshape(-1, self._dim)


def _columns(rows: Sequence[Row]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    contents = np.array([row[0] for row in rows], dtype=np.int64)
    return contents, np.array([row[1] for row in rows], dtype=np.float32)
