"""The library's file: private, recognised, whole after every kind of trouble."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import pytest

from engine.config import LibraryPaths
from engine.errors import KnownError
from engine.library import migrations
from engine.library.check import check_database
from engine.library.database import Database
from engine.library.lock import WriterLock, is_held
from engine.library.settings import Settings
from engine.protocol import ErrorKind
from tests.library.older import make_older

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.library.conftest import Shelf


ROOT = Path(__file__).parents[2]
HOLD_THE_LOCK = """
import sys
from pathlib import Path
from engine.config import LibraryPaths
from engine.library.lock import WriterLock
lock = WriterLock(LibraryPaths(Path(sys.argv[1])))
print("held", flush=True)
sys.stdin.read()
"""


def kind_of(raised: pytest.ExceptionInfo[KnownError]) -> ErrorKind:
    assert str(raised.value).endswith((".", "FOLDER", "--repair")), "one sentence that says what to do"
    return raised.value.kind


# Creating and recognising


def test_fresh_library_is_private_and_has_its_settings(library: LibraryPaths) -> None:
    database = Database.open_writer(library)
    assert library.root.stat().st_mode & 0o777 == 0o700
    assert library.database.stat().st_mode & 0o777 == 0o600
    pragmas = [database.value(f"PRAGMA {name}") for name in ("page_size", "journal_mode", "foreign_keys")]
    assert pragmas == [16_384, "wal", 1]
    assert database.value("PRAGMA application_id") == migrations.APPLICATION_ID
    loose = database.rows("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict")
    assert [name for (name,) in loose if not name.startswith("sqlite_")] == []
    database.close()
    database.close()


def test_what_was_written_is_there_when_opened_again(library: LibraryPaths) -> None:
    for expected in (None, "balloon-mini"):
        database = Database.open_writer(library)
        assert Settings(database).get("model") == expected
        Settings(database).set("model", "balloon-mini")
        database.close()


def test_library_under_an_odd_path_opens_for_both(tmp_path: Path) -> None:
    paths = LibraryPaths(tmp_path / "照片 50% #1?x=y" / "library")
    Database.open_writer(paths).close()
    Database.open_reader(paths).close()


@pytest.mark.parametrize("content", [b"this is not a database, whatever its name says\n" * 99, b"\0" * 5000])
def test_file_that_is_no_database_is_refused_and_left_alone(library: LibraryPaths, content: bytes) -> None:
    library.root.mkdir()
    library.database.write_bytes(content)
    for opening in (Database.open_writer, Database.open_reader):
        with pytest.raises(KnownError) as raised:
            opening(library)
        assert kind_of(raised) is ErrorKind.LIBRARY_FOREIGN
    assert library.database.read_bytes() == content


def test_database_of_another_program_is_refused_and_left_alone(library: LibraryPaths) -> None:
    library.root.mkdir()
    other = sqlite3.connect(library.database)
    other.execute("CREATE TABLE recipe (name TEXT)")
    other.close()
    before = library.database.read_bytes()
    for opening in (Database.open_writer, Database.open_reader):
        with pytest.raises(KnownError) as raised:
            opening(library)
        assert kind_of(raised) is ErrorKind.LIBRARY_FOREIGN
    assert library.database.read_bytes() == before


def test_library_of_a_newer_balloon_is_refused(library: LibraryPaths) -> None:
    Database.open_writer(library).close()
    connection = apsw.Connection(str(library.database))
    connection.pragma("user_version", migrations.VERSION + 1)
    connection.close()
    for opening in (Database.open_writer, Database.open_reader):
        with pytest.raises(KnownError) as raised:
            opening(library)
        assert kind_of(raised) is ErrorKind.LIBRARY_NEWER


def test_reader_finds_no_library_before_the_first_indexing(library: LibraryPaths) -> None:
    with pytest.raises(KnownError) as raised:
        Database.open_reader(library)
    assert kind_of(raised) is ErrorKind.NOT_FOUND
    assert not library.root.exists()


def test_interrupted_creation_leaves_a_library_that_opens(library: LibraryPaths) -> None:
    library.root.mkdir(mode=0o700)
    library.database.touch(mode=0o644)
    database = Database.open_writer(library)
    assert database.value("PRAGMA page_size") == 16_384
    assert library.database.stat().st_mode & 0o777 == 0o600
    database.close()


def test_creation_killed_half_way_leaves_nothing_and_the_next_one_succeeds(library: LibraryPaths) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from engine.config import LibraryPaths
from engine.library import migrations
from engine.library.database import Database
class Dies(int):
    pass
migrations.APPLICATION_ID = Dies(migrations.APPLICATION_ID)
Dies.__str__ = Dies.__int__ = Dies.__index__ = lambda self: os.kill(os.getpid(), signal.SIGKILL)
Database.open_writer(LibraryPaths(Path(sys.argv[1])))
"""
    done = subprocess.run([sys.executable, "-c", script, str(library.root)], check=False, cwd=ROOT, timeout=60)
    assert done.returncode == -9
    assert library.database.exists()
    database = Database.open_writer(library)
    assert database.value("SELECT count(*) FROM photo") == 0
    assert database.value("PRAGMA page_size") == 16_384
    database.close()


def test_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(KnownError) as raised:
        Database.open_writer(LibraryPaths(tmp_path / "file" / "library"))
    assert kind_of(raised) is ErrorKind.LIBRARY_READ_ONLY


# Migrations


@pytest.fixture
def old(library: LibraryPaths) -> Iterator[apsw.Connection]:
    """A library of this version with a setting in it, to be taken to the next."""
    database = Database.open_writer(library)
    Settings(database).set("model", "kept")
    database.close()
    connection = apsw.Connection(str(library.database))
    yield connection
    connection.close()


def add_column(connection: apsw.Connection) -> None:
    connection.execute("ALTER TABLE setting ADD COLUMN note TEXT")


def add_table(connection: apsw.Connection) -> None:
    connection.execute("CREATE TABLE whole (a)")


def test_migration_copies_the_file_before_it_runs(library: LibraryPaths, old: apsw.Connection) -> None:
    seen: list[str] = []

    def look_at_the_copy(connection: apsw.Connection) -> None:
        (copy,) = library.backups.glob("*.db")
        backup = apsw.Connection(str(copy), flags=apsw.SQLITE_OPEN_READONLY)
        seen.append(backup.execute("SELECT value FROM setting").get)
        backup.close()
        add_column(connection)

    start = migrations.VERSION
    migrations.bring_up_to_date(old, library.backups, {start: look_at_the_copy}, start + 1)
    assert seen == ["kept"]
    assert old.pragma("user_version") == start + 1
    assert library.backups.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in library.backups.glob("*.db")] == [0o600]


def test_failing_step_is_rolled_back_as_a_whole(library: LibraryPaths, old: apsw.Connection) -> None:
    def fails(connection: apsw.Connection) -> None:
        connection.execute("DELETE FROM setting; CREATE TABLE half (a)")
        raise RuntimeError("power cut")

    start = migrations.VERSION
    with pytest.raises(RuntimeError):
        migrations.bring_up_to_date(old, library.backups, {start: add_column, start + 1: fails}, start + 2)
    assert old.pragma("user_version") == start + 1
    assert old.execute("SELECT value, note FROM setting").fetchall() == [("kept", None)]
    assert old.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").get == 0
    migrations.bring_up_to_date(old, library.backups, {start + 1: add_table}, start + 2)
    assert old.pragma("user_version") == start + 2


def test_library_that_is_up_to_date_is_not_copied(library: LibraryPaths, old: apsw.Connection) -> None:
    migrations.bring_up_to_date(old, library.backups)
    assert not library.backups.exists()


def test_reader_asks_for_an_update_of_an_older_library(library: LibraryPaths, old: apsw.Connection) -> None:
    old.pragma("user_version", migrations.VERSION - 1)
    with pytest.raises(KnownError) as raised:
        Database.open_reader(library)
    assert kind_of(raised) is ErrorKind.LIBRARY_BUSY


def test_library_of_the_first_version_keeps_its_rows_and_ends_in_the_form_of_a_new_one(
    library: LibraryPaths, old: apsw.Connection, tmp_path: Path
) -> None:
    make_older(old, 1)
    old.execute("INSERT INTO content (digest, byte_size) VALUES (zeroblob(32), 1)")
    old.execute("INSERT INTO caption (content, text, source, added_at) VALUES (1, 'a dog', 'user', '')")
    Database.open_writer(library).close()
    assert old.execute("SELECT text FROM caption").get == "a dog"
    fresh = LibraryPaths(tmp_path / "fresh")
    Database.open_writer(fresh).close()
    new = apsw.Connection(str(fresh.database))
    columns = (
        "SELECT m.name, c.name, c.type, c.pk FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c ORDER BY 1, 2"
    )
    assert old.execute(columns).fetchall() == new.execute(columns).fetchall()
    new.close()
    assert [path.name for path in library.backups.iterdir()] == ["library-v1.db"]


def test_every_step_up_to_this_version_exists() -> None:
    assert sorted(migrations.MIGRATIONS) == list(range(1, migrations.VERSION))


# Transactions


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, KnownError])
def test_transaction_rolls_back_on_any_exception(shelf: Shelf, error: type[BaseException]) -> None:
    def write_and_fail() -> None:
        Settings(shelf.database).set("a", "1")
        raise KnownError(ErrorKind.USAGE, "No.") if error is KnownError else error

    with pytest.raises(error), shelf.database.transaction():
        write_and_fail()
    assert Settings(shelf.database).get("a") is None
    with shelf.database.transaction():
        Settings(shelf.database).set("a", "2")
    assert Settings(shelf.database).get("a") == "2"


def test_readers_work_while_a_writer_writes_and_see_only_what_is_committed(shelf: Shelf) -> None:
    reader = Database.open_reader(shelf.paths)
    with shelf.database.transaction():
        Settings(shelf.database).set("a", "1")
        assert Settings(reader).get("a") is None
    assert Settings(reader).get("a") == "1"
    reader.close()


def test_reader_may_not_write(shelf: Shelf) -> None:
    reader = Database.open_reader(shelf.paths)
    with pytest.raises(KnownError) as raised:
        Settings(reader).set("a", "1")
    assert kind_of(raised) is ErrorKind.LIBRARY_READ_ONLY
    reader.close()


def test_second_writing_connection_waits_for_the_first(shelf: Shelf) -> None:
    started, second = threading.Event(), []

    def write() -> None:
        database = Database.open_writer(shelf.paths)
        started.set()
        with database.transaction():
            second.append(Settings(database).get("a"))
        database.close()

    with shelf.database.transaction():
        thread = threading.Thread(target=write)
        Settings(shelf.database).set("a", "first")
        thread.start()
        assert started.wait(20)
    thread.join(20)
    assert second == ["first"]


def test_query_is_interrupted_from_another_thread(shelf: Shelf) -> None:
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    rows = shelf.database.stream(endless)
    next(rows)
    thread = threading.Thread(target=shelf.database.interrupt)
    thread.start()
    thread.join()
    with pytest.raises(apsw.InterruptError):
        list(rows)


def test_nothing_but_sqlite_vec_can_be_loaded(shelf: Shelf) -> None:
    assert isinstance(shelf.database, Database)
    shelf.database.load_vectors_extension()
    assert shelf.database.value("SELECT vec_version()").startswith("v")
    with pytest.raises(apsw.Error):
        shelf.database.value("SELECT load_extension('libm')")


# Trouble with the disk


def test_full_disk_is_a_sentence_and_nothing_is_half_written(shelf: Shelf) -> None:
    Settings(shelf.database).set("before", "kept")
    shelf.database.value(f"PRAGMA max_page_count = {shelf.database.value('PRAGMA page_count') + 2}")

    def write_too_much() -> None:
        with shelf.database.transaction():
            for number in range(100):
                Settings(shelf.database).set(f"key {number}", "x" * 5000)

    with pytest.raises(KnownError) as raised:
        write_too_much()
    assert kind_of(raised) is ErrorKind.DISK_FULL
    assert shelf.database.rows("SELECT key FROM setting") == [("before",)]
    shelf.database.value("PRAGMA max_page_count = 1000000")
    Settings(shelf.database).set("after", "room again")
    assert check_database(shelf.database, repair=False)[0].sound


def test_damaged_page_is_a_sentence(library: LibraryPaths) -> None:
    database = Database.open_writer(library)
    with database.transaction():
        for number in range(200):
            Settings(database).set(f"key {number}", "x" * 2000)
    page = database.value("SELECT rootpage FROM sqlite_schema WHERE name = 'setting'")
    database.close()
    with library.database.open("r+b") as file:
        file.seek((page - 1) * 16_384)
        file.write(b"\xaa" * 16_384)
    damaged = Database.open_reader(library)
    with pytest.raises(KnownError) as raised:
        damaged.rows("SELECT * FROM setting")
    assert kind_of(raised) is ErrorKind.LIBRARY_DAMAGED
    assert not check_database(damaged, repair=False)[0].sound
    damaged.close()


@contextmanager
def nobody(folder: Path) -> Iterator[None]:
    """Without root's powers, so that permissions count; ``folder`` stays reachable."""
    if os.getuid() != 0:
        yield
        return
    parents = [parent for parent in folder.parents if not parent.stat().st_mode & 0o001]
    modes = {parent: parent.stat().st_mode for parent in parents}
    for parent in parents:
        parent.chmod(0o711)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        for parent, mode in modes.items():
            parent.chmod(mode)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="needs Unix permissions")
def test_library_in_a_read_only_folder_opens_for_reading(library: LibraryPaths) -> None:
    database = Database.open_writer(library)
    Settings(database).set("model", "kept")
    database.close()
    WriterLock(library).release()  # imports what may lie where nobody can read it
    library.root.chmod(0o555)
    library.database.chmod(0o444)
    with nobody(library.root):
        reader = Database.open_reader(library)
        assert Settings(reader).get("model") == "kept"
        reader.close()
        with pytest.raises(KnownError) as raised:
            Database.open_writer(library)
        assert kind_of(raised) is ErrorKind.LIBRARY_READ_ONLY
        with pytest.raises(KnownError) as raised:
            WriterLock(library)
        assert kind_of(raised) is ErrorKind.LIBRARY_READ_ONLY
    library.root.chmod(0o700)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="needs Unix permissions")
def test_library_that_may_not_be_read_is_a_sentence(library: LibraryPaths) -> None:
    Database.open_writer(library).close()
    library.root.chmod(0o755)
    library.database.chmod(0o000)
    with nobody(library.root):
        with pytest.raises(KnownError) as raised:
            Database.open_reader(library)
        assert kind_of(raised) is ErrorKind.LIBRARY_READ_ONLY


# The writer lock


@contextmanager
def another_writer(paths: LibraryPaths) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_LOCK, str(paths.root)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def test_second_writer_is_refused_and_readers_are_not(library: LibraryPaths) -> None:
    Database.open_writer(library).close()
    with another_writer(library):
        assert is_held(library)
        with pytest.raises(KnownError) as raised:
            WriterLock(library)
        assert kind_of(raised) is ErrorKind.LIBRARY_BUSY
        assert "already indexing" in str(raised.value)
        Database.open_reader(library).close()
    assert not is_held(library)
    WriterLock(library).release()


def test_lock_of_a_killed_writer_is_taken_over(library: LibraryPaths) -> None:
    with another_writer(library) as process:
        process.kill()
        process.wait(20)
        assert library.lock.exists()
        lock = WriterLock(library)
        assert is_held(library)
        lock.release()


def test_asking_whether_a_writer_is_active_makes_nothing(library: LibraryPaths) -> None:
    assert not is_held(library)
    assert not library.root.exists()


def test_remembered_count_is_made_anew_when_either_connection_writes(library: LibraryPaths) -> None:
    writer, reader = Database.open_writer(library), Database.open_reader(library)
    asked = []

    def count() -> int:
        asked.append(1)
        return int(reader.value("SELECT count(*) FROM setting"))

    try:
        assert [reader.remembered("x", count) for _ in range(3)] == [0, 0, 0]
        writer.run("INSERT INTO setting (key, value) VALUES ('a', 'b')")
        assert [reader.remembered("x", count) for _ in range(3)] == [1, 1, 1]
        assert len(asked) == 2
    finally:
        writer.close()
        reader.close()
