"""Where things lie: the library, the user's model packages, and the resources that come with the program."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from engine.errors import KnownError
from engine.protocol import ErrorKind

LIBRARY_VARIABLE = "BALLOON_LIBRARY"
MODELS_VARIABLE = "BALLOON_MODELS"
ACCELERATOR_VARIABLE = "BALLOON_ACCELERATOR"
SHARED_SCHEMES = ("postgresql://", "postgres://")
DEFAULT_MODEL = "balloon-mini"


@dataclass(frozen=True, slots=True)
class LibraryPaths:
    """The files of one library: a folder that belongs to Balloon alone.

    ``address`` is where a shared library lies; the folder then holds derived data alone.
    """

    root: Path
    address: str | None = None

    @property
    def shown(self) -> str:
        """What people know the library by."""
        return self.address or str(self.root)

    @property
    def is_made(self) -> bool:
        """Whether there is a library; a shared one says so itself when it is opened."""
        return self.address is not None or self.database.exists()

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "library.db"

    @property
    def lock(self) -> Path:
        """Held for life by the one writer."""
        return self.root / "writer.lock"

    @property
    def thumbnails(self) -> Path:
        """Thumbnails named by digest: derived data, may be deleted at any time."""
        return self.root / "thumbnails"

    @property
    def previews(self) -> Path:
        """Large pictures for the viewer, named by digest: derived data."""
        return self.root / "previews"

    @property
    def cache(self) -> Path:
        """Other derived data: may be deleted at any time."""
        return self.root / "cache"

    @property
    def suspicion(self) -> Path:
        """There while the database is to be looked at when it is next opened for writing."""
        return self.root / "library.suspect"

    @property
    def damaged(self) -> Path:
        """Damaged databases that were set aside."""
        return self.root / "damaged"

    @property
    def backups(self) -> Path:
        """Copies of the database made before a migration."""
        return self.root / "backups"


def library_paths(given: str | Path | None = None) -> LibraryPaths:
    """Choose the library: the one given, else BALLOON_LIBRARY, else where the user moved it, else the data folder.

    A shared one is given by its address, ``postgresql://...``. Raises ``KnownError`` (LIBRARY_GONE) when it was moved
    to a place that is not there now.
    """
    place = given if given is not None else os.environ.get(LIBRARY_VARIABLE) or None
    if place is None:
        return _moved_library() or LibraryPaths(platformdirs.user_data_path("balloon", appauthor=False) / "library")
    if isinstance(place, str) and place.startswith(SHARED_SCHEMES):
        name = hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        return LibraryPaths(platformdirs.user_cache_path("balloon", appauthor=False) / f"shared-{name}", place)
    return LibraryPaths(Path(place).expanduser().absolute())


def place_file() -> Path:
    """The file that says where the user moved the library: a path, as the file system encodes it."""
    return platformdirs.user_config_path("balloon", appauthor=False) / "library-place"


def remember_place(root: Path) -> None:
    """From the next start on the library is in ``root``."""
    file = place_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_bytes(os.fsencode(root))
    part.replace(file)


def _moved_library() -> LibraryPaths | None:
    file = place_file()
    place = os.fsdecode(file.read_bytes()).strip() if file.is_file() else ""
    if not place:
        return None
    paths = LibraryPaths(Path(place))
    if not paths.database.is_file():  # else an empty library would begin there, and the old one seem lost
        raise KnownError(
            ErrorKind.LIBRARY_GONE,
            f"The library was moved to {place}, which cannot be reached. Connect its disk, or delete {file} "
            "to begin a new library.",
        )
    return paths


def resources_dir() -> Path:
    """The resources that come with the program, in a wheel beside the engine, in a checkout at the top level."""
    here = Path(__file__).resolve().parent
    installed = here / "resources"
    return installed if installed.is_dir() else here.parent / "resources"


def own_models_dir() -> Path:
    """The user's own model packages: imported, or learnt from captions."""
    given = os.environ.get(MODELS_VARIABLE)
    return (
        Path(given).expanduser().absolute()
        if given
        else platformdirs.user_data_path("balloon", appauthor=False) / "models"
    )


def model_dirs() -> tuple[Path, ...]:
    """Folders that hold model packages, the user's own first."""
    return (own_models_dir(), resources_dir() / "models")
