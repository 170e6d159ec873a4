"""Looking for damage in the library file, and dropping what is damaged and can be made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.errors import KnownError
from engine.library.embeddings import usable
from engine.library.references import mend_references
from engine.protocol import CheckFinding, ErrorKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.library.connection import Connection

_VECTOR_TABLES = ("embedding", "caption_embedding")


def check_database(database: Connection, *, repair: bool) -> tuple[CheckFinding, ...]:
    """Check pages, references, vectors and the text index; ``repair`` needs a writable library.

    Repair drops or rebuilds what is derived and nothing else. A page that cannot be read is only reported: that takes
    a library that nobody has open (``recovery``).
    """
    return (
        _looked_at("database", lambda: _integrity(database)),
        _looked_at("references", lambda: _foreign_keys(database, repair=repair)),
        _looked_at("vectors", lambda: _vectors(database, repair=repair)),
        _looked_at("text index", lambda: _text_index(database, repair=repair)),
    )


def contents_to_show(database: Connection) -> list[tuple[int, bytes]]:
    """Id and digest of every content that a search can find: each should have a thumbnail."""
    rows = database.rows(
        """
        SELECT DISTINCT content.id, digest FROM content
          JOIN photo ON photo.content = content.id AND photo.missing_since IS NULL
          JOIN embedding ON embedding.content = content.id
        """
    )
    return [(int(id_), bytes(digest)) for id_, digest in rows]


def known_digests(database: Connection) -> set[bytes]:
    """The digests of all contents."""
    return {bytes(digest) for (digest,) in database.rows("SELECT digest FROM content")}


def forget_vectors(database: Connection, contents: Iterable[int]) -> None:
    """Make these contents pending again, under every model."""
    with database.transaction():
        database.run_many("DELETE FROM embedding WHERE content = ?", ((id_,) for id_ in contents))


def _looked_at(name: str, look: Callable[[], CheckFinding]) -> CheckFinding:
    try:
        return look()
    except KnownError as error:
        if error.kind is not ErrorKind.LIBRARY_DAMAGED:
            raise
        return CheckFinding(name, sound=False, count=1, detail="cannot be read")


def _integrity(database: Connection) -> CheckFinding:
    problems = [text for (text,) in database.rows("PRAGMA integrity_check") if text != "ok"]
    return CheckFinding("database", not problems, len(problems), "; ".join(problems[:3]))


def _foreign_keys(database: Connection, *, repair: bool) -> CheckFinding:
    problems = database.rows("PRAGMA foreign_key_check")
    if problems and repair:
        mend_references(database)
    detail = "rows point to nothing" if problems else ""
    return CheckFinding("references", not problems, len(problems), detail, bool(problems) and repair)


def _vectors(database: Connection, *, repair: bool) -> CheckFinding:
    bad = [(table, id_) for table in _VECTOR_TABLES for id_ in _unsound(database, table)]
    if bad and repair:
        with database.transaction():
            for table, id_ in bad:
                database.run(f"DELETE FROM {table} WHERE id = ?", (id_,))
    return CheckFinding(
        "vectors", not bad, len(bad), "not finite, not of unit length or cut short" if bad else "", bool(bad) and repair
    )


def _unsound(database: Connection, table: str) -> list[int]:
    rows = database.stream(f"SELECT {table}.id, vector, dim FROM {table} JOIN model ON model.id = {table}.model")
    return [id_ for id_, blob, dim in rows if not _is_sound(blob, dim)]


def _is_sound(blob: bytes, dim: int) -> bool:
    return len(blob) == 4 * dim and bool(usable(np.frombuffer(blob, dtype="<f4").reshape(1, -1)).all())


def _text_index(database: Connection, *, repair: bool) -> CheckFinding:
    differing = database.value(
        """
        SELECT (SELECT count(*) FROM photo WHERE NOT EXISTS (
                    SELECT 1 FROM text_index LEFT JOIN content_text ON content_text.content = photo.content
                     WHERE text_index.rowid = photo.id AND text_index.name = photo.name
                       AND text_index.directory = photo.directory
                       AND text_index.captions = coalesce(content_text.captions, '')
                       AND text_index.ocr = coalesce(content_text.ocr, '')))
             + (SELECT count(*) FROM text_index
                 WHERE NOT EXISTS (SELECT 1 FROM photo WHERE photo.id = text_index.rowid))
        """
    )
    if differing and repair:
        with database.transaction():
            database.run("DELETE FROM text_index")
            database.run(
                """
                INSERT INTO text_index (rowid, name, directory, captions, ocr)
                SELECT photo.id, name, directory, coalesce(captions, ''), coalesce(ocr, '')
                  FROM photo LEFT JOIN content_text ON content_text.content = photo.content
                """
            )
    return CheckFinding(
        "text index",
        not differing,
        differing,
        "rows differ from photos" if differing else "",
        bool(differing) and repair,
    )
