"""Retention: photos whose files are gone are kept for a while, and what nobody holds any more is let go after it.

A file that comes back within that time needs no decoding and no embedding. What people wrote is never let go: a content
with own captions stays, and greets its file whenever it comes back.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from engine.library.database import TIME_FORMAT, now
from engine.library.settings import Settings

if TYPE_CHECKING:
    from engine.library.connection import Connection

KEPT_DAYS = 30
_LOOK_EVERY = timedelta(days=1)
_LOOKED_AT = "retention.looked_at"

_IS_HELD = """(EXISTS (SELECT 1 FROM photo WHERE photo.content = content.id)
            OR EXISTS (SELECT 1 FROM earlier_content WHERE earlier_content.content = content.id))"""


class Retention:
    """Lets go what has been missing for ``KEPT_DAYS``. On the writer connection's thread."""

    def __init__(self, database: Connection) -> None:
        self._database = database
        self._settings = Settings(database)

    def is_due(self) -> bool:
        """Whether the last look is a day ago, or lies in the future: a clock may have been wrong."""
        last = self._settings.get(_LOOKED_AT)
        return last is None or abs(_moment(now()) - _moment(last)) >= _LOOK_EVERY

    def look(self) -> list[bytes]:
        """Forget photos that have been missing for too long, then contents that nobody has held for as long.

        The digests of those contents: what else was made from them may be removed.
        """
        moment = now()
        limit = (_moment(moment) - timedelta(days=KEPT_DAYS)).strftime(TIME_FORMAT)
        with self._database.transaction():
            self._mend_times(moment)
            self._note_unheld(moment)
            self._forget_photos(limit)
            digests = self._forget_contents(limit)
            self._settings.set(_LOOKED_AT, moment)
        return digests

    def _mend_times(self, moment: str) -> None:
        """Times written by a clock that was ahead begin anew, or they would be kept for as long as it was ahead."""
        self._database.run("UPDATE photo SET missing_since = ? WHERE missing_since > ?", (moment, moment))
        self._database.run("UPDATE content SET unheld_since = ? WHERE unheld_since > ?", (moment, moment))

    def _forget_photos(self, limit: str) -> None:
        """Only where the root is the one they were last seen in: the photos of a disk that is away are not gone."""
        rows = self._database.rows(
            """
            DELETE FROM photo
             WHERE missing_since <= ?
               AND EXISTS (SELECT 1 FROM folder
                            WHERE folder.id = photo.folder AND folder.state = 'online'
                              AND coalesce(missing_from = root_volume || ':' || root_inode, TRUE))
            RETURNING content
            """,
            (limit,),
        )
        # Their time is over as well, and does not begin anew.
        self._database.run_many("UPDATE content SET unheld_since = ? WHERE id = ?", ((limit, id_) for (id_,) in rows))

    def _note_unheld(self, moment: str) -> None:
        self._database.run(f"UPDATE content SET unheld_since = NULL WHERE unheld_since IS NOT NULL AND {_IS_HELD}")
        self._database.run(
            f"UPDATE content SET unheld_since = ? WHERE unheld_since IS NULL AND NOT {_IS_HELD}", (moment,)
        )

    def _forget_contents(self, limit: str) -> list[bytes]:
        rows = self._database.rows(
            f"""
            DELETE FROM content
             WHERE unheld_since <= ? AND NOT {_IS_HELD}
               AND NOT EXISTS (SELECT 1 FROM caption
                                WHERE caption.content = content.id AND source IN ('user', 'imported'))
            RETURNING digest
            """,
            (limit,),
        )
        return [bytes(digest) for (digest,) in rows]


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
