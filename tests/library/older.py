"""Turns a library into the form that an older version of Balloon gave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.library import migrations

if TYPE_CHECKING:
    import apsw

# What each version has on top of the one before, taken away again.
_BACK: dict[int, str] = {
    2: "DROP TABLE removed_caption",
    3: "DROP TABLE earlier_content",
    4: """
       DROP INDEX content_pixels; DROP INDEX sidecar_content; DROP INDEX photo_missing;
       ALTER TABLE folder DROP COLUMN root_volume;
       ALTER TABLE content DROP COLUMN pixel_digest;
       ALTER TABLE content DROP COLUMN unheld_since;
       ALTER TABLE earlier_content DROP COLUMN is_shared;
       ALTER TABLE photo DROP COLUMN missing_from;
       """,
}


def make_older(connection: apsw.Connection, version: int) -> None:
    """Take a library of this version back to ``version``; what newer tables held is lost."""
    for number in range(migrations.VERSION, version, -1):
        connection.execute(_BACK[number])
    connection.pragma("user_version", version)
