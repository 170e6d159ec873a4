"""Opening the library's SQLite file, transactions, and what SQLite's failures mean to a person.

One connection writes (whoever holds the writer lock); readers open their own. A connection belongs to the thread that
uses it; hand over values, never connections.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import apsw
import numpy as np

from engine.errors import KnownError
from engine.library import migrations
from engine.library.transactions import transaction
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from engine.config import LibraryPaths
    from engine.library.connection import Bindings
    from engine.library.text_index import TextIndex
    from engine.protocol import CheckFinding

T = TypeVar("T")

BUSY_TIMEOUT_MS = 10_000
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
# Tells every scanner, ours too, that the thumbnails in here are nobody's photos.
NO_MEDIA = ".nomedia"

_DAMAGED = (
    "The library file is damaged. Your photos are not touched. To set it aside and make a new one of what can be read: "
    "balloon check --repair"
)
_MEANINGS: tuple[tuple[type[Exception], ErrorKind, str], ...] = (
    (apsw.FullError, ErrorKind.DISK_FULL, "There is no room left on the disk that holds the library. Free some space."),
    (apsw.BusyError, ErrorKind.LIBRARY_BUSY, "Another program is using the library. Try again in a moment."),
    (apsw.LockedError, ErrorKind.LIBRARY_BUSY, "Another program is using the library. Try again in a moment."),
    (apsw.CorruptError, ErrorKind.LIBRARY_DAMAGED, _DAMAGED),
    (apsw.NotADBError, ErrorKind.LIBRARY_FOREIGN, "The library file is not a Balloon library. Choose another place."),
    (apsw.ReadOnlyError, ErrorKind.LIBRARY_READ_ONLY, "The library may not be written here. Check its permissions."),
    (apsw.PermissionsError, ErrorKind.LIBRARY_READ_ONLY, "The library may not be opened. Check its permissions."),
    (apsw.CantOpenError, ErrorKind.LIBRARY_READ_ONLY, "The library cannot be opened. Check its folder's permissions."),
    (apsw.IOError, ErrorKind.LIBRARY_DAMAGED, "The disk that holds the library cannot be read or written. Check it."),
)


def now() -> str:
    """The present as the library writes it: ISO 8601, UTC, whole seconds."""
    return datetime.now(UTC).strftime(TIME_FORMAT)


@contextlib.contextmanager
def known_errors(suspicion: Path | None = None) -> Iterator[None]:
    """Turn what SQLite says of its surroundings into ``KnownError``; anything else is a bug and passes through.

    A malformed page leaves the file ``suspicion`` behind, for the next one to open the library (``recovery``).
    """
    try:
        yield
    except apsw.Error as error:
        if isinstance(error, apsw.CorruptError) and suspicion is not None:
            with contextlib.suppress(OSError):
                suspicion.touch(mode=0o600)
        for kind_of, kind, sentence in _MEANINGS:
            if isinstance(error, kind_of):
                raise KnownError(kind, sentence) from error
        raise


class Database:
    """One connection to the library. Use it from one thread; close it there."""

    def __init__(self, connection: apsw.Connection, *, writable: bool, suspicion: Path | None = None) -> None:
        self._connection = connection
        self._suspicion = suspicion
        self.writable = writable
        self._remembered: dict[Hashable, Any] = {}
        self._stamp = (-1, -1)

    @classmethod
    def open_writer(cls, paths: LibraryPaths) -> Database:
        """Open for writing, creating or migrating the file; raises ``KnownError``. The caller holds the writer lock."""
        with known_errors(paths.suspicion):
            make_private_folder(paths.root)
            # An empty file is what a creation leaves behind that was interrupted.
            fresh = not paths.database.exists() or not paths.database.stat().st_size
            connection = apsw.Connection(str(paths.database))
            if fresh:
                paths.database.chmod(0o600)
            _configure(connection)
            migrations.bring_up_to_date(connection, paths.backups)
            connection.pragma("journal_mode", "wal")
            connection.pragma("synchronous", "normal")
            return cls(connection, writable=True, suspicion=paths.suspicion)

    @classmethod
    def open_reader(cls, paths: LibraryPaths) -> Database:
        """Open for reading only; raises ``KnownError`` (NOT_FOUND where there is no library yet)."""
        if not paths.database.exists():
            raise KnownError(
                ErrorKind.NOT_FOUND,
                f"There is no library in {paths.root} yet. Add a folder first: balloon index FOLDER",
            )
        with known_errors(paths.suspicion):
            connection = _connect_reader(paths.database)
            migrations.refuse_other_versions(connection)
            return cls(connection, writable=False, suspicion=paths.suspicion)

    def close(self) -> None:
        """Close the connection; a second call does nothing."""
        self._connection.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: commit at the end, roll back on any exception."""
        with known_errors(self._suspicion), transaction(self._connection):
            yield

    def rows(self, sql: str, bindings: Bindings = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with known_errors(self._suspicion):
            return list(self._connection.execute(sql, bindings))

    def row(self, sql: str, bindings: Bindings = ()) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        with known_errors(self._suspicion):
            return next(iter(self._connection.execute(sql, bindings)), None)

    def value(self, sql: str, bindings: Bindings = ()) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, bindings)
        return None if found is None else found[0]

    def stream(self, sql: str, bindings: Bindings = ()) -> Iterator[tuple[Any, ...]]:
        """Rows one by one, for results too long to hold."""
        with known_errors(self._suspicion):
            yield from self._connection.execute(sql, bindings)

    def run(self, sql: str, bindings: Bindings = ()) -> int:
        """Run one statement; the number of rows it changed."""
        with known_errors(self._suspicion):
            self._connection.execute(sql, bindings)
            return self._connection.changes()

    def run_many(self, sql: str, rows: Iterable[Bindings]) -> None:
        """Run one statement for each row of bindings."""
        with known_errors(self._suspicion):
            self._connection.executemany(sql, rows)

    def insert(self, sql: str, bindings: Bindings = ()) -> int:
        """Run an INSERT ... RETURNING id and give the id."""
        return int(self.value(sql, bindings))

    def remembered(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The value of ``compute``, kept until this connection or any other changes the library: for costly counts."""
        with known_errors(self._suspicion):
            stamp = (self._connection.pragma("data_version"), self._connection.total_changes())
        if stamp != self._stamp:
            self._remembered.clear()
            self._stamp = stamp
        if key not in self._remembered:
            self._remembered[key] = compute()
        value: T = self._remembered[key]
        return value

    def packed(self, vectors: NDArray[np.float32]) -> Iterable[bytes]:
        """The rows of (N, dim) as float32, little endian."""
        return [row.tobytes() for row in np.ascontiguousarray(vectors, dtype="<f4")]

    def keep_thumbnails(self, thumbnails: Iterable[tuple[bytes, bytes]]) -> bool:
        """False: thumbnails are files beside the library."""
        del thumbnails
        return False

    def thumbnail(self, digest: bytes) -> None:
        """None: thumbnails are files beside the library."""

    def text_index(self) -> TextIndex:
        """The text side of the library (FTS5)."""
        from engine.library.text_index import TextIndex

        return TextIndex(self)

    def byte_size(self) -> int:
        """What the file and its log take on disk, in bytes."""
        file = Path(self._connection.filename)
        return sum(path.stat().st_size for path in file.parent.glob(f"{file.name}*"))

    def check(self, *, repair: bool) -> tuple[CheckFinding, ...]:
        """Look for damage; ``repair`` drops or rebuilds what is derived."""
        from engine.library.check import check_database

        return check_database(self, repair=repair)

    def columns(self, table: str) -> list[str]:
        """The names of a table's columns."""
        return [str(name) for (name,) in self.rows("SELECT name FROM pragma_table_info(?)", (table,))]

    def insert_readable(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Put in those rows that are not there yet and that the table allows; the others are passed over."""
        marks = ", ".join("?" * len(columns))
        sql = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        with self.transaction():
            for row in rows:
                with contextlib.suppress(apsw.ConstraintError):
                    self._connection.execute(sql, row)

    def interrupt(self) -> None:
        """Stop a running query from another thread; it raises ``apsw.InterruptError`` there."""
        self._connection.interrupt()

    def load_vectors_extension(self) -> None:
        """Load sqlite-vec into this connection, then forbid loading anything else."""
        import sqlite_vec

        with known_errors(self._suspicion):
            self._connection.enable_load_extension(True)
            self._connection.load_extension(str(sqlite_vec.loadable_path()))
            self._connection.enable_load_extension(False)


def _connect_reader(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        _configure(connection)
    except (apsw.CantOpenError, apsw.ReadOnlyError):
        # A WAL file that nobody may create (a read-only disk): the file itself is still a sound snapshot.
        connection.close()
        connection = apsw.Connection(
            f"{path.as_uri()}?immutable=1", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        )
        _configure(connection)
    return connection


def _configure(connection: apsw.Connection) -> None:
    connection.set_busy_timeout(BUSY_TIMEOUT_MS)
    connection.pragma("foreign_keys", True)
    connection.pragma("trusted_schema", False)
    connection.execute("SELECT count(*) FROM sqlite_schema")  # opens the file, so that a bad one is seen here


def make_private_folder(folder: Path) -> None:
    """Make the library's folder for its owner alone; raises ``KnownError``."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / NO_MEDIA).touch(mode=0o600)
    except OSError as error:
        raise KnownError(
            ErrorKind.LIBRARY_READ_ONLY, f"The library's folder {folder} cannot be made. Choose another with --library."
        ) from error
