"""Settings: small values that belong to a library."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.library.connection import Connection


class Settings:
    """Text values by key."""

    def __init__(self, database: Connection) -> None:
        self._database = database

    def get(self, key: str) -> str | None:
        """The value of ``key``, or None."""
        found = self._database.value("SELECT value FROM setting WHERE key = ?", (key,))
        return None if found is None else str(found)

    def set(self, key: str, value: str | None) -> None:
        """Store ``value`` under ``key``; None forgets it."""
        if value is None:
            self._database.run("DELETE FROM setting WHERE key = ?", (key,))
            return
        self._database.run(
            "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )
