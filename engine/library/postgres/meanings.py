"""What PostgreSQL's failures mean to a person; told by error classes, never by their text."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg
from psycopg import errors

from engine.errors import KnownError
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterator

READ_ONLY = (
    "You may search this shared library but not change it. Ask whoever runs it to make you a writer: "
    "balloon share --writer ROLE"
)
_MEANINGS: tuple[tuple[tuple[type[Exception], ...], ErrorKind, str], ...] = (
    (
        (errors.DiskFull,),
        ErrorKind.DISK_FULL,
        "There is no room left on the database server's disk. Nothing is lost: free some space there and try again.",
    ),
    ((errors.InsufficientPrivilege,), ErrorKind.LIBRARY_READ_ONLY, READ_ONLY),
    (
        (errors.ReadOnlySqlTransaction,),
        ErrorKind.LIBRARY_READ_ONLY,
        "This database server is a copy for searching alone. Give the address of the main one to change the library.",
    ),
    (
        (errors.UndefinedTable, errors.InvalidSchemaName, errors.UndefinedColumn),
        ErrorKind.LIBRARY_FOREIGN,
        "The database holds no Balloon library of this version. Choose another, or run `balloon index` as its owner.",
    ),
    (
        (errors.TooManyConnections,),
        ErrorKind.LIBRARY_BUSY,
        "The database server takes no more connections just now. Try again in a moment.",
    ),
    (
        (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable),
        ErrorKind.LIBRARY_BUSY,
        "Another program is using the shared library. Try again in a moment.",
    ),
    (
        (errors.OutOfMemory, errors.ConfigurationLimitExceeded),
        ErrorKind.LIBRARY_BUSY,
        "The database server has run out of memory. Try again, or ask whoever runs it.",
    ),
    (
        (errors.DataCorrupted, errors.IndexCorrupted),
        ErrorKind.LIBRARY_DAMAGED,
        "The shared library is damaged. Ask whoever runs the database to put back a copy of it.",
    ),
)


def unreachable(name: str, error: psycopg.Error | None = None) -> KnownError:
    """The sentence for a server that does not answer, or does not let us in; libpq's own words say which."""
    said = str(error or "").strip().splitlines()
    why = f" ({said[0].strip().rstrip('.')})" if said else ""
    return KnownError(
        ErrorKind.LIBRARY_UNREACHABLE,
        f"The shared library {name} cannot be reached{why}. Check its address, the network and the password file, "
        "then try again: nothing is lost.",
    )


@contextlib.contextmanager
def known_errors(name: str) -> Iterator[None]:
    """Turn what PostgreSQL says of its surroundings into ``KnownError``; anything else is a bug and passes through."""
    try:
        yield
    except errors.QueryCanceled:
        raise
    except psycopg.Error as error:
        for classes, kind, sentence in _MEANINGS:
            if isinstance(error, classes):
                raise KnownError(kind, sentence) from error
        if is_lost(error):
            raise unreachable(name, error) from error
        raise


def is_lost(error: psycopg.Error) -> bool:
    """Whether the connection is gone: the server ended, was ended, or cannot be heard any more."""
    if isinstance(error, (errors.AdminShutdown, errors.CrashShutdown, errors.CannotConnectNow)):
        return True
    return isinstance(error, psycopg.OperationalError) and error.sqlstate is None
