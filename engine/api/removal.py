"""All that Balloon keeps for one person, and its removal. Photos are never among it, nor a file of another name.

Uninstalling a package leaves these: only the person whose they are may say that they go.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import platformdirs

from engine.config import own_models_dir, place_file
from engine.errors import KnownError
from engine.library.captions import Captions
from engine.library.database import NO_MEDIA, Database
from engine.library.lock import WriterLock
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from engine.config import LibraryPaths

PEOPLES_OWN = ("user", "imported")


@dataclass(frozen=True, slots=True)
class Remains:
    """Something that Balloon made: what it is, its files and folders, and their size."""

    what: str
    paths: tuple[Path, ...]
    byte_size: int


def find_remains(paths: LibraryPaths, *, everything: bool) -> list[Remains]:
    """What is there of this library and, with ``everything``, of own models, settings, logs and caches.

    Of a shared library only what this computer derived from it: its database belongs to several people.
    """
    kinds: list[tuple[str, Iterable[Path]]] = [
        ("library", _library_files(paths)),
        ("thumbnails and caches", (paths.thumbnails, paths.previews, paths.cache)),
        ("backups", (paths.backups,)),
    ]
    if everything:
        kinds += [
            ("own models", (card.parent for card in own_models_dir().glob("*/model.json"))),
            ("settings", _named(platformdirs.user_config_path("balloon", appauthor=False), "desktop.ini*")),
            ("the library's place", (place_file(),)),
            ("state", _state(platformdirs.user_state_path("balloon", appauthor=False))),
            ("logs", _named(platformdirs.user_log_path("balloon", appauthor=False), "*.log*")),
            ("pasted pictures", (platformdirs.user_cache_path("balloon", appauthor=False) / "pasted",)),
            ("previews of shared libraries", platformdirs.user_cache_path("balloon", appauthor=False).glob("shared-*")),
        ]
    there = [(what, tuple(path for path in found if os.path.lexists(path))) for what, found in kinds]
    return [Remains(what, found, sum(map(_byte_size, found))) for what, found in there if found]


def own_caption_count(paths: LibraryPaths) -> int:
    """How many captions a person wrote or imported; 0 where the library cannot say, or is another computer's."""
    if paths.address is not None:
        return 0
    try:
        database = Database.open_reader(paths)
    except KnownError:
        return 0
    try:
        return len(Captions(database).all(PEOPLES_OWN))
    finally:
        database.close()


def remove(paths: LibraryPaths, remains: Iterable[Remains]) -> list[Path]:
    """Remove it, then the folders that are empty now; gives the files of others that stay in those folders.

    Raises ``KnownError`` (LIBRARY_BUSY) while a window or an ``index`` uses the library: nothing is removed then.
    """
    if paths.root.is_dir():
        _lock(paths).release()
    folders = {path.parent for kind in remains for path in kind.paths}
    for path in (path for kind in remains for path in kind.paths):
        _delete(path)
    paths.lock.unlink(missing_ok=True)
    return [path for folder in sorted(folders, reverse=True) for path in _prune(folder)]  # the inner ones first


def _lock(paths: LibraryPaths) -> WriterLock:
    try:
        return WriterLock(paths)
    except KnownError as error:
        if error.kind is not ErrorKind.LIBRARY_BUSY:
            raise
        raise KnownError(error.kind, "Balloon is using this library. Close its window first.") from error


def _library_files(paths: LibraryPaths) -> Iterator[Path]:
    yield from _named(paths.root, f"{paths.database.name}*")
    yield paths.root / NO_MEDIA


def _named(folder: Path, pattern: str) -> Iterator[Path]:
    return (path for path in sorted(folder.glob(pattern)) if not path.is_dir())


def _state(folder: Path) -> list[Path]:
    """The folder of each library's window: its lock, while it is open, and the note for the first one."""
    return sorted({file.parent for name in ("call", "desktop.lock") for file in folder.glob(f"*/{name}")})


def _byte_size(path: Path) -> int:
    if path.is_dir() and not path.is_symlink():
        return sum(file.lstat().st_size for file in path.rglob("*") if not file.is_dir())
    return path.lstat().st_size


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _prune(folder: Path) -> list[Path]:
    """Remove the folder and the ones above it that are empty and Balloon's; gives what is still in it."""
    try:
        left = sorted(folder.iterdir())
    except OSError:
        return []
    if left or folder.is_symlink():
        return left
    folder.rmdir()
    above = folder.parent
    return _prune(above) if above.name == "balloon" and not any(above.iterdir()) else []
