"""A damaged library: its file is set aside, and what can be read of it lives on in a new one."""

from __future__ import annotations

import random
from contextlib import closing
from typing import TYPE_CHECKING

import apsw
import pytest

from engine.errors import KnownError
from engine.library import opening
from engine.library.check import check_database
from engine.library.database import Database
from engine.library.edits import Edits
from engine.library.migrations import PAGE_BYTES
from engine.library.recovery import last_recovery, make_whole, suspect
from engine.library.references import mend_references
from engine.library.settings import Settings
from tests.library.conftest import Shelf, digest_of, vector_of

if TYPE_CHECKING:
    from engine.config import LibraryPaths

PHOTOS = 1200


@pytest.fixture
def filled(library: LibraryPaths) -> LibraryPaths:
    """A closed library of many photos, each with a vector and an own caption."""
    database = Database.open_writer(library)
    shelf = Shelf(library, database)
    folder = shelf.folder()
    with database.transaction():
        for number in range(1, PHOTOS + 1):
            database.run("INSERT INTO content (digest, byte_size) VALUES (?, 9)", (digest_of(f"{number}"),))
            database.run(
                """
                INSERT INTO photo (folder, path, name, directory, byte_size, mtime_ns, inode, content)
                VALUES (?, ?, ?, 'Pictures', 9, 1, ?, ?)
                """,
                (folder, f"{number}.jpg".encode(), f"{number}.jpg", number, number),
            )
            text = f"caption {number} " + "and so on " * 20
            database.run(
                "INSERT INTO caption (content, text, source, added_at) VALUES (?, ?, 'user', '')", (number, text)
            )
        Settings(database).set("model", "kept")
        shelf.embeddings.add(range(1, PHOTOS + 1), vector_of(1)[None].repeat(PHOTOS, 0))
    database.close()
    return library


def pages_of(library: LibraryPaths, table: str, kind: str = "leaf") -> list[int]:
    with closing(apsw.Connection(str(library.database))) as connection:
        sql = "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = ? ORDER BY pageno"
        return [page for (page,) in connection.execute(sql, (table, kind))]


def spoil(library: LibraryPaths, *pages: int) -> None:
    with library.database.open("r+b") as stream:
        for page in pages:
            stream.seek((page - 1) * PAGE_BYTES)
            stream.write(random.Random(page).randbytes(PAGE_BYTES))


def texts(database: Database) -> set[str]:
    return {text.split(" and")[0] for (text,) in database.rows("SELECT text FROM caption")}


def recovered(library: LibraryPaths) -> Database:
    """The library as it opens after a look at every page."""
    suspect(library)
    told = make_whole(library)
    assert told is not None
    database = Database.open_writer(library)
    assert last_recovery(Settings(database)) == told
    assert all(finding.sound for finding in check_database(database, repair=False))
    return database


def test_sound_library_is_left_alone_and_no_longer_suspected(filled: LibraryPaths) -> None:
    before = filled.database.read_bytes()
    suspect(filled)
    assert make_whole(filled) is None
    assert not filled.suspicion.exists()
    assert filled.database.read_bytes() == before


def test_library_that_nobody_suspects_is_not_read_through(filled: LibraryPaths) -> None:
    spoil(filled, *pages_of(filled, "caption")[:1])
    assert make_whole(filled) is None


@pytest.mark.parametrize("table", ["caption", "embedding", "photo", "content", "text_index_data"])
def test_one_unreadable_page_costs_what_lay_on_it_and_no_caption(
    filled: LibraryPaths, table: str, caplog: pytest.LogCaptureFixture
) -> None:
    pages = pages_of(filled, table)
    spoil(filled, pages[len(pages) // 2])
    damaged = filled.database.read_bytes()
    suspect(filled)
    told = make_whole(filled)
    database = Database.open_writer(filled)
    assert all(finding.sound for finding in check_database(database, repair=False))
    assert len(texts(database)) == PHOTOS, "the words stand in an index too"
    assert Settings(database).get("model") == "kept"
    assert told is not None
    assert (told.captions, told.photos) == (PHOTOS, database.value("SELECT count(*) FROM photo"))
    (aside,) = filled.damaged.glob("*/library.db")
    assert aside.read_bytes() == damaged
    assert told.photos > PHOTOS - 400
    database.close()
    caplog.clear()


def test_text_index_that_is_wrong_by_itself_is_made_anew_in_its_place(filled: LibraryPaths) -> None:
    with closing(apsw.Connection(str(filled.database))) as connection:
        connection.execute("UPDATE text_index_data SET block = zeroblob(length(block)) WHERE id > 10")
    suspect(filled)
    assert make_whole(filled) is None
    database = Database.open_writer(filled)
    assert all(finding.sound for finding in check_database(database, repair=False))
    assert database.value("SELECT count(*) FROM text_index WHERE text_index MATCH 'caption'") == PHOTOS
    database.close()


def test_captions_come_back_though_their_table_cannot_be_entered(
    filled: LibraryPaths, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(filled, *pages_of(filled, "caption", "internal"))
    database = recovered(filled)
    assert len(texts(database)) == PHOTOS
    database.close()
    caplog.clear()


def test_many_unreadable_pages_are_stepped_over(filled: LibraryPaths, caplog: pytest.LogCaptureFixture) -> None:
    spoil(filled, *pages_of(filled, "photo")[1::2], *pages_of(filled, "embedding")[::3])
    database = recovered(filled)
    assert len(texts(database)) == PHOTOS
    assert 0 < database.value("SELECT count(*) FROM embedding") < PHOTOS
    database.close()
    caplog.clear()


@pytest.mark.parametrize("length", [0, 100, PAGE_BYTES, 5 * PAGE_BYTES + 7])
def test_file_cut_short_or_overwritten_from_the_start_never_stops_the_next_library(
    filled: LibraryPaths, length: int, caplog: pytest.LogCaptureFixture
) -> None:
    filled.thumbnails.mkdir()
    with filled.database.open("r+b") as stream:
        if length == 0:
            stream.write(b"\x00" * PAGE_BYTES)
        else:
            stream.truncate(length)
    database = recovered(filled)
    assert database.value("PRAGMA integrity_check") == "ok"
    database.close()
    assert "library.db" in {path.name for path in filled.damaged.glob("*/*")}
    caplog.clear()


def test_malformed_page_met_by_chance_is_mended_at_the_next_start(
    filled: LibraryPaths, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(filled, pages_of(filled, "caption")[3])
    database = Database.open_writer(filled)
    with pytest.raises(KnownError):
        database.rows("SELECT * FROM caption")
    database.close()
    assert filled.suspicion.exists()
    assert opening.make_whole(filled) is not None
    caplog.clear()


def test_file_of_another_program_is_not_taken_for_a_damaged_library(library: LibraryPaths) -> None:
    library.root.mkdir()
    library.database.write_text("somebody's notes", encoding="utf-8")
    assert make_whole(library) is None
    assert library.database.read_text(encoding="utf-8") == "somebody's notes"


def test_own_captions_of_a_lost_content_reach_the_photo_when_it_is_read_again(shelf: Shelf) -> None:
    photo, content = shelf.photo("a.jpg", "before")
    shelf.caption(content, "grandmother's garden")
    with shelf.database.transaction():
        shelf.embeddings.add([content], vector_of(1)[None])
    shelf.database.run("PRAGMA foreign_keys = OFF")
    shelf.database.run("DELETE FROM content")
    shelf.database.run("PRAGMA foreign_keys = ON")
    mend_references(shelf.database)
    assert shelf.database.rows("PRAGMA foreign_key_check") == []
    assert [pending.id for pending in shelf.photos.unread(limit=9)] == [photo]
    with shelf.database.transaction():
        again = shelf.photos.assign(photo, digest_of("before"), 100)
        Edits(shelf.database).settle()
    assert [caption.text for caption in shelf.captions.of(again)] == ["grandmother's garden"]
