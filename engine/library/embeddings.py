"""Embeddings: the vectors of contents under a model. The durable truth that every faster form is built from."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, NewType

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from engine.library.connection import Connection

ModelId = NewType("ModelId", int)

UNIT_TOLERANCE = 1e-3
STREAMED = 8192
ASKED = 500  # of one statement


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that the library knows, how many vectors of contents it holds of it, and what they take in bytes."""

    key: str
    fingerprint: str
    vectors: int
    byte_size: int


class Embeddings:
    """The vectors of a library under one model, registered by the fingerprint of its image tower."""

    def __init__(self, database: Connection, model: ModelId, dim: int) -> None:
        self._database = database
        self.model = model
        self.dim = dim

    @classmethod
    def of_model(cls, database: Connection, key: str, fingerprint: str, dim: int) -> Embeddings:
        """Find or (on a writable library) register the model; on a read-only one an unknown model has no vectors."""
        known = database.value("SELECT id FROM model WHERE fingerprint = ?", (fingerprint,))
        if known is None and database.writable:
            # Another connection may have registered it since the look above: the row is then its own, unchanged.
            sql = """
                INSERT INTO model (key, dim, fingerprint) VALUES (?, ?, ?)
                ON CONFLICT (fingerprint) DO UPDATE SET fingerprint = excluded.fingerprint RETURNING id
            """
            known = database.insert(sql, (key, dim, fingerprint))
        return cls(database, ModelId(-1 if known is None else known), dim)

    def add(self, contents: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Store unit vectors, shape (N, dim); raises ``ValueError`` for one that is not finite or not of unit length.

        sqlite-vec gives zero and NaN vectors the distance NULL, which sorts first: they must never get in.
        """
        if not usable(vectors).all():
            raise ValueError("a vector is not finite or not of unit length")
        packed = self._database.packed(vectors)
        self._database.run_many(
            "INSERT INTO embedding (model, content, vector) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            ((self.model, content, vector) for content, vector in zip(contents, packed, strict=True)),
        )

    def count(self) -> int:
        """Contents of present photos that have a vector."""
        return self._database.remembered(("covered", self.model), self._count)

    def _count(self) -> int:
        sql = """
            SELECT count(DISTINCT photo.content) FROM photo
              JOIN embedding ON embedding.content = photo.content AND embedding.model = ?
             WHERE photo.missing_since IS NULL
        """
        return int(self._database.value(sql, (self.model,)))

    def forget(self, fingerprint: str, *, unless: str) -> None:
        """Drop another model's vectors; those of ``unless`` (models that learnt a field share their base's) stay."""
        if fingerprint != unless:
            self._database.run("DELETE FROM model WHERE fingerprint = ?", (fingerprint,))

    def counts(self) -> dict[str, int]:
        """How many contents have a vector, by the fingerprint of every model the library knows."""
        return {model.fingerprint: model.vectors for model in self.known_models()}

    def known_models(self) -> list[KnownModel]:
        """Every model that was ever used with the library, unless it was forgotten."""
        rows = self._database.rows(
            """
            SELECT key, fingerprint, dim, (SELECT count(*) FROM embedding WHERE embedding.model = model.id)
              FROM model ORDER BY id
            """
        )
        return [KnownModel(key, fingerprint, count, 4 * dim * count) for key, fingerprint, dim, count in rows]

    def version(self) -> tuple[int, int]:
        """The newest row's id and the number of rows: tells whether a copy of the vectors is up to date."""
        return self._database.remembered(("version", self.model), self._version)

    def _version(self) -> tuple[int, int]:
        row = self._database.row("SELECT coalesce(max(id), 0), count(*) FROM embedding WHERE model = ?", (self.model,))
        return (0, 0) if row is None else (int(row[0]), int(row[1]))

    def load(self, after: int = 0) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Content ids, shape (N,), and vectors, shape (N, dim), of rows with an id above ``after``, oldest first."""
        ids: list[int] = []
        packed = bytearray()
        rows = self._database.stream(
            "SELECT content, vector FROM embedding WHERE model = ? AND id > ? ORDER BY id", (self.model, after)
        )
        for content, vector in rows:
            ids.append(content)
            packed += vector
        return np.asarray(ids, dtype=np.int64), np.frombuffer(packed, dtype="<f4").reshape(-1, self.dim)

    def stream(self, after: int = 0) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]]:
        """Row ids (M,), content ids (M,) and vectors (M, dim) of rows with an id above ``after``, oldest first.

        At most ``STREAMED`` at a time: what a million vectors take in float32 is never held.
        """
        rows = self._database.stream(
            "SELECT id, content, vector FROM embedding WHERE model = ? AND id > ? ORDER BY id", (self.model, after)
        )
        while part := list(itertools.islice(rows, STREAMED)):
            ids, contents, vectors = zip(*part, strict=True)
            yield np.array(ids, dtype=np.int64), np.array(contents, dtype=np.int64), self._unpacked(vectors)

    def held(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Ids (M,), ascending, and contents (M,) of all rows: read from the index alone, 0.3 s of a million."""
        rows = self._database.stream("SELECT id, content FROM embedding WHERE model = ?", (self.model,))
        pairs = np.fromiter((value for row in rows for value in row), dtype=np.int64).reshape(-1, 2)
        pairs = pairs[np.argsort(pairs[:, 0])]
        return pairs[:, 0], pairs[:, 1]

    def of_rows(self, rows: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Ids (M,), ascending, and vectors (M, dim) of those ``rows`` that are there."""
        found: list[tuple[int, bytes]] = []
        for start in range(0, len(rows), ASKED):
            part = rows[start : start + ASKED]
            marks = ", ".join("?" * len(part))
            sql = f"SELECT id, vector FROM embedding WHERE id IN ({marks}) AND model = ?"
            found += [(id_, vector) for id_, vector in self._database.rows(sql, (*part, self.model))]
        found.sort()
        return np.array([id_ for id_, _ in found], dtype=np.int64), self._unpacked([vector for _, vector in found])

    def _unpacked(self, vectors: Iterable[bytes]) -> NDArray[np.float32]:
        return np.frombuffer(b"".join(vectors), dtype="<f4").reshape(-1, self.dim)

    def get(self, content: int) -> NDArray[np.float32] | None:
        """One content's vector, shape (dim,)."""
        blob = self._database.value(
            "SELECT vector FROM embedding WHERE model = ? AND content = ?", (self.model, content)
        )
        return None if blob is None else np.frombuffer(blob, dtype="<f4")

    def remove(self, contents: Iterable[int]) -> None:
        """Drop the vectors of these contents, so that they are embedded again."""
        self._database.run_many(
            "DELETE FROM embedding WHERE model = ? AND content = ?", ((self.model, content) for content in contents)
        )


def usable(vectors: NDArray[np.float32]) -> NDArray[np.bool_]:
    """For each row of (N, dim): whether it is finite and of unit length."""
    with np.errstate(invalid="ignore", over="ignore"):
        lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    fine: NDArray[np.bool_] = np.isfinite(lengths) & (np.abs(lengths - 1.0) <= UNIT_TOLERANCE)
    return fine
