"""Several people at one library: who may do what, over TLS, and what is said to those who may not."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from engine.api import Engine
from engine.config import LibraryPaths
from engine.errors import KnownError
from engine.library import opening
from engine.protocol import ErrorKind
from engine.protocol.methods import CaptionAdd
from tests.cluster.server import READER, WRITER
from tests.photo_factory import scene, write_photo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cluster.server import Server


def as_role(address: str, role: str) -> str:
    """The same library as another person reaches it."""
    return address.replace("://curator@", f"://{role}@")


@pytest.fixture
def shared(address: str, tmp_path: Path) -> str:
    """A library with one photo, open to a reader and a writer."""
    write_photo(tmp_path / "photos" / "a.jpg", scene((64, 48), seed=1))
    with engine_of(address, tmp_path) as engine:
        engine.index([engine.add_folder(tmp_path / "photos")])
    opening.give_rights(LibraryPaths(tmp_path / "cache", address), {"reader": [READER], "writer": [WRITER]})
    return address


@contextlib.contextmanager
def engine_of(address: str, place: Path, role: str | None = None, *, write: bool = True) -> Iterator[Engine]:
    paths = LibraryPaths(place / f"cache-{role}", as_role(address, role) if role else address)
    with (Engine.open_writer if write else Engine.open_reader)(paths) as engine:
        yield engine


def test_reader_searches_and_sees_thumbnails_without_the_photos(shared: str, tmp_path: Path) -> None:
    (tmp_path / "photos" / "a.jpg").unlink()
    with engine_of(shared, tmp_path, READER, write=False) as engine:
        (hit,) = engine.search("name:a", 5).hits
        assert hit.thumbnail is not None
        assert hit.thumbnail.startswith(str(tmp_path / "cache-anna"))
        assert engine.status().library == as_role(shared, READER)


def test_reader_may_change_nothing_and_is_told_what_to_do(shared: str, tmp_path: Path) -> None:
    with (
        pytest.raises(KnownError, match="You may search this shared library but not change it") as caught,
        engine_of(shared, tmp_path, READER),
    ):
        pass
    assert caught.value.kind is ErrorKind.LIBRARY_READ_ONLY
    with engine_of(shared, tmp_path, READER, write=False) as engine:
        (hit,) = engine.search("name:a", 5).hits
        for change in (
            lambda: engine.add_caption(CaptionAdd(hit.photo_id, "mine")),
            lambda: engine.remember_search("dogs"),
            lambda: engine.set_setting("model", "other"),
        ):
            with pytest.raises(KnownError) as refused:
                change()
            assert refused.value.kind is ErrorKind.LIBRARY_READ_ONLY
        assert engine.search("name:a", 5).hits, "a refused change leaves the connection as it was"


def test_writer_indexes_captions_and_is_searched_meanwhile(shared: str, tmp_path: Path) -> None:
    write_photo(tmp_path / "photos" / "b.jpg", scene((64, 48), seed=2))
    with engine_of(shared, tmp_path, WRITER) as robot, engine_of(shared, tmp_path, READER, write=False) as anna:
        robot.index()
        (hit,) = anna.search("name:b", 5).hits
        robot.add_caption(CaptionAdd(hit.photo_id, "a blue harbour"))
        assert anna.search("harbour", 5).hits[0].photo_id == hit.photo_id
        assert anna.status().writer_active


def test_one_writer_at_a_time(shared: str, tmp_path: Path) -> None:
    with engine_of(shared, tmp_path, WRITER):
        with pytest.raises(KnownError, match="already indexing") as caught, engine_of(shared, tmp_path):
            pass
        assert caught.value.kind is ErrorKind.LIBRARY_BUSY
    with engine_of(shared, tmp_path):
        pass


def test_rights_can_be_taken_back(shared: str, tmp_path: Path) -> None:
    opening.give_rights(LibraryPaths(tmp_path / "cache", shared), {"none": [READER]})
    with pytest.raises(KnownError), engine_of(shared, tmp_path, READER, write=False):
        pass
    with pytest.raises(KnownError, match="no role nobody"):
        opening.give_rights(LibraryPaths(tmp_path / "cache", shared), {"reader": ["nobody"]})


def test_owner_needs_no_superuser(server: Server, shared: str) -> None:
    import psycopg

    with psycopg.connect(shared) as connection:
        row = connection.execute("SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user").fetchone()
    assert row == (False, False)
    assert server.port


def test_server_is_reached_by_tls_alone_and_must_be_who_it_says(server: Server, shared: str, tmp_path: Path) -> None:
    import psycopg

    with psycopg.connect(shared) as connection:
        assert connection.pgconn.ssl_in_use
    (tmp_path / "other.crt").write_bytes(b"")
    wrong = (
        shared.replace("sslmode=verify-full", "sslmode=disable"),
        shared.replace(str(server.certificate), str(tmp_path / "other.crt")),
        shared.replace("passfile=", "passfile=/nowhere"),
    )
    for address in wrong:
        with pytest.raises(KnownError, match="cannot be reached") as caught:
            opening.open_reader(LibraryPaths(tmp_path / "cache", address))
        assert caught.value.kind is ErrorKind.LIBRARY_UNREACHABLE
        assert server.password not in str(caught.value)
