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
            INSERT INTO earlier_content (photo, content, is_shared)
            SELECT id, content, CASE WHEN EXISTS (SELECT 1 FROM photo AS other
                                                   WHERE other.content = photo.content AND other.id != photo.id)
                                     THEN 1 ELSE 0 END
              FROM photo WHERE id = ? AND content IS NOT NULL AND missing_since IS NULL
            ON CONFLICT DO NOTHING
            """,
            (photo,),
        )

    def are_waiting(self) -> bool:
        """Whether there is anything to settle."""
        return self._database.value("SELECT 1 FROM earlier_content LIMIT 1") is not None

    def settle(self) -> int:
        """Take own captions to what changed files hold now; of how many files.

        They leave a content that no photo holds any more. Where it has copies, which had it before this file was
        edited, they go with the file and stay with the copies. Call it when no digest is outstanding; photos that could
        not be read again keep waiting.
        """
        rows = self._database.rows(
            """
            SELECT photo.id, earlier_content.content, photo.content, is_shared
              FROM earlier_content JOIN photo ON photo.id = earlier_content.photo
             WHERE photo.content IS NOT NULL AND photo.content != earlier_content.content ORDER BY photo.id
            """
        )
        # Judged before anything is moved, so that the order of the files does not matter.
        moving = [(earlier, content) for _, earlier, content, _ in rows if not self._is_held(earlier)]
        copying = [
            (earlier, content)
            for photo, earlier, content, is_shared in rows
            if is_shared and (earlier, content) not in moving and self._is_new(content, photo)
        ]
        last = dict(moving)  # of several files that held it, all get the captions and one gets their rows
        for earlier, content in (*moving, *copying):
            if last.get(earlier) != content:
                self._copy(earlier, content)
        for earlier, content in last.items():
            self.carry(earlier, content)
        # Asked row by row: they are few, and the photos that have a content are all there are.
        settled = "SELECT 1 FROM photo WHERE photo.id = earlier_content.photo AND photo.content IS NOT NULL"
        self._database.run(f"DELETE FROM earlier_content WHERE EXISTS ({settled})")
        return len(moving) + len(copying)

    def _is_held(self, content: int) -> bool:
        return self._database.value("SELECT 1 FROM photo WHERE content = ? LIMIT 1", (content,)) is not None

    def _is_new(self, content: int, photo: PhotoId) -> bool:
        """Whether it did not come from another path: then this is no edit, but another photo under an old name."""
        sql = """
            SELECT count(*) FROM (SELECT 1 FROM photo WHERE content = ? AND id != ?
                                  UNION ALL SELECT 1 FROM earlier_content WHERE content = ?) AS others
        """
        return not self._database.value(sql, (content, photo, content))

    def _copy(self, earlier: int, content: int) -> None:
        self._database.run(
            """
            INSERT INTO caption (content, text, language, source, added_at)
            SELECT ?, text, language, source, added_at FROM caption
             WHERE content = ? AND source IN ('user', 'imported') ORDER BY id
            ON CONFLICT DO NOTHING
            """,
            (content, earlier),
        )
        self._copy_removals(earlier, content)

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
        self._copy_removals(earlier, content)
        # Naming the column is enough to have the photos' text indexed anew.
        self._database.run("UPDATE photo SET content = content WHERE content IN (?, ?)", (earlier, content))

    def _copy_removals(self, earlier: int, content: int) -> None:
        self._database.run(
            """
            INSERT INTO removed_caption (content, text)
            SELECT ?, text FROM removed_caption WHERE content = ?
            ON CONFLICT DO NOTHING
            """,
            (content, earlier),
        )
