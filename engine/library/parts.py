"""Questions about many rows at once: one statement for as many as a database takes, not one for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.library.connection import Connection, Row

AT_ONCE = 500


def rows_among(database: Connection, sql: str, values: Sequence[Any], *, before: Sequence[Any] = ()) -> Iterator[Row]:
    """Rows of ``sql``, in which ``{marks}`` stands for some of ``values``; ``before`` is bound ahead of them.

    Asked part by part: what ORDER BY says holds within a part.
    """
    for start in range(0, len(values), AT_ONCE):
        part = values[start : start + AT_ONCE]
        yield from database.rows(sql.format(marks=", ".join("?" * len(part))), (*before, *part))
