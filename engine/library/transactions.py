"""All or nothing: one transaction that is rolled back whole, whatever went wrong in it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import apsw


@contextlib.contextmanager
def transaction(connection: apsw.Connection) -> Iterator[None]:
    """Take the write lock at once; commit at the end, roll back on any exception. Transactions do not nest."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite has already rolled back by itself where the disk is full: a second time would hide that error.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
