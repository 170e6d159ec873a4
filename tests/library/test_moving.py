"""Moving the library to another place: nothing is lost, whatever stops it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.api import Engine
from engine.config import LibraryPaths, library_paths, place_file, remember_place
from engine.errors import KnownError
from engine.library import moving
from engine.library.database import Database
from engine.library.moving import FOLDER_NAME, copy_library, place_for
from engine.library.settings import Settings
from engine.protocol import ErrorKind
from tests.engine_process import EngineProcess
from tests.photo_factory import scene, write_photo

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person of whom nobody knows anything yet."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "HOME", "LOCALAPPDATA", "APPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def paths(tmp_path: Path) -> LibraryPaths:
    return LibraryPaths(tmp_path / "old")


@pytest.fixture
def database(paths: LibraryPaths) -> Iterator[Database]:
    opened = Database.open_writer(paths)
    write_saved(opened, "a dog")
    for folder in (paths.thumbnails / "ab", paths.previews, paths.cache, paths.backups):
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(b"x" * 100)
    yield opened
    opened.close()


def write_saved(database: Database, text: str) -> None:
    with database.transaction():
        Settings(database).set("written", text)


def written(paths: LibraryPaths) -> str | None:
    reader = Database.open_reader(paths)
    try:
        return Settings(reader).get("written")
    finally:
        reader.close()


def test_what_cannot_be_made_again_and_thumbnails_go_along(
    database: Database, paths: LibraryPaths, tmp_path: Path
) -> None:
    target = tmp_path / "new"
    copy_library(database, paths, target)
    assert written(LibraryPaths(target)) == "a dog"
    assert sorted(path.name for path in target.iterdir() if path.is_dir()) == ["backups", "thumbnails"]
    assert (target / ".nomedia").exists(), "thumbnails are nobody's photos"
    assert written(paths) == "a dog", "the old one stays until the new one has been opened"


def test_next_opening_takes_the_old_place_away(database: Database, paths: LibraryPaths, tmp_path: Path) -> None:
    copy_library(database, paths, tmp_path / "new")
    database.close()
    new = LibraryPaths(tmp_path / "new")
    Database.open_writer(new).close()
    assert paths.database.exists()
    opened = Database.open_writer(new)
    moving.remove_left_behind(opened, new)
    opened.close()
    assert not paths.root.exists()
    assert written(new) == "a dog"


def test_file_that_is_not_ours_stays_at_the_old_place(database: Database, paths: LibraryPaths, tmp_path: Path) -> None:
    copy_library(database, paths, tmp_path / "new")
    database.close()
    (paths.root / "letter.txt").write_text("dear reader")
    opened = Database.open_writer(LibraryPaths(tmp_path / "new"))
    moving.remove_left_behind(opened, LibraryPaths(tmp_path / "new"))
    opened.close()
    assert [path.name for path in paths.root.iterdir()] == ["letter.txt"]


def test_old_library_that_is_used_again_is_never_taken_away(
    database: Database, paths: LibraryPaths, tmp_path: Path
) -> None:
    copy_library(database, paths, tmp_path / "new")
    moving.remove_left_behind(database, paths)  # what opening it does
    database.close()
    opened = Database.open_writer(LibraryPaths(tmp_path / "new"))
    moving.remove_left_behind(opened, LibraryPaths(tmp_path / "new"))
    opened.close()
    assert written(paths) == "a dog"


def test_move_that_fails_leaves_the_library_and_nothing_else(
    database: Database, paths: LibraryPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = iter(range(100))
    monkeypatch.setattr(moving, "_count", lambda _database, _table: next(counts))
    with pytest.raises(KnownError) as raised:
        copy_library(database, paths, tmp_path / "new")
    assert raised.value.kind is ErrorKind.LIBRARY_DAMAGED
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["old"]
    moving.remove_left_behind(database, paths)
    assert written(paths) == "a dog"


def test_disk_without_room_is_told_before_anything_is_copied(
    database: Database, paths: LibraryPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(KnownError) as raised:
        copy_library(database, paths, tmp_path / "new")
    assert raised.value.kind is ErrorKind.DISK_FULL
    assert not (tmp_path / "new").exists()


def test_folder_with_other_things_gets_one_of_our_own(paths: LibraryPaths, tmp_path: Path) -> None:
    full, empty = tmp_path / "full", tmp_path / "empty"
    full.mkdir()
    empty.mkdir()
    (full / "letter.txt").touch()
    assert place_for(full, paths) == full / FOLDER_NAME
    assert place_for(empty, paths) == empty
    assert place_for(tmp_path / "absent", paths) == tmp_path / "absent"
    (full / FOLDER_NAME).mkdir()
    (full / FOLDER_NAME / "x").touch()
    for refused in (full, paths.root / "inside", full / "letter.txt"):
        with pytest.raises(KnownError) as raised:
            place_for(refused, paths)
        assert raised.value.kind is ErrorKind.PLACE_REFUSED


def test_place_that_was_moved_to_counts_unless_one_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = LibraryPaths(tmp_path / "bücher 图")
    Database.open_writer(moved).close()
    remember_place(moved.root)
    assert library_paths() == moved
    assert library_paths(tmp_path / "other").root == tmp_path / "other"
    monkeypatch.setenv("BALLOON_LIBRARY", str(tmp_path / "third"))
    assert library_paths().root == tmp_path / "third"


def test_place_on_a_disk_that_is_not_connected_is_no_new_library(tmp_path: Path) -> None:
    remember_place(tmp_path / "unplugged" / "library")
    with pytest.raises(KnownError) as raised:
        library_paths()
    assert raised.value.kind is ErrorKind.LIBRARY_GONE
    assert str(place_file()) in str(raised.value)


@pytest.mark.usefixtures("mini")
def test_library_given_at_the_start_is_not_moved(tmp_path: Path) -> None:
    with Engine.open_writer(LibraryPaths(tmp_path / "given")) as engine, pytest.raises(KnownError) as raised:
        engine.move_library(tmp_path / "new")
    assert raised.value.kind is ErrorKind.PLACE_GIVEN


@pytest.mark.usefixtures("mini")
def test_running_engine_moves_its_library_and_the_next_one_goes_on_there(tmp_path: Path) -> None:
    write_photo(tmp_path / "photos" / "1.jpg", scene((160, 120), 1))
    log = tmp_path / "engine.log"
    with EngineProcess(None, log=log) as engine:
        engine.hello()
        old = Path(engine.result("status")["library"])
        engine.result("folders.add", {"path": str(tmp_path / "photos")})
        engine.notified("index.finished", lambda report: report["embedded"] == 1)
        (hit,) = engine.result("browse")["hits"]
        engine.result("captions.add", {"photo_id": hit["photo_id"], "text": "奶奶和豆豆"})
        moved = engine.result("library.move", {"path": {"path": str(tmp_path / "disk"), "path_b64": None}})
        engine.wait_for_end()
    assert moved["path"] == str(tmp_path / "disk")
    with EngineProcess(None, log=log) as engine:
        engine.hello()
        status = engine.result("status")
        assert (status["library"], status["indexed"]) == (str(tmp_path / "disk"), 1)
        details = engine.result("photo", {"photo_id": hit["photo_id"]})
        assert [caption["text"] for caption in details["captions"]] == ["奶奶和豆豆"]
        assert details["thumbnail"].startswith(str(tmp_path / "disk"))
        assert not old.exists()
