"""Captions: what people, cameras and other programs said about a content, and their vectors under a text tower."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from engine.library.database import now
from engine.library.photos import absolute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.library.connection import Connection

OWN_SOURCES = ("user", "imported", "sidecar", "xmp", "iptc", "exif")

_VECTORS_AT_ONCE = 4096

_PEOPLES_OWN = "('user', 'imported')"

# Recognised text is no caption: it is found by its letters alone.
_WITHOUT_VECTOR = """
    id > ? AND source != 'ocr' AND NOT EXISTS (
        SELECT 1 FROM caption_embedding AS made
         WHERE made.caption = caption.id AND made.model = ? AND made.text_fingerprint = ?)
"""


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

    def __init__(self, database: Connection) -> None:
        self._database = database

    def add(self, content: int, captions: Iterable[Caption]) -> None:
        """Add captions that the content does not have yet; what the user removed comes back only by a person's hand."""
        self.add_all((content, caption) for caption in captions)

    def add_all(self, captions: Iterable[tuple[int, Caption]]) -> None:
        """What ``add`` does, for captions of many contents."""
        self._database.run_many(
            f"""
            INSERT INTO caption (content, text, language, source, added_at)
            SELECT :content, :text, :language, :source, :now
             WHERE :source IN {_PEOPLES_OWN}
                OR NOT EXISTS (SELECT 1 FROM removed_caption WHERE content = :content AND text = :text)
            ON CONFLICT DO NOTHING
            """,
            [{"content": content, **asdict(item), "now": now()} for content, item in captions if item.text],
        )

    def find(self, content: int, caption: Caption) -> StoredCaption | None:
        """The row that holds just this caption."""
        return self._one("content = ? AND text = ? AND source = ?", (content, caption.text, caption.source))

    def get(self, caption: int) -> StoredCaption | None:
        """One caption by id."""
        return self._one("id = ?", (caption,))

    def edit(self, caption: int, text: str, language: str | None) -> None:
        """Change the words; the caption is the user's own from now on, and its vectors are forgotten."""
        self._remember(caption)
        self._database.run("DELETE FROM caption_embedding WHERE caption = ?", (caption,))
        self._database.run(
            """
            DELETE FROM caption WHERE source = 'user' AND text = :text AND id != :id
               AND content = (SELECT content FROM caption WHERE id = :id)
            """,
            {"text": text, "id": caption},
        )
        sql = "UPDATE caption SET text = ?, language = ?, source = 'user' WHERE id = ?"
        self._database.run(sql, (text, language, caption))

    def remove(self, caption: int) -> None:
        """Remove one caption; one that was read from the photo, or beside it, is not read in again."""
        self._remember(caption)
        self._database.run("DELETE FROM caption WHERE id = ?", (caption,))

    def of(self, content: int) -> list[StoredCaption]:
        """A content's captions, the user's own first, then oldest first."""
        return self._many("content = ? ORDER BY source != 'user', id", (content,))

    def all(self, sources: Sequence[str] = OWN_SOURCES) -> list[StoredCaption]:
        """Every caption of these sources."""
        marks = ", ".join("?" * len(sources))
        return self._many(f"source IN ({marks}) ORDER BY id", tuple(sources))

    def without_vector(self, model: int, fingerprint: str, *, limit: int, after: int = 0) -> list[StoredCaption]:
        """Captions by id, from ``after`` + 1 on, that the text tower ``fingerprint`` has not encoded yet."""
        return self._many(f"{_WITHOUT_VECTOR} ORDER BY id LIMIT ?", (after, model, fingerprint, limit))

    def count_without_vector(self, model: int, fingerprint: str) -> int:
        """How many captions ``without_vector`` would give."""
        sql = f"SELECT count(*) FROM caption WHERE {_WITHOUT_VECTOR}"
        return int(self._database.value(sql, (0, model, fingerprint)))

    def add_vectors(self, model: int, fingerprint: str, captions: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Store unit vectors, shape (N, dim)."""
        packed = np.ascontiguousarray(vectors, dtype="<f4")
        self._database.run_many(
            "INSERT INTO caption_embedding (model, caption, text_fingerprint, vector) VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            ((model, caption, fingerprint, row.tobytes()) for caption, row in zip(captions, packed, strict=True)),
        )

    def vectors(
        self, model: int, fingerprint: str, dim: int, *, besides: int | None = None
    ) -> Iterator[tuple[list[StoredCaption], NDArray[np.float32]]]:
        """Captions people wrote and their vectors, shape (N, dim), part by part; none of the content ``besides``."""
        marks = ", ".join("?" * len(OWN_SOURCES))
        rows = self._database.stream(
            f"""
            SELECT caption.id, content, text, language, source, made.vector
              FROM caption JOIN caption_embedding AS made ON made.caption = caption.id
             WHERE made.model = ? AND made.text_fingerprint = ? AND content IS DISTINCT FROM ? AND source IN ({marks})
            """,
            (model, fingerprint, besides, *OWN_SOURCES),
        )
        while part := list(islice(rows, _VECTORS_AT_ONCE)):
            packed = b"".join(row[-1] for row in part)
            yield [StoredCaption(*row[:-1]) for row in part], np.frombuffer(packed, dtype="<f4").reshape(-1, dim)

    def with_photos(self, sources: Sequence[str] = OWN_SOURCES) -> Iterator[tuple[StoredCaption, Path | None]]:
        """Captions of these sources, photo by photo, each with one file that holds its content (a present one if any).

        The path is None where no photo row is left: its folder is no longer watched.
        """
        marks = ", ".join("?" * len(sources))
        rows = self._database.stream(
            f"""
            SELECT caption.id, caption.content, text, language, source, folder.path, photo.path
              FROM caption
              LEFT JOIN photo ON photo.id = (
                   SELECT id FROM photo AS holder WHERE holder.content = caption.content
                    ORDER BY missing_since IS NOT NULL, id LIMIT 1)
              LEFT JOIN folder ON folder.id = photo.folder
             WHERE source IN ({marks}) ORDER BY folder.path, photo.path, source != 'user', caption.id
            """,
            tuple(sources),
        )
        for *values, root, path in rows:
            yield StoredCaption(*values), None if root is None else absolute(root, path)

    def _remember(self, caption: int) -> None:
        sql = f"SELECT content, text FROM caption WHERE id = ? AND source NOT IN {_PEOPLES_OWN}"
        self._database.run(f"INSERT INTO removed_caption (content, text) {sql} ON CONFLICT DO NOTHING", (caption,))

    def _one(self, where: str, bindings: Sequence[object]) -> StoredCaption | None:
        return next(iter(self._many(where, bindings)), None)

    def _many(self, where: str, bindings: Sequence[object]) -> list[StoredCaption]:
        rows = self._database.rows(f"SELECT id, content, text, language, source FROM caption WHERE {where}", bindings)
        return [StoredCaption(*row) for row in rows]


def language_of(text: str) -> str:
    """Chinese ("zh") where a Chinese character occurs, else English ("en")."""
    return "zh" if any("\u3400" <= character <= "\u9fff" for character in text) else "en"
