"""A damaged library file: set aside, never deleted, and everything that can still be read of it put into a new one.

Damage is suspected where SQLite once met a malformed page, or a person asks for a repair; only a full look decides. The
look and the recovery happen while the library is being opened, under the writer lock, when no connection is open yet.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import apsw

from engine.library.database import Database, now
from engine.library.migrations import APPLICATION_ID
from engine.library.references import mend_references
from engine.library.salvage import TABLES, captions_of_index, columns_of, salvaged
from engine.library.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from engine.config import LibraryPaths

logger = logging.getLogger(__name__)

SETTING = "library.recovered"
_PARTS = ("", "-wal", "-shm")
_REBUILD = """
    DROP TABLE text_index;
    CREATE VIRTUAL TABLE text_index USING fts5 (name, directory, captions, ocr, tokenize = 'trigram');
    INSERT INTO text_index (rowid, name, directory, captions, ocr)
    SELECT photo.id, name, directory, coalesce(captions, ''), coalesce(ocr, '')
      FROM photo LEFT JOIN content_text ON content_text.content = photo.content
"""


@dataclass(frozen=True, slots=True)
class Recovery:
    """What became of a damaged library: where its file lies now, and what was read from it."""

    at: str
    set_aside: str
    photos: int
    captions: int

    @property
    def sentence(self) -> str:
        """For people."""
        return (
            f"The library file was damaged. It was set aside in {self.set_aside}, and {self.captions} captions of "
            f"people and {self.photos} photos were taken from it into a new one. Run `balloon index` on your folders."
        )


def suspect(paths: LibraryPaths) -> None:
    """Have the library looked at when it is next opened for writing. A place that cannot be written stays as it is."""
    with contextlib.suppress(OSError):
        paths.suspicion.touch(mode=0o600)


def make_whole(paths: LibraryPaths) -> Recovery | None:
    """Look at a library that is under suspicion, or whose file cannot be opened, and recover it if it is damaged.

    The caller holds the writer lock and has no connection yet.
    """
    if not paths.database.exists() or not (paths.suspicion.exists() or _is_unreadable(paths)):
        return None
    recovery = None if _is_sound(paths) else _recover(paths)
    paths.suspicion.unlink(missing_ok=True)
    return recovery


def last_recovery(settings: Settings) -> Recovery | None:
    """What happened when this library was made from a damaged one, if it was."""
    told = settings.get(SETTING)
    try:
        return None if told is None else Recovery(**json.loads(told))
    except (TypeError, ValueError):
        return None


def _is_unreadable(paths: LibraryPaths) -> bool:
    """Whether the very beginning is damaged. A file of another program in a folder that is not ours is not."""
    try:
        with contextlib.closing(apsw.Connection(str(paths.database), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_schema")
    except apsw.CorruptError:
        return True
    except apsw.NotADBError:
        return paths.thumbnails.is_dir()
    except apsw.Error:
        return False
    return False


def _is_sound(paths: LibraryPaths) -> bool:
    """Look at every page; a text index that is damaged by itself is made anew from its photos and captions."""
    try:
        with contextlib.closing(apsw.Connection(str(paths.database))) as connection:
            if connection.pragma("application_id") != APPLICATION_ID:
                return False
            if _has_no_problem(connection):
                return True
            connection.execute(f"BEGIN IMMEDIATE; {_REBUILD}; COMMIT")
            return _has_no_problem(connection)
    except (apsw.CorruptError, apsw.NotADBError, apsw.SQLError):
        return False


def _has_no_problem(connection: apsw.Connection) -> bool:
    found: list[tuple[str]] = list(connection.execute("PRAGMA integrity_check"))
    return found == [("ok",)]


def _recover(paths: LibraryPaths) -> Recovery:
    moment = now()
    place = _set_aside(paths, moment)
    logger.warning("the library file is damaged and was set aside in %s", place)
    fresh = Database.open_writer(paths)
    try:
        _copy_all(place / paths.database.name, fresh)
        mend_references(fresh)
        recovery = Recovery(
            moment,
            str(place),
            int(fresh.value("SELECT count(*) FROM photo")),
            int(fresh.value("SELECT count(*) FROM caption WHERE source IN ('user', 'imported')")),
        )
        with fresh.transaction():
            Settings(fresh).set(SETTING, json.dumps(asdict(recovery)))
        return recovery
    finally:
        fresh.close()


def _set_aside(paths: LibraryPaths, moment: str) -> Path:
    place = paths.damaged / moment.replace(":", "")
    number = 1
    while place.exists():
        number += 1
        place = place.with_name(f"{moment.replace(':', '')}-{number}")
    place.mkdir(parents=True, mode=0o700)
    for part in reversed(_PARTS):  # the database last: until it goes, nothing has happened
        path = paths.database.with_name(paths.database.name + part)
        with contextlib.suppress(FileNotFoundError):
            os.replace(path, place / path.name)
    return place


def _copy_all(damaged: Path, fresh: Database) -> None:
    try:
        old = apsw.Connection(str(damaged), flags=apsw.SQLITE_OPEN_READONLY)
    except apsw.Error as error:
        logger.warning("nothing of %s can be read: %s", damaged, error)
        return
    with contextlib.closing(old):
        fresh.run("PRAGMA foreign_keys = OFF")
        for table in TABLES:
            shared = [name for name in columns_of(old, table) if name in fresh.columns(table)]
            if shared:
                fresh.insert_readable(table, shared, salvaged(old, table, shared))
        # A caption's words stand in the index that keeps it unique as well.
        fresh.insert_readable("caption", ("content", "source", "text", "added_at"), captions_of_index(old, now()))
        fresh.run("PRAGMA foreign_keys = ON")
