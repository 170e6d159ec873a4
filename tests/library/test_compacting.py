"""What was removed gives its room back to the disk, and nothing else changes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.config import LibraryPaths
from engine.errors import KnownError
from engine.library.compacting import compact
from engine.library.database import Database
from engine.protocol import ErrorKind
from tests.library.conftest import Shelf, vector_of

if TYPE_CHECKING:
    from pathlib import Path

KEPT, REMOVED = 10, 200


@pytest.fixture
def full(tmp_path: Path) -> Shelf:
    """A library most of whose photos have long captions."""
    paths = LibraryPaths(tmp_path / "library")
    shelf = Shelf(paths, Database.open_writer(paths))
    for number in range(KEPT + REMOVED):
        _, content = shelf.photo(f"{number}.jpg", data=f"{number}")
        shelf.embeddings.add([content], vector_of(number)[None])
        shelf.caption(content, f"balloon {number} " + "over the sea " * (3 if number < KEPT else 300))
    return shelf


def remove_most(shelf: Shelf) -> None:
    shelf.database.run("DELETE FROM photo WHERE id > ?", (KEPT,))
    shelf.database.run("DELETE FROM content WHERE id > ?", (KEPT,))


def test_removed_photos_give_their_room_back_and_the_others_stay(full: Shelf) -> None:
    remove_most(full)
    full.database.run("PRAGMA wal_checkpoint(TRUNCATE)")
    before = full.paths.database.stat().st_size
    ids, vectors = full.embeddings.load()
    found = full.database.text_index().find(["balloon"], limit=50)

    given = compact(full.database, full.paths)

    assert given >= 1_000_000
    assert full.paths.database.stat().st_size == before - given
    after = full.embeddings.load()
    assert after[0].tolist() == ids.tolist()
    np.testing.assert_array_equal(after[1], vectors)
    assert full.database.text_index().find(["balloon"], limit=50) == found
    assert len(found) == KEPT
    assert all(finding.sound for finding in full.database.check(repair=False))
    _, content = full.photo("new.jpg", data="new")
    assert content > KEPT, "no id is given twice"
    assert compact(full.database, full.paths) == 0


def test_reader_that_is_open_meanwhile_goes_on(full: Shelf) -> None:
    remove_most(full)
    reader = Database.open_reader(full.paths)
    stream = reader.stream("SELECT text FROM caption")
    first = next(stream)
    compact(full.database, full.paths)
    assert len([first, *stream]) == KEPT
    assert reader.value("SELECT count(*) FROM caption") == KEPT
    reader.close()


def test_full_disk_is_said_before_anything_is_written(full: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    remove_most(full)
    usage = shutil.disk_usage(full.paths.root)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(KnownError, match="MB have to be free") as error:
        compact(full.database, full.paths)
    assert error.value.kind is ErrorKind.DISK_FULL


def test_library_without_empty_pages_is_left_as_it_is(full: Shelf) -> None:
    assert compact(full.database, full.paths) == 0
