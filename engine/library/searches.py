"""Saved searches, and the history of what was searched for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.library.database import now

if TYPE_CHECKING:
    from engine.library.connection import Connection

HISTORY_KEPT = 200


class Searches:
    """The searches of a library that are worth keeping."""

    def __init__(self, database: Connection) -> None:
        self._database = database

    def remember(self, query: str) -> None:
        """Put ``query`` at the head of the history."""
        # A new row each time: two searches may fall into one second, their ids still tell which was later.
        self._database.run("DELETE FROM search_history WHERE query = ?", (_writable(query),))
        sql = "INSERT INTO search_history (query, used_at) VALUES (?, ?)"
        self._database.run(sql, (_writable(query), now()))
        self._database.run(
            """
            DELETE FROM search_history WHERE id NOT IN (
                SELECT id FROM search_history ORDER BY id DESC LIMIT ?)
            """,
            (HISTORY_KEPT,),
        )

    def history(self) -> list[str]:
        """Queries, the latest first."""
        rows = self._database.rows("SELECT query FROM search_history ORDER BY id DESC")
        return [query for (query,) in rows]

    def clear_history(self) -> None:
        """Forget what was searched for."""
        self._database.run("DELETE FROM search_history")

    def save(self, name: str, query: str) -> None:
        """Keep ``query`` under ``name``; an older one of that name is replaced."""
        self._database.run(
            """
            INSERT INTO saved_search (name, query, added_at) VALUES (?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET query = excluded.query
            """,
            (_writable(name), _writable(query), now()),
        )

    def saved(self) -> list[tuple[str, str]]:
        """Name and query of every saved search, by name."""
        rows = self._database.rows("SELECT name, query FROM saved_search ORDER BY name")
        return [(name, query) for name, query in rows]

    def remove(self, name: str) -> None:
        """Forget a saved search."""
        self._database.run("DELETE FROM saved_search WHERE name = ?", (_writable(name),))


def _writable(text: str) -> str:
    # Half a surrogate pair can be typed and sent, but SQLite stores UTF-8.
    return text.encode("utf-8", "replace").decode("utf-8")
