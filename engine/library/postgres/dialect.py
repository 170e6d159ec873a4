"""The few ways in which the shared SQL is written differently for PostgreSQL: its placeholders, LIKE, and vectors."""

from __future__ import annotations

import re
import struct
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from psycopg.adapt import Dumper, Loader
from psycopg.pq import Format
from psycopg.types import TypeInfo

from engine.errors import KnownError
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from typing import Any

    import psycopg
    from numpy.typing import NDArray
    from psycopg.abc import Buffer

_NAMED = re.compile(r"(?<!:):([a-z_]+)")
_HEAD = struct.Struct(">HH")


@cache
def spelled(sql: str) -> str:
    """``sql`` with psycopg's placeholders, and with the LIKE that does not tell upper from lower case."""
    text = sql.replace("%", "%%").replace("?", "%s")
    return re.sub(r"\bLIKE\b", "ILIKE", _NAMED.sub(r"%(\1)s", text))


class PackedVector(bytes):
    """A vector as pgvector sends and takes it: the number of dimensions, two zero bytes, float32 big endian."""

    __slots__ = ()

    @classmethod
    def of(cls, vector: NDArray[np.float32]) -> PackedVector:
        """Pack a vector of shape (dim,)."""
        return cls(_HEAD.pack(len(vector), 0) + vector.astype(">f4").tobytes())


class _VectorDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Any) -> Buffer:
        return bytes(obj)


class _VectorLoader(Loader):
    """Gives what the SQLite library keeps: float32, little endian."""

    format = Format.BINARY

    def load(self, data: Buffer) -> bytes:
        return np.frombuffer(data, dtype=">f4", offset=_HEAD.size).astype("<f4").tobytes()


def register_vectors(connection: psycopg.Connection[Any]) -> None:
    """Teach a connection pgvector's type; raises ``KnownError`` where the database does not have it."""
    found = TypeInfo.fetch(connection, "vector")
    if found is None:
        raise KnownError(
            ErrorKind.EXTRA_MISSING,
            "The database has no pgvector. Ask whoever runs it to install pgvector and run: CREATE EXTENSION vector",
        )
    dumper = type("VectorDumper", (_VectorDumper,), {"oid": found.oid})
    connection.adapters.register_dumper(PackedVector, dumper)
    connection.adapters.register_loader(found.oid, _VectorLoader)
