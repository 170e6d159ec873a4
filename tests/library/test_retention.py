"""What is gone is kept for a month, what people wrote for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from engine.library.database import TIME_FORMAT
from engine.library.edits import Edits
from engine.library.folders import Folders, RootStamp
from engine.library.photos import FileStamp
from engine.library.retention import KEPT_DAYS, Retention
from engine.library.settings import Settings
from engine.protocol import FolderState
from tests.library.conftest import digest_of, vector_of

if TYPE_CHECKING:
    from tests.library.conftest import Shelf

HERE, ANOTHER_DISK = RootStamp(7, 2), RootStamp(8, 2)


def days_ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime(TIME_FORMAT)


def photo_gone(shelf: Shelf, days: float, name: str = "a.jpg") -> int:
    """Its content, with a vector; the photo has been missing for ``days``."""
    photo, content = shelf.photo(name, name)
    with shelf.database.transaction():
        Folders(shelf.database).mark_scanned(shelf.folder(), HERE)
        shelf.embeddings.add([content], vector_of(1).reshape(1, -1))
        shelf.photos.mark_missing([photo])
        shelf.database.run("UPDATE photo SET missing_since = ? WHERE id = ?", (days_ago(days), photo))
    return content


def known(shelf: Shelf) -> tuple[int, int, int]:
    """Photos, contents and vectors of the library."""
    tables = ("photo", "content", "embedding")
    photos, contents, vectors = (shelf.database.value(f"SELECT count(*) FROM {table}") for table in tables)
    return photos, contents, vectors


def test_photo_missing_for_less_than_a_month_is_kept(shelf: Shelf) -> None:
    photo_gone(shelf, KEPT_DAYS - 1)
    assert Retention(shelf.database).look() == []
    assert known(shelf) == (1, 1, 1)


def test_photo_missing_for_a_month_is_forgotten_with_what_was_made_from_it(shelf: Shelf) -> None:
    photo_gone(shelf, KEPT_DAYS + 1)
    assert Retention(shelf.database).look() == [digest_of("a.jpg")]
    assert known(shelf) == (0, 0, 0)
    assert shelf.database.value("SELECT count(*) FROM text_index") == 0


def test_own_captions_outlive_their_photo_and_meet_it_when_it_comes_back(shelf: Shelf) -> None:
    content = photo_gone(shelf, 1000)
    shelf.caption(content, "grandmother's garden")
    assert Retention(shelf.database).look() == []
    assert known(shelf)[0] == 0
    _, back = shelf.photo("found.jpg", "a.jpg")
    assert [caption.text for caption in shelf.captions.of(back)] == ["grandmother's garden"]


def test_content_of_another_file_stays_when_one_of_its_photos_is_forgotten(shelf: Shelf) -> None:
    photo_gone(shelf, KEPT_DAYS + 1)
    shelf.photo("copy.jpg", "a.jpg", root=shelf.paths.root / "elsewhere")
    with shelf.database.transaction():  # that copy was taken for the missing one: put the missing one back
        shelf.photos.add(shelf.folder(), "Pictures", [(b"a.jpg", FileStamp(1, 1, 99))])
    assert Retention(shelf.database).look() == []
    assert known(shelf)[1:] == (1, 1)


@pytest.mark.parametrize("state", [FolderState.OFFLINE, FolderState.PAUSED])
def test_nothing_is_forgotten_of_a_folder_that_is_not_online(shelf: Shelf, state: FolderState) -> None:
    photo_gone(shelf, 1000)
    Folders(shelf.database).set_state(shelf.folder(), state)
    assert Retention(shelf.database).look() == []
    assert known(shelf) == (1, 1, 1)


def test_photos_of_a_disk_that_is_away_are_kept_while_another_lies_in_its_place(shelf: Shelf) -> None:
    photo_gone(shelf, 1000)
    Folders(shelf.database).mark_scanned(shelf.folder(), ANOTHER_DISK)
    assert Retention(shelf.database).look() == []
    assert known(shelf) == (1, 1, 1)
    Folders(shelf.database).mark_scanned(shelf.folder(), HERE)
    Retention(shelf.database).look()
    assert known(shelf) == (0, 0, 0)


def test_what_an_edited_file_held_before_is_let_go_after_a_month(shelf: Shelf) -> None:
    photo, _ = shelf.photo("a.jpg", "before")
    with shelf.database.transaction():
        Edits(shelf.database).remember(photo)
        shelf.photos.change(photo, FileStamp(2, 2, 2))
    assert Retention(shelf.database).look() == []
    assert shelf.database.value("SELECT unheld_since FROM content") is None, "it waits for its new digest"
    with shelf.database.transaction():
        shelf.photos.assign(photo, digest_of("after"), 2)
        Edits(shelf.database).settle()
    assert Retention(shelf.database).look() == []
    assert known(shelf)[1] == 2
    shelf.database.run("UPDATE content SET unheld_since = ? WHERE unheld_since IS NOT NULL", (days_ago(31),))
    assert Retention(shelf.database).look() == [digest_of("before")]


def test_photo_marked_missing_by_a_clock_that_was_ahead_is_kept_for_a_month_from_now(shelf: Shelf) -> None:
    photo_gone(shelf, -5000)
    assert Retention(shelf.database).look() == []
    assert shelf.database.value("SELECT missing_since FROM photo") <= days_ago(0)
    assert known(shelf) == (1, 1, 1)


def test_look_is_due_once_a_day_and_when_the_clock_went_back(shelf: Shelf) -> None:
    retention = Retention(shelf.database)
    assert retention.is_due()
    retention.look()
    assert not retention.is_due()
    for moment in (days_ago(1.1), days_ago(-400), "not a time"):
        Settings(shelf.database).set("retention.looked_at", moment)
        assert retention.is_due(), moment
