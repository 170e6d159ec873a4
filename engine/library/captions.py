"""Captions: what people, cameras and other programs said about a content, and their vectors under a text tower."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.library.database import now

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from engine.library.database import Database

OWN_SOURCES = ("user", "imported", "sidecar", "xmp", "iptc", "exif")


@dataclass(frozen=True, slots=True)
class Caption:
    """One caption to store; ``language`` is en, zh or None; ``source`` as in the schema."""

    text: str
    language: str | None
    source: str


@dataclass(frozen=True, slots=True)
class StoredCaption:
    """A caption of the library."""

    id: int
    content: int
    text: str
    language: str | None
    source: str


class Captions:
    """The caption rows of a library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, content: int, captions: Iterable[Caption]) -> None:
        """Add captions that the content does not have yet."""
        self._database.run_many(
            "INSERT OR IGNORE INTO caption (content, text, language, source, added_at) VALUES (?, ?, ?, ?, ?)",
            ((content, item.text, item.language, item.source, now()) for item in captions),
        )

    def find(self, content: int, caption: Caption) -> StoredCaption | None:
        """The row that holds just this caption."""
        return self._one("content = ? AND text = ? AND source = ?", (content, caption.text, caption.source))

    def get(self, caption: int) -> StoredCaption | None:
        """One caption by id."""
        return self._one("id = ?", (caption,))

    def edit(self, caption: int, text: str, language: str | None) -> None:
        """Change the words; the caption is the user's own from now on, and its vectors are forgotten."""
        self._database.run("DELETE FROM caption_embedding WHERE caption = ?", (caption,))
        sql = "UPDATE OR REPLACE caption SET text = ?, language = ?, source = 'user' WHERE id = ?"
        self._database.run(sql, (text, language, caption))

    def remove(self, caption: int) -> None:
        """Remove one caption."""
        self._database.run("DELETE FROM caption WHERE id = ?", (caption,))

    def of(self, content: int) -> list[StoredCaption]:
        """A content's captions, the user's own first, then oldest first."""
        return self._many("content = ? ORDER BY source != 'user', id", (content,))

    def all(self, sources: Sequence[str] = OWN_SOURCES) -> list[StoredCaption]:
        """Every caption of these sources."""
        marks = ", ".join("?" * len(sources))
        return self._many(f"source IN ({marks}) ORDER BY id", tuple(sources))

    def without_vector(self, model: int, fingerprint: str, *, limit: int) -> list[StoredCaption]:
        """Captions that the text tower ``fingerprint`` has not encoded yet; recognised text is no caption."""
        return self._many(
            """
            source != 'ocr' AND NOT EXISTS (
                SELECT 1 FROM caption_embedding
                 WHERE caption = caption.id AND model = ? AND text_fingerprint = ?) ORDER BY id LIMIT ?
            """.replace("caption = caption.id", "caption_embedding.caption = caption.id"),
            (model, fingerprint, limit),
        )

    def add_vectors(self, model: int, fingerprint: str, captions: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Store unit vectors, shape (N, dim)."""
        packed = np.ascontiguousarray(vectors, dtype="<f4")
        self._database.run_many(
            "INSERT OR IGNORE INTO caption_embedding (model, caption, text_fingerprint, vector) VALUES (?, ?, ?, ?)",
            ((model, caption, fingerprint, row.tobytes()) for caption, row in zip(captions, packed, strict=True)),
        )

    def vectors(self, model: int, fingerprint: str, dim: int) -> tuple[list[int], NDArray[np.float32]]:
        """Ids and vectors, shape (N, dim), of all encoded captions of present or kept contents."""
        ids: list[int] = []
        packed = bytearray()
        for caption, blob in self._database.stream(
            "SELECT caption, vector FROM caption_embedding WHERE model = ? AND text_fingerprint = ? ORDER BY caption",
            (model, fingerprint),
        ):
            ids.append(caption)
            packed += blob
        return ids, np.frombuffer(packed, dtype="<f4").reshape(-1, dim)

    def _one(self, where: str, bindings: Sequence[object]) -> StoredCaption | None:
        return next(iter(self._many(where, bindings)), None)

    def _many(self, where: str, bindings: Sequence[object]) -> list[StoredCaption]:
        rows = self._database.rows(f"SELECT id, content, text, language, source FROM caption WHERE {where}", bindings)
        return [StoredCaption(*row) for row in rows]
