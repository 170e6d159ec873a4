"""Folders: the roots the user asked to watch."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NewType

from engine.errors import KnownError
from engine.library.database import now
from engine.protocol import ErrorKind, FolderState

if TYPE_CHECKING:
    from engine.library.connection import Connection

FolderId = NewType("FolderId", int)

_INTEGER = 2**63 - 1


def exclude_key(folder: int) -> str:
    """The setting that holds what is left out of a folder."""
    return f"folder.{folder}.exclude"


def polled_key(folder: int) -> str:
    """The setting that says why a folder is looked at now and then instead of followed by file events."""
    return f"folder.{folder}.polled"


@dataclass(frozen=True, slots=True)
class Folder:
    """A watched root; ``excluded`` are patterns of what is left out, one a line."""

    id: FolderId
    path: Path
    state: FolderState
    full_scan_at: str | None
    excluded: str = ""


@dataclass(frozen=True, slots=True)
class RootStamp:
    """Which directory a root is: the file system it lies on and its inode there; both fit into SQLite's integers."""

    volume: int
    inode: int

    @classmethod
    def of(cls, path: str | bytes) -> RootStamp:
        """Look at the directory; raises ``OSError``."""
        facts = os.stat(path)
        # A device number changes with the socket a disk is plugged into, the file system's own id does not.
        volume = (os.statvfs(path).f_fsid if sys.platform != "win32" else 0) or facts.st_dev
        return cls(volume & _INTEGER, facts.st_ino & _INTEGER)


@dataclass(frozen=True, slots=True)
class FolderCounts:
    """How many photos of a folder are known and present, have a vector, are missing, or are issues."""

    photos: int
    indexed: int
    missing: int
    issues: int


class Folders:
    """The folders of a library."""

    def __init__(self, database: Connection) -> None:
        self._database = database

    def add(self, path: Path) -> Folder:
        """Watch ``path`` (absolute); one inside an already watched folder is refused with ``KnownError``.

        A folder that holds already watched ones is allowed only if it is the same one: two roots over one photo
        would show it twice.
        """
        for known in self.all():
            if known.path == path:
                return known
            if path.is_relative_to(known.path) or known.path.is_relative_to(path):
                raise KnownError(
                    ErrorKind.FOLDER_REFUSED,
                    f"{path} and the watched folder {known.path} lie inside each other. Remove one of them first.",
                )
        raw = os.fsencode(path)
        self._database.run("INSERT INTO folder (path, added_at) VALUES (?, ?)", (raw, now()))
        return self.get(path)

    def get(self, path: Path) -> Folder:
        """The watched folder at ``path``; raises ``KnownError`` (NOT_FOUND)."""
        for folder in self.all():
            if folder.path == path:
                return folder
        raise KnownError(ErrorKind.NOT_FOUND, f"{path} is not a watched folder. See: balloon folders")

    def by_id(self, folder: int) -> Folder:
        """The watched folder with this id; raises ``KnownError`` (NOT_FOUND)."""
        for known in self.all():
            if known.id == folder:
                return known
        raise KnownError(ErrorKind.NOT_FOUND, "That folder is no longer watched.")

    def all(self) -> list[Folder]:
        """All folders in the order they were added."""
        rows = self._database.rows(
            """
            SELECT id, path, state, full_scan_at,
                   (SELECT value FROM setting WHERE key = 'folder.' || folder.id || '.exclude')
              FROM folder ORDER BY id
            """
        )
        return [
            Folder(FolderId(id_), Path(os.fsdecode(raw)), FolderState(state), at, excluded or "")
            for id_, raw, state, at, excluded in rows
        ]

    def set_state(self, folder: FolderId, state: FolderState) -> None:
        """Say whether the root can be reached."""
        self._database.run("UPDATE folder SET state = ? WHERE id = ? AND state != ?", (state, folder, state))

    def mark_scanned(self, folder: FolderId, root: RootStamp) -> None:
        """A full scan ended now; the root was this directory."""
        sql = "UPDATE folder SET full_scan_at = ?, root_volume = ?, root_inode = ? WHERE id = ?"
        self._database.run(sql, (now(), root.volume, root.inode, folder))

    def is_another_root(self, folder: FolderId, root: RootStamp) -> bool:
        """Whether the last full scan, if there was one, saw another directory; older libraries know its inode alone."""
        row = self._database.row("SELECT root_volume, root_inode FROM folder WHERE id = ?", (folder,))
        volume, inode = (None, None) if row is None else row
        return (volume is not None and volume != root.volume) or (inode is not None and inode != root.inode)

    def remove(self, folder: FolderId) -> None:
        """Stop watching: its photo rows go, the files on disk and everything known about their contents stay."""
        self._database.run("DELETE FROM folder WHERE id = ?", (folder,))
        for key in (exclude_key(folder), polled_key(folder)):  # the next folder may get its number
            self._database.run("DELETE FROM setting WHERE key = ?", (key,))

    def counts(self, folder: FolderId, model: int) -> FolderCounts:
        """Count a folder's photos under ``model``."""
        row = self._database.row(
            """
            SELECT count(*) FILTER (WHERE missing_since IS NULL),
                   count(*) FILTER (WHERE missing_since IS NULL AND EXISTS (
                       SELECT 1 FROM embedding WHERE embedding.content = photo.content AND embedding.model = :model)),
                   count(*) FILTER (WHERE missing_since IS NOT NULL)
              FROM photo WHERE folder = :folder
            """,
            {"folder": folder, "model": model},
        )
        issues = self._database.value("SELECT count(*) FROM issue WHERE folder = ?", (folder,))
        photos, indexed, missing = row if row is not None else (0, 0, 0)
        return FolderCounts(photos, indexed, missing, issues)
