"""Rows that point to rows that are gone: what is derived goes, what people wrote finds its photo again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.library.connection import Connection

# A content whose row is lost gets a stand-in, and its photos are read anew: what a changed file held before hands its
# own captions on (``edits``), so they arrive at the content that the file turns out to have.
_STAND_INS = (
    """
    INSERT INTO content (id, digest, byte_size)
    SELECT DISTINCT lost.content, randomblob(32), 0
      FROM (SELECT content FROM photo WHERE content IS NOT NULL
             UNION SELECT content FROM caption WHERE source IN ('user', 'imported')
             UNION SELECT content FROM earlier_content) AS lost
     WHERE NOT EXISTS (SELECT 1 FROM content WHERE content.id = lost.content)
    """,
    """
    INSERT INTO earlier_content (photo, content)
    SELECT photo.id, content.id FROM photo JOIN content ON content.id = photo.content
     WHERE content.byte_size = 0 AND content.decoded_at IS NULL
    ON CONFLICT DO NOTHING
    """,
    """
    UPDATE photo SET content = NULL
     WHERE photo.content IN (
           SELECT id FROM content WHERE byte_size = 0 AND decoded_at IS NULL)
    """,
)
_POINTERS = (
    ("photo", "folder", "folder"),
    ("earlier_content", "photo", "photo"),
    ("embedding", "content", "content"),
    ("embedding", "model", "model"),
    ("caption", "content", "content"),
    ("removed_caption", "content", "content"),
    ("caption_embedding", "caption", "caption"),
    ("caption_embedding", "model", "model"),
    ("sidecar", "folder", "folder"),
    ("sidecar", "photo", "photo"),
    ("sidecar", "content", "content"),
    ("sidecar_caption", "sidecar", "sidecar"),
    ("sidecar_caption", "caption", "caption"),
    ("issue", "folder", "folder"),
)
"""Table, column, and the table it points to."""


def mend_references(database: Connection) -> None:
    """Make every reference hold. Own captions stay, whatever they pointed to; needs a writable library."""
    with database.transaction():
        database.run("DELETE FROM photo WHERE NOT EXISTS (SELECT 1 FROM folder WHERE folder.id = photo.folder)")
        for statement in _STAND_INS:
            database.run(statement)
        for table, column, target in _POINTERS:
            database.run(
                f"DELETE FROM {table} WHERE NOT EXISTS (SELECT 1 FROM {target} WHERE {target}.id = {table}.{column})"
            )
