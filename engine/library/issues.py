"""Issues: files (and directories) that could not be used, and why."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from engine.library.database import now
from engine.library.photos import PATH_REASONS
from engine.protocol import IssueReason, IssueRow, PhotoPath

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.library.connection import Connection
    from engine.library.folders import FolderId
    from engine.library.photos import ContentId


class Issues:
    """The issue rows of a library: at most one for a path."""

    def __init__(self, database: Connection) -> None:
        self._database = database

    def record(self, folder: FolderId, path: bytes, reason: IssueReason, detail: str) -> None:
        """Remember that the file at ``path`` (relative to its folder) could not be used."""
        self._database.run(
            """
            INSERT INTO issue (folder, path, reason, detail, seen_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (folder, path) DO UPDATE SET reason = excluded.reason, detail = excluded.detail,
                                                     seen_at = excluded.seen_at
            """,
            (folder, path, reason, detail, now()),
        )

    def record_content(self, content: ContentId, reason: IssueReason, detail: str) -> None:
        """The bytes themselves could not be used: remember it for every photo that holds them."""
        rows = self._database.rows("SELECT folder, path FROM photo WHERE content = ?", (content,))
        for folder, path in rows:
            self.record(folder, path, reason, detail)

    def clear(self, folder: FolderId, paths: Iterable[bytes]) -> None:
        """Forget the issues of these paths: the files changed or went."""
        self._database.run_many("DELETE FROM issue WHERE folder = ? AND path = ?", ((folder, path) for path in paths))

    def clear_unlisted(self, folder: FolderId) -> None:
        """Forget what a scan reports anew each time: paths without a photo row, files that could not be reached."""
        self._database.run(
            """
            DELETE FROM issue WHERE folder = ? AND (
                   reason IN (?, ?, ?)
                OR NOT EXISTS (SELECT 1 FROM photo WHERE photo.folder = issue.folder AND photo.path = issue.path))
            """,
            (folder, *PATH_REASONS),
        )

    def retry(self) -> int:
        """Forget all issues, so that the next indexing tries those files again; how many they were."""
        return self._database.run("DELETE FROM issue")

    def count(self) -> int:
        """How many there are."""
        return int(self._database.value("SELECT count(*) FROM issue"))

    def all(self) -> list[IssueRow]:
        """Every issue, by path."""
        rows = self._database.rows(
            """
            SELECT folder.path, issue.path, issue.reason, issue.detail, issue.seen_at
              FROM issue JOIN folder ON folder.id = issue.folder ORDER BY folder.path, issue.path
            """
        )
        return [
            IssueRow(PhotoPath.of(Path(os.fsdecode(root)) / os.fsdecode(path)), IssueReason(reason), detail, seen_at)
            for root, path, reason, detail, seen_at in rows
        ]
