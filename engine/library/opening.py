"""Opening a library, whichever database it lies in: the one place that knows both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from engine.library.database import Database
from engine.library.lock import WriterLock
from engine.library.lock import is_held as is_file_held
from engine.library.moving import remove_left_behind

if TYPE_CHECKING:
    from engine.config import LibraryPaths
    from engine.library.connection import Connection


class Lock(Protocol):
    """The right to write, held for life by one process at a time; it falls when that process dies."""

    def release(self) -> None:
        """Let another process write."""


def open_reader(paths: LibraryPaths) -> Connection:
    """Open for reading only; raises ``KnownError`` (NOT_FOUND where there is no library yet)."""
    return Database.open_reader(paths)


def open_writer(paths: LibraryPaths) -> Connection:
    """Open for writing, creating or migrating the library; the caller holds the lock. Raises ``KnownError``."""
    database = Database.open_writer(paths)
    remove_left_behind(database, paths)
    return database


def take_lock(paths: LibraryPaths) -> Lock:
    """Become the one writer; raises ``KnownError`` (LIBRARY_BUSY) while another process is."""
    return WriterLock(paths)


def is_held(paths: LibraryPaths) -> bool:
    """Whether some process is writing now."""
    return is_file_held(paths)
