"""The writer lock of a shared library: an advisory lock that falls with the connection of the process that holds it."""

from __future__ import annotations

from typing import Any

import psycopg

from engine.errors import KnownError
from engine.library.postgres.address import conninfo_of, named
from engine.library.postgres.meanings import known_errors, unreachable
from engine.protocol import ErrorKind

KEY = 0x42414C4E  # "BALN"


class PostgresLock:
    """Held from construction until ``release``; raises ``KnownError`` (LIBRARY_BUSY) when another process holds it."""

    def __init__(self, address: str) -> None:
        self._connection = _connect(address)
        with known_errors(named(address)):
            row = self._connection.execute("SELECT pg_try_advisory_lock(%s)", (KEY,)).fetchone()
        if row is None or not row[0]:
            self._connection.close()
            raise KnownError(
                ErrorKind.LIBRARY_BUSY,
                "Somebody is already indexing or changing this shared library. Searching works meanwhile.",
            )

    def release(self) -> None:
        """Let another process write."""
        self._connection.close()


def is_held(address: str) -> bool:
    """Whether some process is writing now; raises ``KnownError``."""
    sql = """
        SELECT EXISTS (SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
                        WHERE locktype = 'advisory' AND classid = 0 AND objid = %s AND granted
                          AND datname = current_database())
    """
    with _connect(address) as connection, known_errors(named(address)):
        row = connection.execute(sql, (KEY,)).fetchone()
    return row is not None and bool(row[0])


def _connect(address: str) -> psycopg.Connection[Any]:
    try:
        return psycopg.connect(conninfo_of(address), autocommit=True)
    except psycopg.OperationalError as error:
        raise unreachable(named(address), error) from error
