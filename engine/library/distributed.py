"""What is pending in chosen folders, page by page: the work list of a cluster, whatever is online here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.library.folders import FolderId
from engine.library.parts import rows_among
from engine.library.photos import PhotoId, absolute

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.library.connection import Connection

_WITHOUT_ISSUE = (
    "NOT EXISTS (SELECT 1 FROM issue WHERE issue.folder = photo.folder AND issue.path = photo.path) "
    "AND photo.missing_since IS NULL"
)


@dataclass(frozen=True, slots=True)
class PendingFile:
    """A photo whose content has no vector under the model, or is not known yet (``digest`` is None then)."""

    photo: PhotoId
    folder: FolderId
    path: bytes
    absolute: Path
    byte_size: int
    mtime_ns: int
    digest: bytes | None


class DistributedWork:
    """Pending photos of some folders under one model, whatever state the folders are in."""

    def __init__(self, database: Connection, model: int, folders: Sequence[int]) -> None:
        self._database = database
        self._model = model
        marks = ", ".join(f"{int(folder)}" for folder in folders) or "NULL"
        self._where = f"photo.folder IN ({marks}) AND {_WITHOUT_ISSUE}"

    def count(self) -> int:
        """Files whose digest is not known, and contents without a vector."""
        unread = f"SELECT count(*) FROM photo WHERE content IS NULL AND {self._where}"
        pending = f"SELECT count(DISTINCT photo.content) FROM photo WHERE {self._lacks_vector()} AND {self._where}"
        return int(self._database.value(unread)) + int(self._database.value(pending, (self._model,)))

    def page(self, after: int, limit: int) -> list[PendingFile]:
        """Pending photos with an id above ``after``, by id; of a known content the first file alone."""
        rows = self._database.rows(
            f"""
            SELECT photo.id, photo.folder, folder.path, photo.path, photo.byte_size, photo.mtime_ns, content.digest
              FROM photo JOIN folder ON folder.id = photo.folder LEFT JOIN content ON content.id = photo.content
             WHERE photo.id > ? AND {self._where} AND (photo.content IS NULL OR ({self._lacks_vector()}
               AND photo.id = (SELECT min(other.id) FROM photo AS other
                                WHERE other.content = photo.content AND other.folder = photo.folder
                                  AND other.missing_since IS NULL)))
             ORDER BY photo.id LIMIT ?
            """,
            (after, self._model, limit),
        )
        return [
            PendingFile(PhotoId(id_), FolderId(folder), path, absolute(root, path), size, mtime, digest)
            for id_, folder, root, path, size, mtime, digest in rows
        ]

    def with_vector(self, contents: Sequence[int]) -> set[int]:
        """Those of ``contents`` that have a vector by now."""
        sql = "SELECT content FROM embedding WHERE model = ? AND content IN ({marks})"
        return {content for (content,) in rows_among(self._database, sql, contents, before=(self._model,))}

    @staticmethod
    def _lacks_vector() -> str:
        return (
            "photo.content IS NOT NULL AND NOT EXISTS "
            "(SELECT 1 FROM embedding WHERE embedding.content = photo.content AND embedding.model = ?)"
        )
