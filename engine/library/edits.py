"""Edited files: which content a file held before, so that own captions stay with the photo.

A file with other bytes at the same path is the same photo to its owner, whether a program stored a rating in it or cut
it down. What it held before is remembered when a scan finds it changed, and settled once every digest is known: only
then is it clear that the earlier content did not merely move to another path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.library.connection import Connection
    from engine.library.photos import PhotoId


class Edits:
    """The earlier contents of changed files."""

    def __init__(self, database: Connection) -> None:
        self._database = database

    def remember(self, photo: PhotoId) -> None:
        """Keep what the file held; call it before its content is forgotten.

        A photo that was missing is passed over: what lies at its path now is a newcomer with an old name.
        """
        self._database.run(
            """
            INSERT INTO earlier_content (photo, content)
            SELECT id, content FROM photo WHERE id = ? AND content IS NOT NULL AND missing_since IS NULL
            ON CONFLICT DO NOTHING
            """,
            (photo,),
        )

    def settle(self) -> int:
        """Take the own captions of contents that no photo holds any more to what their files hold now; how many files.

        Call it when no digest is outstanding. Photos that could not be read again keep waiting.
        """
        rows = self._database.rows(
            """
            SELECT photo.id, earlier_content.content, photo.content
              FROM earlier_content JOIN photo ON photo.id = earlier_content.photo
             WHERE photo.content IS NOT NULL ORDER BY photo.id
            """
        )
        # Judged before anything is moved, so that the order of the files does not matter.
        edited = [row for row in rows if not self._is_held(row[1])]
        for _, earlier, content in edited:
            self.carry(earlier, content)
        self._database.run_many("DELETE FROM earlier_content WHERE photo = ?", ((photo,) for photo, _, _ in rows))
        return len(edited)

    def _is_held(self, content: int) -> bool:
        return self._database.value("SELECT 1 FROM photo WHERE content = ? LIMIT 1", (content,)) is not None

    def carry(self, earlier: int, content: int) -> None:
        """Take the own captions of one content to another, and what the user has removed from it."""
        # Captions of both contents with the same words: the one that stays behind belongs to no photo.
        self._database.run(
            """
            UPDATE caption SET content = :content WHERE content = :earlier AND source IN ('user', 'imported')
               AND NOT EXISTS (SELECT 1 FROM caption AS own
                                WHERE own.content = :content AND own.source = caption.source
                                  AND own.text = caption.text)
            """,
            {"content": content, "earlier": earlier},
        )
        self._database.run(
            """
            INSERT INTO removed_caption (content, text)
            SELECT ?, text FROM removed_caption WHERE content = ?
            ON CONFLICT DO NOTHING
            """,
            (content, earlier),
        )
        # Naming the column is enough to have the photos' text indexed anew.
        self._database.run("UPDATE photo SET content = content WHERE content = ?", (content,))
