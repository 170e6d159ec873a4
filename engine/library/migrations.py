"""The library file's version: making it, recognising it, and bringing an older one up to date after a copy.

``application_id`` says that the file is Balloon's, ``user_version`` which form it has. A newer form is refused.
"""

from __future__ import annotations

import contextlib
from importlib import resources
from typing import TYPE_CHECKING

import apsw

from engine.errors import KnownError
from engine.library.transactions import transaction
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

APPLICATION_ID = 0x42414C4E  # "BALN"
VERSION = 4
PAGE_BYTES = 16_384


def _remember_removed_captions(connection: apsw.Connection) -> None:
    connection.execute(
        """
        CREATE TABLE removed_caption (
            content INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,
            text    TEXT    NOT NULL,
            PRIMARY KEY (content, text)
        ) STRICT, WITHOUT ROWID
        """
    )


def _remember_earlier_contents(connection: apsw.Connection) -> None:
    connection.execute(
        """
        CREATE TABLE earlier_content (
            photo   INTEGER PRIMARY KEY REFERENCES photo ON DELETE CASCADE,
            content INTEGER NOT NULL REFERENCES content ON DELETE CASCADE
        ) STRICT
        """
    )


def _tell_pictures_and_roots_apart(connection: apsw.Connection) -> None:
    connection.execute(
        """
        ALTER TABLE folder ADD COLUMN root_volume INTEGER;
        ALTER TABLE content ADD COLUMN pixel_digest BLOB;
        ALTER TABLE content ADD COLUMN unheld_since TEXT;
        CREATE INDEX content_pixels ON content (pixel_digest) WHERE pixel_digest IS NOT NULL;
        CREATE INDEX sidecar_content ON sidecar (content);
        ALTER TABLE photo ADD COLUMN missing_from TEXT;
        ALTER TABLE earlier_content ADD COLUMN is_shared INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX photo_missing ON photo (missing_since) WHERE missing_since IS NOT NULL;
        """
    )


# From version n to n + 1: each runs together with the new user_version in one transaction.
MIGRATIONS: dict[int, Callable[[apsw.Connection], None]] = {
    1: _remember_removed_captions,
    2: _remember_earlier_contents,
    3: _tell_pictures_and_roots_apart,
}


def bring_up_to_date(
    connection: apsw.Connection,
    backups: Path,
    steps: dict[int, Callable[[apsw.Connection], None]] | None = None,
    target: int = VERSION,
) -> None:
    """Create the schema in an empty file, or migrate an older one after copying it into ``backups``."""
    if _is_empty(connection):
        _create(connection)
    refuse_foreign(connection)
    refuse_newer(connection, target)
    version = connection.pragma("user_version")
    if version == target:
        return
    _copy(connection, backups, version)
    for number in range(version, target):
        step = (MIGRATIONS if steps is None else steps)[number]
        with transaction(connection):
            step(connection)
            connection.pragma("user_version", number + 1)


def refuse_other_versions(connection: apsw.Connection) -> None:
    """For readers, who cannot migrate: raises ``KnownError`` unless the file has exactly our version."""
    refuse_foreign(connection)
    refuse_newer(connection, VERSION)
    if connection.pragma("user_version") < VERSION:
        raise KnownError(
            ErrorKind.LIBRARY_BUSY, "The library was made by an older Balloon. Run `balloon index` once to update it."
        )


def refuse_foreign(connection: apsw.Connection) -> None:
    """Raise ``KnownError`` unless the file is a Balloon library."""
    if connection.pragma("application_id") != APPLICATION_ID:
        raise KnownError(
            ErrorKind.LIBRARY_FOREIGN, "The library file belongs to another program. Choose another place for it."
        )


def refuse_newer(connection: apsw.Connection, target: int) -> None:
    """Raise ``KnownError`` when a newer Balloon made the file."""
    if connection.pragma("user_version") > target:
        raise KnownError(ErrorKind.LIBRARY_NEWER, "The library was made by a newer Balloon. Update Balloon to open it.")


def _is_empty(connection: apsw.Connection) -> bool:
    return not connection.execute("SELECT count(*) FROM sqlite_schema").get


def _create(connection: apsw.Connection) -> None:
    schema = resources.files("engine.library").joinpath("schema.sql").read_text(encoding="utf-8")
    connection.pragma("page_size", PAGE_BYTES)  # heeded only before the first table
    with transaction(connection):
        connection.execute(schema)
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", VERSION)


def _copy(connection: apsw.Connection, backups: Path, version: int) -> Path:
    backups.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = backups / f"library-v{version}.db"
    with contextlib.closing(apsw.Connection(str(target))) as copy, copy.backup("main", connection, "main") as backup:
        backup.step()
    target.chmod(0o600)
    return target
