"""Photo rows: one for each file on disk, from the scan that finds it to the digest that says what it holds."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NewType

from engine.library.database import now
from engine.library.parts import rows_among
from engine.protocol import FolderState, IssueReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.library.connection import Connection
    from engine.library.folders import FolderId

PhotoId = NewType("PhotoId", int)
ContentId = NewType("ContentId", int)

# These belong to a path, not to the bytes: a copy elsewhere may well be readable.
PATH_REASONS = (IssueReason.UNREADABLE, IssueReason.VANISHED, IssueReason.LINK_LOOP)


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What tells a changed file from an unchanged one without reading it."""

    byte_size: int
    mtime_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class KnownPhoto:
    """A photo row as the scanner compares it; ``path`` is relative to its folder, as bytes."""

    id: PhotoId
    path: bytes
    stamp: FileStamp
    is_missing: bool


@dataclass(frozen=True, slots=True)
class PendingPhoto:
    """A photo whose digest is not known yet."""

    id: PhotoId
    folder: FolderId
    path: bytes
    absolute: Path
    byte_size: int


class Photos:
    """The photo and content rows of a library."""

    def __init__(self, database: Connection) -> None:
        self._database = database

    # What a scan writes

    def known(self, folder: FolderId) -> list[KnownPhoto]:
        """Every photo row of a folder, missing ones too."""
        rows = self._database.rows(
            "SELECT id, path, byte_size, mtime_ns, inode, missing_since IS NOT NULL FROM photo WHERE folder = ?",
            (folder,),
        )
        return [
            KnownPhoto(PhotoId(id_), path, FileStamp(size, mtime, inode), bool(missing))
            for id_, path, size, mtime, inode, missing in rows
        ]

    def add(self, folder: FolderId, root_name: str, files: Iterable[tuple[bytes, FileStamp]]) -> None:
        """Add new files; their digest is still to be read."""
        self._database.run_many(
            """
            INSERT INTO photo (folder, path, name, directory, byte_size, mtime_ns, inode) VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            (
                (folder, path, *_shown(path, root_name), stamp.byte_size, stamp.mtime_ns, stamp.inode)
                for path, stamp in files
            ),
        )

    def change(self, photo: PhotoId, stamp: FileStamp) -> None:
        """The file has other bytes now: forget its content until its digest has been read again."""
        self._database.run(
            """
            UPDATE photo SET byte_size = ?, mtime_ns = ?, inode = ?, content = NULL, missing_since = NULL WHERE id = ?
            """,
            (stamp.byte_size, stamp.mtime_ns, stamp.inode, photo),
        )

    def move(self, photo: PhotoId, path: bytes, stamp: FileStamp, root_name: str) -> None:
        """The file lies elsewhere in its folder now; everything known about it stays."""
        name, directory = _shown(path, root_name)
        self._database.run(
            """
            UPDATE photo SET path = ?, name = ?, directory = ?, byte_size = ?, mtime_ns = ?, inode = ?,
                             missing_since = NULL
             WHERE id = ?
            """,
            (path, name, directory, stamp.byte_size, stamp.mtime_ns, stamp.inode, photo),
        )

    def park(self, photo: PhotoId) -> None:
        """Give up a path for a moment, so that photos may swap theirs; ``move`` follows in the same transaction."""
        self._database.run("UPDATE photo SET path = ? WHERE id = ?", (b"/parked/%d" % photo, photo))

    def mark_missing(self, photos: Iterable[PhotoId]) -> None:
        """These files are gone from an online folder, whose root is still noted as the one where they last were."""
        self._database.run_many(
            """
            UPDATE photo SET missing_since = ?, missing_from = (
                   SELECT root_volume || ':' || root_inode FROM folder WHERE folder.id = photo.folder)
             WHERE id = ? AND missing_since IS NULL
            """,
            ((now(), id_) for id_ in photos),
        )

    def mark_present(self, photos: Iterable[PhotoId]) -> None:
        """These files are back, unchanged."""
        self._database.run_many("UPDATE photo SET missing_since = NULL WHERE id = ?", ((id_,) for id_ in photos))

    # What reading a digest writes

    def unread(self, *, limit: int) -> list[PendingPhoto]:
        """Photos of online folders whose digest is not known and that have no issue, in the order they were found."""
        rows = self._database.rows(
            """
            SELECT photo.id, photo.folder, folder.path, photo.path, photo.byte_size
              FROM photo JOIN folder ON folder.id = photo.folder AND folder.state = ?
             WHERE photo.content IS NULL AND photo.missing_since IS NULL
               AND NOT EXISTS (SELECT 1 FROM issue WHERE issue.folder = photo.folder AND issue.path = photo.path)
             ORDER BY photo.id LIMIT ?
            """,
            (FolderState.ONLINE, limit),
        )
        return [
            PendingPhoto(PhotoId(id_), folder, path, absolute(root, path), size)
            for id_, folder, root, path, size in rows
        ]

    def assign(self, photo: PhotoId, digest: bytes, byte_size: int) -> ContentId:
        """The photo holds these bytes. A missing photo with the same bytes was this one before it moved."""
        return self.assign_all([(photo, digest, byte_size)])[0]

    def assign_all(self, reads: Sequence[tuple[PhotoId, bytes, int]]) -> list[ContentId]:
        """What ``assign`` does for many (photo, digest, bytes), in a handful of statements; their contents."""
        digests = list(dict.fromkeys(digest for _, digest, _ in reads))
        known = self._contents(digests)
        sizes = {digest: size for _, digest, size in reads if digest not in known}
        self._database.run_many("INSERT INTO content (digest, byte_size) VALUES (?, ?)", sizes.items())
        contents = known | self._contents(list(sizes))
        gone = self._missing_with(list(known.values()))
        staying: list[tuple[ContentId, PhotoId]] = []
        for photo, digest, _ in reads:
            content = contents[digest]
            if old := next((one for one in gone.get(content, ()) if one != photo), None):
                gone[content].remove(old)
                self._replace(old, photo)
            else:
                staying.append((content, photo))
        self._database.run_many("UPDATE photo SET content = ? WHERE id = ?", staying)
        self._inherit_issues(list(known.values()))
        return [contents[digest] for _, digest, _ in reads]

    def _contents(self, digests: Sequence[bytes]) -> dict[bytes, ContentId]:
        sql = "SELECT digest, id FROM content WHERE digest IN ({marks})"
        return {digest: ContentId(id_) for digest, id_ in rows_among(self._database, sql, digests)}

    def _missing_with(self, contents: Sequence[ContentId]) -> dict[ContentId, list[PhotoId]]:
        sql = "SELECT content, id FROM photo WHERE content IN ({marks}) AND missing_since IS NOT NULL ORDER BY id"
        found: dict[ContentId, list[PhotoId]] = {}
        for content, id_ in rows_among(self._database, sql, contents):
            found.setdefault(ContentId(content), []).append(PhotoId(id_))
        return found

    def _replace(self, old: PhotoId, new: PhotoId) -> None:
        row = self._database.row(
            "SELECT folder, path, name, directory, byte_size, mtime_ns, inode FROM photo WHERE id = ?", (new,)
        )
        assert row is not None  # the caller has just read it in this transaction
        self._database.run("DELETE FROM photo WHERE id = ?", (new,))
        self._database.run(
            """
            UPDATE photo SET folder = ?, path = ?, name = ?, directory = ?, byte_size = ?, mtime_ns = ?, inode = ?,
                             missing_since = NULL
             WHERE id = ?
            """,
            (*row, old),
        )

    def _inherit_issues(self, contents: Sequence[ContentId]) -> None:
        # Bytes that could not be decoded once are not tried again under another name.
        sql = """
            SELECT other.folder, other.path, issue.reason, issue.detail, issue.seen_at
              FROM photo JOIN issue ON issue.folder = photo.folder AND issue.path = photo.path
              JOIN photo AS other ON other.content = photo.content AND other.id != photo.id
             WHERE issue.reason NOT IN (?, ?, ?) AND photo.content IN ({marks})
        """
        self._database.run_many(
            """
            INSERT INTO issue (folder, path, reason, detail, seen_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """,
            list(rows_among(self._database, sql, contents, before=PATH_REASONS)),
        )

    # Counting

    def count(self) -> int:
        """Photos that are present."""
        return int(self._database.value("SELECT count(*) FROM photo WHERE missing_since IS NULL"))

    def count_unread(self) -> int:
        """How many photos ``unread`` would give."""
        sql = """
            SELECT count(*) FROM photo JOIN folder ON folder.id = photo.folder AND folder.state = ?
             WHERE photo.content IS NULL AND photo.missing_since IS NULL
               AND NOT EXISTS (SELECT 1 FROM issue WHERE issue.folder = photo.folder AND issue.path = photo.path)
        """
        return int(self._database.value(sql, (FolderState.ONLINE,)))


def _shown(path: bytes, root_name: str) -> tuple[str, str]:
    text = path.decode("utf-8", "replace").replace(os.sep, "/")
    directory, _, name = text.rpartition("/")
    return name, f"{root_name}/{directory}" if directory else root_name


def absolute(root: bytes, path: bytes) -> Path:
    """Put a folder's path and a relative path together, whatever bytes they are."""
    return Path(located(root, path))


def located(root: bytes, path: bytes) -> str:
    """The same as text."""
    return os.fsdecode(os.path.join(root, path))
