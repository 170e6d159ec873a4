"""What goes wrong with a shared library: one clear sentence each, nothing lost, tried again where that is safe."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from engine.api import Engine
from engine.config import LibraryPaths
from engine.errors import KnownError
from engine.library import opening
from engine.library.folders import Folders
from engine.library.migrations import VERSION
from engine.protocol import ErrorKind
from tests.calamities.disks import disk
from tests.cluster.server import OWNER, TEMPLATE
from tests.photo_factory import scene, write_photo

if TYPE_CHECKING:
    from engine.library.connection import Connection
    from tests.cluster.server import Server


def paths_of(address: str, tmp_path: Path) -> LibraryPaths:
    return LibraryPaths(tmp_path / "cache", address)


def fill(writer: Connection) -> None:
    """Write settings until nothing fits any more."""
    noise = "SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 40000)"
    with writer.transaction():
        for number in range(400):
            writer.run(f"INSERT INTO setting (key, value) VALUES (?, ({noise}))", (f"{number}",))


def test_server_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    for open_it in (opening.open_reader, opening.open_writer, opening.take_lock):
        with pytest.raises(KnownError, match="cannot be reached") as caught:
            open_it(paths_of("postgresql://anna@127.0.0.1:9/photos", tmp_path))
        assert caught.value.kind is ErrorKind.LIBRARY_UNREACHABLE
        assert str(caught.value).count("\n") == 0


def test_reader_survives_a_restart_of_the_server(own_server: Server, tmp_path: Path) -> None:
    paths = paths_of(own_server.make("photos"), tmp_path)
    opening.open_writer(paths).close()
    reader = opening.open_reader(paths)
    assert Folders(reader).all() == []
    own_server.stop("immediate")
    with pytest.raises(KnownError) as caught:
        Folders(reader).all()
    assert caught.value.kind is ErrorKind.LIBRARY_UNREACHABLE
    own_server.start()
    assert Folders(reader).all() == [], "the next question connects anew"
    reader.close()


def test_transaction_cut_off_by_a_killed_server_leaves_nothing_behind(own_server: Server, tmp_path: Path) -> None:
    paths = paths_of(own_server.make("photos"), tmp_path)
    writer = opening.open_writer(paths)
    with writer.transaction():
        Folders(writer).add(tmp_path / "kept")

    def cut_off() -> None:
        with writer.transaction():
            Folders(writer).add(tmp_path / "lost")
            own_server.stop("immediate")
            Folders(writer).add(tmp_path / "lost too")

    with pytest.raises(KnownError) as caught:
        cut_off()
    assert caught.value.kind is ErrorKind.LIBRARY_UNREACHABLE
    own_server.start()
    with writer.transaction():
        Folders(writer).add(tmp_path / "again")
    assert [folder.path.name for folder in Folders(writer).all()] == ["kept", "again"]
    writer.close()


def test_full_disk_of_the_server_is_one_sentence_and_loses_nothing(tmp_path: Path, server: Server) -> None:
    # Not in the tests' own folder: the server's user may not enter that.
    with tempfile.TemporaryDirectory(prefix="balloon-small-") as name, disk(Path(name) / "disk", size="40m") as small:
        for place in (Path(name), small):
            place.chmod(0o755)
        room = small / "room"
        room.write_bytes(bytes(2 << 20))
        (small / "tables").mkdir()
        shutil.chown(small / "tables", server.user or os.geteuid())
        server.admin(f"CREATE TABLESPACE small LOCATION '{small / 'tables'}'")
        server.admin(f"CREATE DATABASE tight OWNER {OWNER} TEMPLATE {TEMPLATE} TABLESPACE small")
        try:
            fills_up(paths_of(server.address("tight"), tmp_path), tmp_path, room)
        finally:
            server.drop("tight")
            server.admin("DROP TABLESPACE small")


def fills_up(paths: LibraryPaths, tmp_path: Path, room: Path) -> None:
    write_photo(tmp_path / "photos" / "a.jpg", scene((64, 48), seed=1))
    with Engine.open_writer(paths) as engine:
        engine.index([engine.add_folder(tmp_path / "photos")])
    writer = opening.open_writer(paths)
    with pytest.raises(KnownError) as caught:
        fill(writer)
    assert caught.value.kind is ErrorKind.DISK_FULL, str(caught.value)
    assert "server's disk" in str(caught.value)
    assert writer.value("SELECT count(*) FROM setting WHERE key = '0'") == 0, "all or nothing"
    writer.close()
    room.unlink()  # without a byte left PostgreSQL may refuse new connections: "could not write init file"
    with Engine.open_reader(paths) as engine:
        assert len(engine.search("name:a", 5).hits) == 1


@pytest.mark.parametrize(
    ("version", "says", "kind"),
    [
        (VERSION - 1, "balloon caption export there", ErrorKind.LIBRARY_OLDER),
        (VERSION + 1, "Update Balloon", ErrorKind.LIBRARY_NEWER),
    ],
)
def test_library_of_another_version_is_refused(
    address: str, tmp_path: Path, version: int, says: str, kind: ErrorKind
) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"UPDATE balloon.library_version SET version = {version}".encode())
    for open_it in (opening.open_reader, opening.open_writer):
        with pytest.raises(KnownError, match=says) as caught:
            open_it(paths_of(address, tmp_path))
        assert caught.value.kind is kind


def test_database_without_a_library_and_without_pgvector_says_what_is_missing(server: Server, tmp_path: Path) -> None:
    server.admin(f"CREATE DATABASE bare OWNER {OWNER} TEMPLATE template0")
    try:
        paths = paths_of(server.address("bare"), tmp_path)
        with pytest.raises(KnownError, match="balloon index FOLDER"):
            opening.open_reader(paths)
        with pytest.raises(KnownError, match="CREATE EXTENSION vector") as caught:
            opening.open_writer(paths)
        assert caught.value.kind is ErrorKind.EXTRA_MISSING
    finally:
        server.drop("bare")


def test_running_query_can_be_stopped_from_another_thread(address: str, tmp_path: Path) -> None:
    reader = opening.open_reader(paths_of(address, tmp_path))
    timer = threading.Timer(0.3, reader.interrupt)
    timer.start()
    with pytest.raises(psycopg.errors.QueryCanceled):
        reader.rows("SELECT pg_sleep(30)")
    timer.join()
    assert reader.value("SELECT 1") == 1
    reader.close()
