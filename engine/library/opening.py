"""Opening a library, whichever database it lies in: the one place that knows both."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol

from engine.errors import KnownError
from engine.library import recovery
from engine.library.database import Database, make_private_folder
from engine.library.lock import WriterLock
from engine.library.lock import is_held as is_file_held
from engine.library.moving import remove_left_behind
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.config import LibraryPaths
    from engine.library.connection import Connection
    from engine.library.recovery import Recovery


class Lock(Protocol):
    """The right to write, held for life by one process at a time; it falls when that process dies."""

    def release(self) -> None:
        """Let another process write."""


def open_reader(paths: LibraryPaths) -> Connection:
    """Open for reading only; raises ``KnownError`` (NOT_FOUND where there is no library yet)."""
    if paths.address is None:
        return Database.open_reader(paths)
    _make_ready(paths)
    from engine.library.postgres.connection import PostgresConnection

    return PostgresConnection.open_reader(paths.address)


def open_writer(paths: LibraryPaths) -> Connection:
    """Open for writing, creating or migrating the library; the caller holds the lock. Raises ``KnownError``."""
    if paths.address is None:
        database = Database.open_writer(paths)
        remove_left_behind(database, paths)
        return database
    _make_ready(paths)
    from engine.library.postgres.connection import PostgresConnection

    return PostgresConnection.open_writer(paths.address)


@contextlib.contextmanager
def closed_on_error(connection: Connection) -> Iterator[Connection]:
    """A connection that does not stay open where what it was opened for fails."""
    try:
        yield connection
    except BaseException:
        connection.close()
        raise


def make_whole(paths: LibraryPaths) -> Recovery | None:
    """Set a library that is damaged aside and put what can be read of it into a new one; None where all is well.

    For the one who has just taken the lock and has not opened anything yet. Raises ``KnownError``.
    """
    return recovery.make_whole(paths) if paths.address is None else None


def suspect(paths: LibraryPaths) -> None:
    """Have ``make_whole`` look at every page of a library of one's own the next time."""
    if paths.address is None:
        recovery.suspect(paths)


def take_lock(paths: LibraryPaths) -> Lock:
    """Become the one writer; raises ``KnownError`` (LIBRARY_BUSY) while another process is."""
    if paths.address is None:
        return WriterLock(paths)
    _make_ready(paths)
    from engine.library.postgres.lock import PostgresLock

    return PostgresLock(paths.address)


def is_held(paths: LibraryPaths) -> bool:
    """Whether some process is writing now."""
    if paths.address is None:
        return is_file_held(paths)
    from engine.library.postgres.lock import is_held as is_shared_held

    return is_shared_held(paths.address)


def give_rights(paths: LibraryPaths, rights: Mapping[str, Sequence[str]]) -> None:
    """Make database roles a ``reader``, a ``writer`` or ``none``; raises ``KnownError``, for one in a folder too."""
    if paths.address is None:
        raise KnownError(ErrorKind.USAGE, "This library is a folder of yours alone. Give --library postgresql://...")
    _make_ready(paths)
    from engine.library.postgres import sharing
    from engine.library.postgres.connection import PostgresConnection

    with contextlib.closing(PostgresConnection.open_writer(paths.address)) as connection:
        for right, give in sharing.RIGHTS.items():
            for role in rights.get(right, ()):
                give(connection, role)


def _make_ready(paths: LibraryPaths) -> None:
    """For a shared library: the driver must be there, and a folder for what is derived."""
    make_private_folder(paths.root)
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise KnownError(
            ErrorKind.EXTRA_MISSING,
            "A shared library needs the extra 'cluster'. Install it: pip install 'balloon-photos[cluster]'",
        ) from error
