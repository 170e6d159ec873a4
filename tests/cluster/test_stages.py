"""The road of a photo through a cluster without the cluster: both stages and the committer, in this very process."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest

from engine.cluster import storage
from engine.cluster.committing import Committer
from engine.cluster.feeding import widths
from engine.cluster.rays import connected
from engine.cluster.stages import Decoding, Encoding, Result, results, rows_of
from engine.cluster.storage import StorageError, fetched, walk_storage
from engine.errors import KnownError, PhotoError
from engine.imaging.thumbnails import ThumbnailStore
from engine.indexing.exclusion import Exclusion
from engine.indexing.pipeline import Tally
from engine.indexing.reconcile import Reconciler
from engine.indexing.store import Store
from engine.library import opening
from engine.library.contents import Contents
from engine.library.distributed import DistributedWork
from engine.library.folders import Folders
from engine.library.issues import Issues
from engine.models.encoder import Encoder
from engine.protocol import ErrorKind, IssueReason
from tests.photo_factory import scene, write_photo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.config import LibraryPaths
    from engine.library.connection import Connection


@pytest.fixture
def database(library: LibraryPaths) -> Iterator[Connection]:
    opened = opening.open_writer(library)
    yield opened
    opened.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for seed in range(4):
        write_photo(folder / f"{seed}.jpg", scene((64, 48), seed=seed))
    (folder / "copy.jpg").write_bytes((folder / "0.jpg").read_bytes())
    (folder / "broken.jpg").write_bytes((folder / "1.jpg").read_bytes()[:300])
    (folder / "empty.jpg").write_bytes(b"")
    return folder


class Line:
    """A library, and a cluster of one process."""

    def __init__(self, database: Connection, root: Path, package: Path, thumbnails: Path) -> None:
        self.database, self.encoder = database, Encoder.open(package)
        card = self.encoder.card
        self.store = Store(database, card, ThumbnailStore(thumbnails))
        with database.transaction():
            self.folder = Folders(database).add(root)
        Reconciler(database).scan(self.folder, lambda: False)
        self.work = DistributedWork(database, self.store.model, [self.folder.id])
        self.committer = Committer(self.store, self.work, Tally(), card.dim)
        self.decoding = Decoding(card.image.input_spec, 30.0)
        self.encoding = Encoding(card.key, card.fingerprint, 1)

    def results(self) -> list[Result]:
        files = self.work.page(0, 1000)
        self.committer.expect(files)
        rows = rows_of(files)
        columns: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
        return list(results(self.encoding(self.decoding(columns)))) if rows else []

    def vectors(self) -> int:
        return int(self.database.value("SELECT count(*) FROM embedding"))


@pytest.fixture
def line(database: Connection, root: Path, mini: Path, tmp_path: Path) -> Line:
    return Line(database, root, mini, tmp_path / "thumbnails")


def test_everything_is_stored_once_however_often_it_comes(line: Line) -> None:
    found = line.results()
    assert len(found) == 7
    line.committer.take(found[:3])
    line.committer.take(found)
    line.committer.take(found)
    assert line.vectors() == 4, "of copies one vector is kept"
    assert {row.reason for row in Issues(line.database).all()} == {IssueReason.DAMAGED, IssueReason.EMPTY}
    assert line.work.count() == 0
    assert line.results() == []


def test_work_cut_off_between_two_commits_is_given_again(line: Line) -> None:
    found = line.results()
    line.committer.take(found[:2])
    begun = line.vectors()
    fresh = Committer(line.store, line.work, Tally(), line.encoder.card.dim)
    line.committer = fresh
    again = line.results()
    assert len(again) < len(found)
    fresh.take(again)
    assert (begun < 4, line.vectors()) == (True, 4)


def test_vectors_are_those_of_this_computer(line: Line) -> None:
    line.committer.take(line.results())
    stored = np.frombuffer(line.database.value("SELECT vector FROM embedding ORDER BY id LIMIT 1"), dtype="<f4")
    assert np.linalg.norm(stored) == pytest.approx(1.0, abs=1e-3)
    assert Contents(line.database).count_without_embedding(line.store.model) == 0


def test_photo_that_changed_since_it_was_listed_waits_for_the_next_scan(line: Line, root: Path) -> None:
    with (root / "2.jpg").open("ab") as stream:
        stream.write(b"more")
    line.committer.take(line.results())
    assert line.vectors() == 3
    assert line.work.count() == 1


def test_result_that_nobody_asked_for_is_passed_over(line: Line) -> None:
    line.committer.take([Result(10**6, b"x" * 32, "", None, b"")])
    assert line.vectors() == 0


def test_machines_with_another_model_are_refused(mini: Path) -> None:
    with pytest.raises(KnownError, match="another model") as caught:
        Encoding(mini.name, "another-fingerprint", 1)
    assert caught.value.kind is ErrorKind.MODEL_MISSING


def test_cluster_that_is_none_is_refused() -> None:
    for wrong in ("rya", "ray://", "http://head"):
        with pytest.raises(KnownError, match="--on ray") as caught, connected(wrong, 1):
            pass
        assert caught.value.kind is ErrorKind.USAGE


def test_every_core_of_a_cluster_decodes_unless_told_otherwise() -> None:
    assert widths(None, {"CPU": 80.0}) == (80, 80)
    assert widths(None, {"CPU": 80.0, "GPU": 4.0}) == (80, 4)
    assert widths(6, {"CPU": 80.0}) == (6, 6)


# Storages


class Flaky:
    """A storage that fails as often as it is told, then gives the bytes."""

    failures: ClassVar[list[Exception]] = []
    files: ClassVar[dict[str, bytes]] = {}

    def find(self, base: str, *, detail: bool) -> dict[str, Any]:
        assert detail
        if self.failures:
            raise self.failures.pop()
        return {name: {"size": len(data), "mtime": 5.0} for name, data in self.files.items() if name.startswith(base)}

    def open(self, name: str, mode: str) -> io.BytesIO:
        assert mode == "rb"
        if self.failures:
            raise self.failures.pop()
        return io.BytesIO(self.files[name])

    @staticmethod
    def _strip_protocol(address: str) -> str:
        return address.partition("://")[2]


@pytest.fixture
def flaky(monkeypatch: pytest.MonkeyPatch) -> type[Flaky]:
    monkeypatch.setattr(storage, "_file_system", lambda _: Flaky())
    monkeypatch.setattr(storage, "FIRST_WAIT_S", 0.0)
    Flaky.failures, Flaky.files = (
        [],
        {"bucket/a/1.jpg": b"one", "bucket/a/.hidden/2.jpg": b"", "bucket/a/notes.txt": b""},
    )
    return Flaky


PHOTO = Path("s3://bucket/a/1.jpg")


def test_photo_of_a_storage_is_fetched_and_the_copy_removed(flaky: type[Flaky]) -> None:
    flaky.failures = [TimeoutError("slow"), ConnectionError("cut")]
    with fetched(PHOTO) as file:
        assert file.read_bytes() == b"one"
    assert not file.exists()


def test_storage_that_does_not_answer_is_no_fault_of_the_photo(flaky: type[Flaky]) -> None:
    flaky.failures = [TimeoutError("slow")] * storage.TRIES
    with pytest.raises(StorageError, match=r"s3://bucket/a/1\.jpg: slow"), fetched(PHOTO):
        pass
    for error, reason in ((FileNotFoundError(), IssueReason.VANISHED), (PermissionError(), IssueReason.UNREADABLE)):
        flaky.failures = [error]
        with pytest.raises(PhotoError) as caught, fetched(PHOTO):
            pass
        assert caught.value.reason is reason


def test_photos_not_fetched_stay_pending_and_are_told(line: Line, flaky: type[Flaky]) -> None:
    assert flaky
    found = [Result(file.photo, b"", "s3://bucket/x.jpg: slow", None, b"") for file in line.work.page(0, 10)]
    line.results()
    line.committer.take(found)
    assert line.committer.troubles == ["s3://bucket/x.jpg: slow"] * 7
    assert line.work.count() == 7
    assert Issues(line.database).all() == []


def test_storage_is_listed_without_hidden_files_and_other_kinds(flaky: type[Flaky]) -> None:
    found = walk_storage(Path("s3://bucket/a"), Exclusion())
    assert list(found.files) == [b"1.jpg"]
    assert found.files[b"1.jpg"].byte_size == 3
    assert list(walk_storage(Path("s3://bucket/a"), Exclusion(("1.*",))).files) == []
    flaky.failures = [TimeoutError("slow")]
    with pytest.raises(KnownError, match="Nothing was changed") as caught:
        walk_storage(Path("s3://bucket/a"), Exclusion())
    assert caught.value.kind is ErrorKind.FOLDER_GONE
    flaky.files = {}
    with pytest.raises(KnownError, match="is empty"):
        walk_storage(Path("s3://bucket/typo"), Exclusion())


def test_shared_file_system_is_read_by_fsspec(root: Path) -> None:
    pytest.importorskip("fsspec", reason="fsspec comes with the extras models and cluster")
    place = Path(f"file://{root}")
    assert os.fsencode("3.jpg") in walk_storage(place, Exclusion()).files
    with fetched(place / "3.jpg") as file:
        assert file.read_bytes() == (root / "3.jpg").read_bytes()
    with pytest.raises(PhotoError), fetched(place / "none.jpg"):
        pass
