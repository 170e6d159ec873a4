"""Looking for damage in a shared library. PostgreSQL keeps its own references; pages are its administrator's affair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.library.embeddings import usable
from engine.protocol import CheckFinding

if TYPE_CHECKING:
    from engine.library.connection import Connection

_TABLES = ("embedding", "caption_embedding")


def check_library(connection: Connection, *, repair: bool) -> tuple[CheckFinding, ...]:
    """Check vectors, the text index and thumbnails; ``repair`` drops or rebuilds what is derived."""
    return (
        _vectors(connection, repair=repair),
        _text_index(connection, repair=repair),
        _thumbnails(connection, repair=repair),
    )


def _vectors(connection: Connection, *, repair: bool) -> CheckFinding:
    bad = [(table, id_) for table in _TABLES for id_ in _unsound(connection, table)]
    if bad and repair:
        with connection.transaction():
            for table, id_ in bad:
                connection.run(f"DELETE FROM {table} WHERE id = ?", (id_,))
    detail = "not finite, not of unit length or cut short" if bad else ""
    return CheckFinding("vectors", not bad, len(bad), detail, bool(bad) and repair)


def _unsound(connection: Connection, table: str) -> list[int]:
    rows = connection.stream(f"SELECT {table}.id, vector, dim FROM {table} JOIN model ON model.id = {table}.model")
    return [
        id_
        for id_, blob, dim in rows
        if len(blob) != 4 * dim or not usable(np.frombuffer(blob, dtype="<f4").reshape(1, -1)).all()
    ]


def _text_index(connection: Connection, *, repair: bool) -> CheckFinding:
    differing = """
        FROM photo
        LEFT JOIN content_text ON content_text.content = photo.content
        LEFT JOIN text_index   ON text_index.rowid = photo.id
       WHERE text_index.rowid IS NULL OR text_index.name != photo.name OR text_index.directory != photo.directory
          OR text_index.captions != coalesce(content_text.captions, '')
          OR text_index.ocr != coalesce(content_text.ocr, '')
    """
    count = int(connection.value(f"SELECT count(*) {differing}"))
    if count and repair:
        with connection.transaction():
            # Naming the column is enough to have the photos' text indexed anew.
            connection.run(f"UPDATE photo SET content = content WHERE id IN (SELECT photo.id {differing})")
    detail = "rows differ from photos" if count else ""
    return CheckFinding("text index", not count, count, detail, bool(count) and repair)


def _thumbnails(connection: Connection, *, repair: bool) -> CheckFinding:
    lost = """
        FROM content
       WHERE EXISTS (SELECT 1 FROM photo WHERE photo.content = content.id AND photo.missing_since IS NULL)
         AND EXISTS (SELECT 1 FROM embedding WHERE embedding.content = content.id)
         AND NOT EXISTS (SELECT 1 FROM thumbnail WHERE thumbnail.digest = content.digest)
    """
    count = int(connection.value(f"SELECT count(*) {lost}"))
    if count and repair:
        with connection.transaction():
            # Without its vectors a content is pending again: the next indexing decodes it and keeps its thumbnail.
            connection.run(f"DELETE FROM embedding WHERE content IN (SELECT content.id {lost})")
    return CheckFinding("thumbnails", not count, count, "missing" if count else "", bool(count) and repair)
