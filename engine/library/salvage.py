"""Reading the rows of a damaged file, one by one, and stepping over those that lie on a page that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import apsw

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TABLES = (
    "folder", "content", "model", "photo", "earlier_content", "caption", "removed_caption", "embedding",
    "caption_embedding", "sidecar", "sidecar_caption", "issue", "setting", "saved_search", "search_history",
)  # fmt: skip
"""In an order in which what is pointed to comes first. The text index is made from them."""

_WITHOUT_ROWID = frozenset({"removed_caption", "sidecar_caption"})
_FARTHEST = 2**40


def columns_of(old: apsw.Connection, table: str) -> list[str]:
    """The columns that the damaged file has; none where its schema cannot be read or does not know the table."""
    try:
        return [str(name) for (name,) in old.execute("SELECT name FROM pragma_table_info(?)", (table,))]
    except apsw.Error:
        return []


def salvaged(old: apsw.Connection, table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Every row that can be read, by rowid."""
    names = ", ".join(columns)
    if table in _WITHOUT_ROWID:
        yield from _until_trouble(old, f"SELECT {names} FROM {table}", ())
        return
    # ">=": looking for a row beyond one on a bad page would lead through that page.
    query = f"SELECT rowid, {names} FROM {table} WHERE rowid >= ? ORDER BY rowid"
    start: int | None = 0
    while start is not None:
        try:
            for row in old.execute(query, (start,)):
                start = int(row[0]) + 1
                yield tuple(row[1:])
        except apsw.Error:
            start = _next_readable(old, table, start)
        else:
            return


def captions_of_index(old: apsw.Connection, moment: str) -> Iterator[tuple[Any, ...]]:
    """Content, source, text and ``moment`` of captions, from the index that keeps them unique."""
    sql = "SELECT content, source, text, ? FROM caption INDEXED BY sqlite_autoindex_caption_1"
    for order in ("", " ORDER BY content DESC, source DESC, text DESC"):  # from both ends, up to the damage
        yield from _until_trouble(old, sql + order, (moment,))


def _until_trouble(old: apsw.Connection, sql: str, bindings: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    try:
        yield from old.execute(sql, bindings)
    except apsw.Error:
        return


def _next_readable(old: apsw.Connection, table: str, bad: int) -> int | None:
    """The first rowid after ``bad`` from which rows can be read again; None where there is none any more."""
    step = 1
    while not _is_readable(old, table, bad + step):
        step *= 2
        if step > _FARTHEST:
            return None
    good = bad + step
    bad += step // 2
    while good - bad > 1:
        middle = (bad + good) // 2
        bad, good = (bad, middle) if _is_readable(old, table, middle) else (middle, good)
    return good


def _is_readable(old: apsw.Connection, table: str, rowid: int) -> bool:
    """Whether the first row from ``rowid`` on can be read, or there is none."""
    try:
        old.execute(f"SELECT * FROM {table} WHERE rowid >= ? ORDER BY rowid LIMIT 1", (rowid,)).fetchall()
    except apsw.Error:
        return False
    return True
