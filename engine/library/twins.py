"""Twins: contents with different bytes and the same pixels, such as a photo before and after it was given a rating.

What was made from the pixels of one holds for the other. What people wrote stays with the content that files hold, and
comes along when only a twin of it is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.library.edits import Edits
from engine.library.embeddings import usable
from engine.library.parts import rows_among

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from engine.library.connection import Connection
    from engine.library.embeddings import Embeddings

_IS_HELD = "EXISTS (SELECT 1 FROM photo WHERE photo.content = {} AND photo.missing_since IS NULL)"


class Twins:
    """Contents of a library that show the same picture, told by their pixel digests."""

    def __init__(self, database: Connection) -> None:
        self._database = database
        self._edits = Edits(database)

    def vectors(self, embeddings: Embeddings, digests: Iterable[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """The vector, shape (dim,), of those pixel digests of which one content has a sound one."""
        found = {digest: self._vector(embeddings, digest) for digest in digests}
        return {digest: vector for digest, vector in found.items() if vector is not None}

    def _vector(self, embeddings: Embeddings, digest: bytes) -> NDArray[np.float32] | None:
        rows = self._database.rows(
            """
            SELECT vector FROM content JOIN embedding ON embedding.content = content.id AND embedding.model = ?
             WHERE content.pixel_digest = ? ORDER BY content.id
            """,
            (embeddings.model, digest),
        )
        vectors = [np.frombuffer(blob, dtype="<f4") for (blob,) in rows if len(blob) == 4 * embeddings.dim]
        return next((vector for vector in vectors if usable(vector[np.newaxis])[0]), None)

    def take_over(self, contents: Sequence[int]) -> None:
        """Give contents, just decoded, what their twins have: other models' vectors, text that was read in the picture,
        and the own captions of twins that no present file holds.
        """
        sql = """
            SELECT content.id, twin.id FROM content JOIN content AS twin ON twin.pixel_digest = content.pixel_digest
             WHERE twin.id != content.id AND content.id IN ({marks}) ORDER BY content.id, twin.id
        """
        for content, other in list(rows_among(self._database, sql, contents)):
            self._take_over(content, other)

    def _take_over(self, content: int, other: int) -> None:
        self._database.run(
            """
            INSERT INTO embedding (model, content, vector)
            SELECT model, ?, vector FROM embedding WHERE content = ? ORDER BY id
            ON CONFLICT DO NOTHING
            """,
            (content, other),
        )
        self._database.run(
            """
            INSERT INTO caption (content, text, language, source, added_at)
            SELECT ?, text, language, source, added_at FROM caption WHERE content = ? AND source = 'ocr' ORDER BY id
            ON CONFLICT DO NOTHING
            """,
            (content, other),
        )
        self._database.run(
            """
            UPDATE content SET recognized_at = (SELECT recognized_at FROM content WHERE id = ?)
             WHERE id = ? AND recognized_at IS NULL
            """,
            (other, content),
        )
        if not self._database.value(f"SELECT {_IS_HELD.format('?')}", (other,)):
            self._edits.carry(other, content)

    def settle(self) -> int:
        """Take the own captions of contents whose files are all missing to present twins of theirs; of how many."""
        rows = self._database.rows(
            f"""
            SELECT gone.content, min(twin.id)
              FROM photo AS gone
              JOIN content         ON content.id = gone.content
              JOIN content AS twin ON twin.pixel_digest = content.pixel_digest AND twin.id != content.id
             WHERE gone.missing_since IS NOT NULL
               AND EXISTS (SELECT 1 FROM caption
                            WHERE caption.content = gone.content AND source IN ('user', 'imported'))
               AND NOT {_IS_HELD.format("gone.content")} AND {_IS_HELD.format("twin.id")}
             GROUP BY gone.content
            """
        )
        for content, twin in rows:
            self._edits.carry(content, twin)
        return len(rows)
