"""Bringing a folder's photo rows in line with its disk: one scan, one transaction."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from engine.imaging.decoding import PHOTO_SUFFIXES
from engine.indexing.exclusion import Exclusion
from engine.indexing.scanner import Changes, ScanIssue, Walk, compare, walk
from engine.library.edits import Edits
from engine.library.folders import Folder, Folders, RootStamp, exclude_key
from engine.library.issues import Issues
from engine.library.photos import Photos
from engine.library.settings import Settings
from engine.protocol import FolderState, is_remote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.library.connection import Connection

logger = logging.getLogger(__name__)


class Reconciler:
    """Full scans of folders, on the writer connection's thread."""

    def __init__(self, database: Connection) -> None:
        self._database = database
        self._photos = Photos(database)
        self._edits = Edits(database)
        self._folders = Folders(database)
        self._issues = Issues(database)
        self._settings = Settings(database)

    def scan(self, folder: Folder, stop: Callable[[], bool]) -> Changes | None:
        """Compare ``folder`` with its rows and store the difference; None when it is offline or ``stop`` said so.

        A root that cannot be listed, or that is empty and another directory than before (the mount point that an
        unplugged disk leaves behind), makes the folder offline: nothing is marked missing.
        """
        try:
            exclusion = Exclusion.of_text(self._settings.get(exclude_key(folder.id)))
            disk = walk(folder.path, PHOTO_SUFFIXES, stop=stop, exclusion=exclusion)
        except OSError as error:
            logger.warning("folder %s cannot be listed: %s", folder.path, error)
            self._set_offline(folder)
            return None
        if stop():
            return None  # half a walk would take the other half for missing
        if not disk.entries and self._folders.is_another_root(folder.id, disk.root):
            self._set_offline(folder)
            return None
        return self.settle(folder, disk)

    def settle(self, folder: Folder, disk: Walk, state: FolderState = FolderState.ONLINE) -> Changes:
        """Bring the rows in line with what a whole walk over ``folder`` has found; ``state`` is what it is in then."""
        changes = compare(self._photos.known(folder.id), disk)
        with self._database.transaction():
            self._folders.set_state(folder.id, state)
            self._apply(folder, changes)
            self._record(folder, disk.issues)
            self._folders.mark_scanned(folder.id, disk.root)
        return changes

    def note_unreachable(self, besides: Sequence[Folder]) -> None:
        """Make online folders offline that cannot be reached now; those of ``besides`` have just been scanned.

        Else what is pending in them would be taken for photos that vanished, one by one.
        """
        scanned = {folder.id for folder in besides}
        for folder in self._folders.all():
            if folder.id in scanned or folder.state is not FolderState.ONLINE or is_remote(folder.path):
                continue
            if not self._is_reachable(folder):
                logger.info("folder %s cannot be reached", folder.path)
                self._set_offline(folder)

    def _is_reachable(self, folder: Folder) -> bool:
        try:
            with os.scandir(folder.path) as entries:
                is_empty = next(entries, None) is None
            return not (is_empty and self._folders.is_another_root(folder.id, RootStamp.of(str(folder.path))))
        except OSError:
            return False

    def _set_offline(self, folder: Folder) -> None:
        with self._database.transaction():
            self._folders.set_state(folder.id, FolderState.OFFLINE)

    def _apply(self, folder: Folder, changes: Changes) -> None:
        root_name = folder.path.name
        touched = [photo.path for photo, _ in changes.changed] + [photo.path for photo in changes.missing]
        self._issues.clear(folder.id, [*touched, *(photo.path for photo, _, _ in changes.moved)])
        self._photos.mark_missing(photo.id for photo in changes.missing)
        self._photos.mark_present(photo.id for photo in changes.back)
        for photo, stamp in changes.changed:
            self._edits.remember(photo.id)
            self._photos.change(photo.id, stamp)
        for photo, _, _ in changes.moved:
            self._photos.park(photo.id)
        for photo, path, stamp in changes.moved:
            self._photos.move(photo.id, path, stamp, root_name)
        self._photos.add(folder.id, root_name, changes.added)

    def _record(self, folder: Folder, issues: Sequence[ScanIssue]) -> None:
        self._issues.clear_unlisted(folder.id)
        for issue in issues:
            self._issues.record(folder.id, issue.path, issue.reason, issue.detail)
