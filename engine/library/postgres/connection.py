"""One thread's connection to a shared library in PostgreSQL: what ``engine.library.connection`` asks for.

A reader whose server went away connects again at its next statement, and asks a question that was cut off once more. A
transaction that was cut off was rolled back by the server: it fails with one sentence, and may be begun again.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import sql as composing

from engine.errors import KnownError
from engine.library.postgres import schema
from engine.library.postgres.address import conninfo_of, named
from engine.library.postgres.dialect import PackedVector, register_vectors, spelled
from engine.library.postgres.meanings import READ_ONLY, is_lost, known_errors, unreachable
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from engine.library.connection import Bindings
    from engine.library.text_index import TextIndex
    from engine.protocol import CheckFinding

T = TypeVar("T")

REMEMBERED_S = 2.0
# A count that took long is kept for longer: at most this share of the time goes into counting.
_SHARE_OF_TIME = 50
_STREAMED_AT_ONCE = 2000


class PostgresConnection:
    """One connection to a shared library. Use it from one thread; close it there."""

    def __init__(self, address: str, *, writable: bool) -> None:
        self.writable = writable
        self.name = named(address)
        self._conninfo = conninfo_of(address)
        self._remembered: dict[Hashable, tuple[float, Any]] = {}
        self._cursors = itertools.count(1)
        self._connection: psycopg.Connection[Any] | None = None

    @classmethod
    def open_writer(cls, address: str) -> PostgresConnection:
        """Open for writing, making tables in an empty database; the caller holds the lock. Raises ``KnownError``."""
        opened = cls(address, writable=True)
        with opened._closing_on_error(), known_errors(opened.name):
            schema.bring_up_to_date(opened.connected(registered=False))
            register_vectors(opened.connected(registered=False))
            if not opened.value("SELECT has_table_privilege('photo', 'INSERT')"):
                raise KnownError(ErrorKind.LIBRARY_READ_ONLY, READ_ONLY)
        return opened

    @classmethod
    def open_reader(cls, address: str) -> PostgresConnection:
        """Open for reading only; raises ``KnownError`` (NOT_FOUND where the database holds no library yet)."""
        opened = cls(address, writable=False)
        with opened._closing_on_error(), known_errors(opened.name):
            schema.refuse_other_versions(opened.connected(registered=False))
            register_vectors(opened.connected(registered=False))
        return opened

    @contextlib.contextmanager
    def _closing_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise

    def connected(self, *, registered: bool = True) -> psycopg.Connection[Any]:
        """The connection to the server, a new one where the last was lost; raises ``KnownError``."""
        if self._connection is not None and not self._connection.closed:
            return self._connection
        try:
            connection = psycopg.connect(self._conninfo, autocommit=True, options=self._options())
        except psycopg.OperationalError as error:
            raise unreachable(self.name, error) from error
        if registered:
            register_vectors(connection)
        self._connection = connection
        return connection

    def _options(self) -> str:
        read_only = "" if self.writable else " -c default_transaction_read_only=on"
        return f"-c search_path={schema.SCHEMA},public -c timezone={schema.local_zone()}{read_only}"

    def close(self) -> None:
        """Close the connection; a second call does nothing."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def interrupt(self) -> None:
        """Stop a running query from another thread; it raises ``psycopg.errors.QueryCanceled`` there."""
        connection = self._connection
        if connection is not None and not connection.closed:
            with contextlib.suppress(psycopg.Error):
                connection.cancel_safe(timeout=2.0)

    # Statements

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: commit at the end, roll back on any exception."""
        with known_errors(self.name), self.connected().transaction():
            yield

    def rows(self, sql: str, bindings: Bindings = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self._asked(lambda cursor: cursor.execute(spelled(sql), bindings).fetchall())

    def row(self, sql: str, bindings: Bindings = ()) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        return next(iter(self.rows(sql, bindings)), None)

    def value(self, sql: str, bindings: Bindings = ()) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, bindings)
        return None if found is None else found[0]

    def stream(self, sql: str, bindings: Bindings = ()) -> Iterator[tuple[Any, ...]]:
        """Rows part by part, kept by the server meanwhile."""
        name = f"stream_{next(self._cursors)}"
        with known_errors(self.name):
            cursor = self.connected().cursor(name, binary=True, withhold=True)
            cursor.execute(spelled(sql), bindings)
        with cursor:
            while True:
                with known_errors(self.name):
                    part = cursor.fetchmany(_STREAMED_AT_ONCE)
                if not part:
                    return
                yield from part

    def run(self, sql: str, bindings: Bindings = ()) -> int:
        """Run one statement; the number of rows it changed."""
        self._remembered.clear()
        with known_errors(self.name), self.connected().cursor(binary=True) as cursor:
            cursor.execute(spelled(sql), bindings)
            return max(0, cursor.rowcount)

    def run_many(self, sql: str, rows: Iterable[Bindings]) -> None:
        """Run one statement for each row of bindings."""
        self._remembered.clear()
        with known_errors(self.name), self.connected().cursor() as cursor:
            cursor.executemany(spelled(sql), rows)

    def insert(self, sql: str, bindings: Bindings = ()) -> int:
        """Run an INSERT ... RETURNING id and give the id."""
        self._remembered.clear()
        return int(self.value(sql, bindings))

    def _asked(self, ask: Callable[[psycopg.Cursor[Any]], T]) -> T:
        """What ``ask`` gets out of a cursor; asked again on a new connection where a reader's was lost."""
        for last in (self.writable, True):
            with known_errors(self.name):
                try:
                    with self.connected().cursor(binary=True) as cursor:
                        return ask(cursor)
                except psycopg.Error as error:
                    if last or not is_lost(error):
                        raise
                    self.close()
        raise AssertionError("the last try returns or raises")

    def remembered(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The value of ``compute``, kept until this connection writes and for some seconds at most."""
        now = time.monotonic()
        until, value = self._remembered.get(key, (0.0, None))
        if now >= until:
            value = compute()
            took_s = time.monotonic() - now
            self._remembered[key] = (now + max(REMEMBERED_S, _SHARE_OF_TIME * took_s), value)
        found: T = value
        return found

    # What PostgreSQL does in its own way

    def packed(self, vectors: NDArray[np.float32]) -> Iterable[PackedVector]:
        """The rows of (N, dim) as pgvector takes them."""
        return [PackedVector.of(row) for row in vectors]

    def keep_thumbnails(self, thumbnails: Iterable[tuple[bytes, bytes]]) -> bool:
        """Store thumbnails, in place of older ones: they are shared like everything else."""
        sql = """
            INSERT INTO thumbnail (digest, jpeg) VALUES (?, ?)
            ON CONFLICT (digest) DO UPDATE SET jpeg = excluded.jpeg
        """
        self.run_many(sql, thumbnails)
        return True

    def thumbnail(self, digest: bytes) -> bytes | None:
        """A content's thumbnail, a JPEG file."""
        found = self.value("SELECT jpeg FROM thumbnail WHERE digest = ?", (digest,))
        return None if found is None else bytes(found)

    def text_index(self) -> TextIndex:
        """The text side of the library (pg_trgm)."""
        from engine.library.postgres.text_index import TrigramIndex

        return TrigramIndex(self)

    def byte_size(self) -> int:
        """What the database takes on the server's disk, in bytes."""
        return int(self.value("SELECT pg_database_size(current_database())"))

    def check(self, *, repair: bool) -> tuple[CheckFinding, ...]:
        """Look for damage; ``repair`` drops or rebuilds what is derived."""
        from engine.library.postgres.check import check_library

        return check_library(self, repair=repair)

    def index_vectors(self, model: int) -> bool:
        """Make the model's HNSW index once it has enough vectors; whether it is there now."""
        return bool(self.value("SELECT index_vectors(?)", (model,)))

    def execute_composed(self, statement: composing.Composed) -> None:
        """Run a statement that names roles or tables."""
        with known_errors(self.name):
            self.connected().execute(statement)
