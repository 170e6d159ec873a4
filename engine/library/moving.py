"""Another place for the library: everything is copied and looked at before the new place counts and the old one goes.

The copy is made while the library is open and nobody writes. It carries the name of the place it came from, and the old
library the name of the new one; the next start opens the copy and takes the old one away (``remove_left_behind``).
Whatever stops the move in between leaves one whole library, the one that is opened.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
from typing import TYPE_CHECKING, Final

from engine.config import LibraryPaths
from engine.errors import KnownError
from engine.library.database import Database
from engine.library.lock import WriterLock
from engine.library.settings import Settings
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from pathlib import Path

    from engine.library.connection import Connection

logger = logging.getLogger(__name__)

FOLDER_NAME: Final = "Balloon library"
"""Made inside a folder that holds other things."""

_MOVED_TO, _MOVED_FROM = "library.moved_to", "library.moved_from"
_SPARE_BYTES: Final = 64 * 1024 * 1024


def place_for(chosen: Path, paths: LibraryPaths) -> Path:
    """Where the library would lie if a person chose this folder; raises ``KnownError`` when it cannot lie there."""
    chosen = chosen.expanduser().absolute()
    try:
        target = chosen / FOLDER_NAME if chosen.is_dir() and any(chosen.iterdir()) else chosen
        is_free = not os.path.lexists(target) or (target.is_dir() and not any(target.iterdir()))
    except OSError as error:
        raise _known(error, chosen) from error
    if not is_free:
        raise KnownError(ErrorKind.PLACE_REFUSED, f"{target} holds other things. Choose an empty folder.")
    if target.resolve().is_relative_to(paths.root.resolve()):
        raise KnownError(ErrorKind.PLACE_REFUSED, "The library cannot lie inside itself. Choose another folder.")
    return target


def copy_library(database: Connection, paths: LibraryPaths, target: Path) -> None:
    """Copy the library into ``target``, which is empty or not there; raises ``KnownError`` and leaves nothing then.

    Nobody may write the library meanwhile. Afterwards both know of each other.
    """
    part = target.with_name(f".{target.name}.part")
    try:
        _refuse_if_too_small(paths, target)
        shutil.rmtree(part, ignore_errors=True)
        _set(database, _MOVED_TO, str(target))
        _copy_files(paths.root, part)
        _copy_database(database, paths, LibraryPaths(part))
        if target.is_dir():
            target.rmdir()
        part.rename(target)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        _set(database, _MOVED_TO, None)
        if isinstance(error, OSError):
            raise _known(error, target) from error
        raise


def remove_left_behind(database: Connection, paths: LibraryPaths) -> None:
    """After a move: take away what is left at the old place, unless it is in use there.

    A library that was moved away and is opened for writing all the same is in use: it stays for good.
    """
    settings = Settings(database)
    if settings.get(_MOVED_TO) is not None:
        _set(database, _MOVED_TO, None)
    before = settings.get(_MOVED_FROM)
    if before is None:
        return
    old = LibraryPaths(type(paths.root)(before))
    try:
        if old.database.is_file():
            _remove(old, paths)
    except (KnownError, OSError) as error:
        logger.info("the library's old place stays for now: %s", error)
        return
    _set(database, _MOVED_FROM, None)


def _remove(old: LibraryPaths, new: LibraryPaths) -> None:
    reader = Database.open_reader(old)
    try:
        if Settings(reader).get(_MOVED_TO) != str(new.root):
            return  # somebody has begun another library there, or works with it
    finally:
        reader.close()
    WriterLock(old).release()  # raises when somebody writes there
    for folder in (old.thumbnails, old.previews, old.cache, old.backups):
        shutil.rmtree(folder, ignore_errors=True)
    for file in (*old.root.glob(f"{old.database.name}*"), old.lock, old.root / ".nomedia"):
        file.unlink(missing_ok=True)
    if not any(old.root.iterdir()):
        old.root.rmdir()


def _copy_files(source: Path, target: Path) -> None:
    """Copy all but what SQLite copies itself and what is made again when it is looked at."""
    paths = LibraryPaths(source)
    left_out = {paths.lock.name, paths.previews.name, paths.cache.name, paths.database.name}
    left_out |= {f"{paths.database.name}{end}" for end in ("-wal", "-shm", "-journal")}

    def ignored(folder: str, names: list[str]) -> set[str]:
        return left_out & set(names) if folder == str(source) else set()

    shutil.copytree(source, target, ignore=ignored)


def _copy_database(database: Connection, source: LibraryPaths, target: LibraryPaths) -> None:
    database.run("VACUUM INTO ?", (str(target.database),))
    target.database.chmod(0o600)
    copy = Database.open_writer(target)
    try:
        is_sound = copy.value("PRAGMA integrity_check") == "ok"
        if not is_sound or any(_count(copy, table) != _count(database, table) for table in ("content", "caption")):
            raise KnownError(ErrorKind.LIBRARY_DAMAGED, "The copy of the library is not sound, so nothing was moved.")
        _set(copy, _MOVED_TO, None)
        _set(copy, _MOVED_FROM, str(source.root))
    finally:
        copy.close()
    with target.database.open("rb+") as file:
        os.fsync(file.fileno())


def _count(database: Connection, table: str) -> int:
    return int(database.value(f"SELECT count(*) FROM {table}"))


def _set(database: Connection, key: str, value: str | None) -> None:
    with database.transaction():
        Settings(database).set(key, value)


def _refuse_if_too_small(paths: LibraryPaths, target: Path) -> None:
    there = next(folder for folder in (target, *target.parents) if folder.is_dir())
    needed = sum(file.stat().st_size for file in paths.root.rglob("*") if file.is_file()) + _SPARE_BYTES
    if shutil.disk_usage(there).free < needed:
        raise KnownError(ErrorKind.DISK_FULL, f"There is not enough room in {there} for the library.")


def _known(error: OSError, target: Path) -> KnownError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return KnownError(ErrorKind.DISK_FULL, f"There is not enough room in {target} for the library.")
    return KnownError(ErrorKind.PLACE_REFUSED, f"The library cannot be written to {target}: {error.strerror or error}.")
