"""Captions: what people, cameras and other programs said about a content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.library.database import now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.library.database import Database
    from engine.library.photos import ContentId


@dataclass(frozen=True, slots=True)
class Caption:
    """One caption; ``language`` is en, zh or None; ``source`` as in the schema."""

    text: str
    language: str | None
    source: str


class Captions:
    """The caption rows of a library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, content: ContentId, captions: Iterable[Caption]) -> None:
        """Add captions that the content does not have yet."""
        self._database.run_many(
            "INSERT OR IGNORE INTO caption (content, text, language, source, added_at) VALUES (?, ?, ?, ?, ?)",
            ((content, item.text, item.language, item.source, now()) for item in captions),
        )

    def of(self, content: int) -> list[Caption]:
        """A content's captions, oldest first."""
        rows = self._database.rows(
            "SELECT text, language, source FROM caption WHERE content = ? ORDER BY id", (content,)
        )
        return [Caption(*row) for row in rows]
