"""A real small disk that fills up, a library and photos that may not be written: one calm notice, and nothing lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.config import LibraryPaths
from engine.errors import KnownError
from engine.library.captions import Caption, Captions
from engine.library.check import check_database
from engine.library.database import Database
from engine.protocol import ErrorKind
from tests.calamities.disks import disk, make_read_only
from tests.engine_process import EngineProcess
from tests.indexing.conftest import Bench
from tests.photo_factory import scene, write_photo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PHOTOS = 40


def fill_up(place: Path, *, leave: int) -> Path:
    """A file that takes all room but ``leave`` bytes."""
    filler = place / "filler"
    size = 0
    try:
        with filler.open("wb", buffering=0) as stream:
            while True:
                size += stream.write(b"\x00" * 65_536)
    except OSError:
        pass
    with filler.open("r+b") as stream:
        stream.truncate(max(0, size - leave))
    return filler


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for seed in range(1, PHOTOS + 1):
        write_photo(tmp_path / "photos" / f"{seed}.jpg", scene((320, 240), seed=seed))
    return tmp_path / "photos"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with disk(tmp_path / "disk", size="64m") as place:
        yield place


def test_full_disk_stops_indexing_with_a_sentence_and_loses_nothing(photos: Path, small_disk: Path) -> None:
    paths = LibraryPaths(small_disk / "library")
    database = Database.open_writer(paths)
    bench = Bench(photos, paths, database)
    bench.index(write_photo(photos.parent / "first" / "a.jpg", scene((64, 48), seed=99)).parent)
    with database.transaction():
        Captions(database).add(bench.searchable()["a.jpg"], [Caption("kept", "en", "user")])
    filler = fill_up(small_disk, leave=200_000)
    with pytest.raises(KnownError) as raised:
        bench.index()
    assert raised.value.kind is ErrorKind.DISK_FULL
    filler.unlink()
    assert all(finding.sound for finding in check_database(database, repair=False))
    assert [caption.text for caption in Captions(database).all()] == ["kept"]
    bench.index()
    assert len(bench.searchable()) == PHOTOS + 1
    database.close()


@pytest.mark.usefixtures("mini")
def test_engine_says_once_that_the_disk_is_full_and_goes_on_by_itself_when_there_is_room(
    photos: Path, small_disk: Path, tmp_path: Path
) -> None:
    with EngineProcess(small_disk / "library", log=tmp_path / "engine.log") as engine:
        engine.hello()
        filler = fill_up(small_disk, leave=300_000)
        engine.ask("folders.add", {"path": str(photos)})
        told = engine.notified("index.progress", lambda progress: progress["phase"] == "stopped")
        assert told["current"] == "disk_full"
        assert engine.result("search", {"text": "discs"})["hits"] is not None, "searching goes on"
        filler.unlink()
        if not engine.result("folders.list")["folders"]:  # there was no room for the folder's row
            engine.result("folders.add", {"path": str(photos)})
        engine.notified("index.finished", lambda _: engine.result("folders.list")["folders"][0]["indexed"] == PHOTOS)
        stops = [each for each in engine.told("index.progress") if each["phase"] == "stopped"]
        assert len(stops) == 1


def test_photos_on_a_disk_that_may_not_be_written_are_indexed(bench: Bench) -> None:
    with disk(bench.root) as place:
        bench.photo("a.jpg", 1)
        (place / "a.txt").write_text("a caption beside it", encoding="utf-8")
        make_read_only(place)
        report = bench.index()
        assert (report.embedded, report.issues) == (1, 0)
        assert [caption.text for caption in Captions(bench.database).all()] == ["a caption beside it"]


def test_library_on_a_disk_that_may_not_be_written_is_read(photos: Path, small_disk: Path) -> None:
    paths = LibraryPaths(small_disk / "library")
    database = Database.open_writer(paths)
    Bench(photos, paths, database).index()
    database.close()
    make_read_only(small_disk)
    with pytest.raises(KnownError) as raised:
        Database.open_writer(paths)
    assert raised.value.kind is ErrorKind.LIBRARY_READ_ONLY
    reader = Database.open_reader(paths)
    assert reader.value("SELECT count(*) FROM embedding") == PHOTOS
    reader.close()
