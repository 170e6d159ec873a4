"""Giving back room: SQLite keeps the pages of what was removed for what comes, and never shrinks by itself."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from engine.errors import KnownError
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from engine.config import LibraryPaths
    from engine.library.connection import Connection

WORTH_BYTES = 1_000_000  # less is not worth writing the whole file anew


def compact(database: Connection, paths: LibraryPaths) -> int:
    """Write the library's file anew without the empty pages; how many bytes it gave back, 0 where hardly any are empty.

    ``database`` is the writer of a library on this computer. SQLite makes the new file beside the old one and puts it
    in its place in one transaction: whatever happens, one of the two is there. Raises ``KnownError`` (DISK_FULL) where
    there is no room for both.
    """
    page_bytes = int(database.value("PRAGMA page_size"))
    empty = page_bytes * int(database.value("PRAGMA freelist_count"))
    if empty < WORTH_BYTES:
        return 0
    database.run("PRAGMA wal_checkpoint(TRUNCATE)")
    before = paths.database.stat().st_size
    needed = 2 * (before - empty)  # the copy, and the log that it goes through
    if shutil.disk_usage(paths.root).free < needed:
        raise KnownError(
            ErrorKind.DISK_FULL, f"To give back room, {needed / 1e6:.0f} MB have to be free on the library's disk."
        )
    database.run("VACUUM")
    database.run("PRAGMA wal_checkpoint(TRUNCATE)")
    return before - paths.database.stat().st_size
