"""The indexing thread behind the wire, with indexers that do as the test says."""

from __future__ import annotations

import errno
import logging
import queue
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import KnownError
from engine.library.folders import Folder, FolderId
from engine.protocol import ErrorKind, FolderState, IndexProgress, IndexReport
from engine.protocol.methods import SearchRequest
from engine.server.watching import WatchThread
from tests.engine_process import PATIENCE_S
from tests.server.fakes import NOTHING_DONE, FakeFolder, FakeIndexer, FakeLibrary, talking

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STEP = IndexProgress("index", 3, 7, 0, 1.0)
DISK_FULL = KnownError(ErrorKind.DISK_FULL, "There is no room left.")


def until_stopped(library: FakeLibrary) -> Callable[[FakeIndexer, Callable[[IndexProgress], None]], IndexReport]:
    """A long run: it passes the gate once it is under way and goes on until it is interrupted."""

    def run(indexer: FakeIndexer, progress: Callable[[IndexProgress], None]) -> IndexReport:
        progress(STEP)
        library.gate.let_through()
        library.gate.pass_through()
        assert indexer.stopping.wait(PATIENCE_S)
        library.run = None
        return replace(NOTHING_DONE, interrupted=True)

    return run


def failing(library: FakeLibrary, error: Exception) -> Callable[[FakeIndexer, Any], IndexReport]:
    def run(_: FakeIndexer, progress: Callable[[IndexProgress], None]) -> IndexReport:
        progress(STEP)
        library.gate.let_through()
        library.gate.pass_through()
        raise error

    return run


@pytest.fixture
def two_folders(fake_library: FakeLibrary) -> FakeLibrary:
    fake_library.folders += [FakeFolder(1, fake_library.root / "1"), FakeFolder(2, fake_library.root / "2")]
    return fake_library


def test_all_folders_but_paused_ones_are_looked_at_when_the_engine_starts(two_folders: FakeLibrary) -> None:
    two_folders.folders[0].state = FolderState.PAUSED
    with talking(two_folders) as talk:
        talk.peer.result("folders.rescan", {"folder_id": 1})
        talk.peer.notified("index.finished")
    assert two_folders.runs[0] == [2]
    assert all(1 not in run for run in two_folders.runs)


def test_new_folder_is_scanned_at_once_though_a_long_run_goes_on(two_folders: FakeLibrary) -> None:
    two_folders.run = until_stopped(two_folders)
    with talking(two_folders) as talk:
        two_folders.gate.wait_until_reached()
        talk.peer.result("folders.add", {"path": str(two_folders.root / "3")})
        report = talk.peer.notified("index.finished")
    assert report["interrupted"] is False
    assert two_folders.runs == [[1, 2], [1, 2, 3]]


def test_rescan_of_an_unknown_folder_is_refused(two_folders: FakeLibrary) -> None:
    with talking(two_folders) as talk:
        assert talk.peer.error("folders.rescan", {"folder_id": 9})["data"]["kind"] == "not_found"


def test_paused_indexing_rests_and_is_made_up_for_when_resumed(two_folders: FakeLibrary) -> None:
    two_folders.run = until_stopped(two_folders)
    with talking(two_folders) as talk:
        two_folders.gate.wait_until_reached()
        assert talk.peer.result("index.state")["progress"]["done"] == 3
        assert talk.peer.result("index.pause")["paused"] is True
        talk.peer.notified("index.finished", lambda report: report["interrupted"])
        talk.peer.result("folders.rescan", {"folder_id": 1})
        assert talk.peer.result("index.state") == {"paused": True, "progress": None, "provider": None, "waiting": None}
        assert len(two_folders.runs) == 1
        assert talk.peer.result("index.resume")["paused"] is False
        talk.peer.notified("index.finished", lambda report: not report["interrupted"])
    assert two_folders.runs == [[1, 2], [1, 2]]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (DISK_FULL, "disk_full"),
        (KnownError(ErrorKind.LIBRARY_READ_ONLY, "It may not be written."), "library_read_only"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full"),
        (OSError(errno.EROFS, "Read-only file system"), "library_read_only"),
        (OSError(errno.EIO, "Input/output error"), "internal"),
        (ZeroDivisionError("a bug"), "internal"),
    ],
)
def test_run_stopped_by_trouble_is_not_tried_again_before_someone_asks(
    two_folders: FakeLibrary, caplog: pytest.LogCaptureFixture, error: Exception, kind: str
) -> None:
    two_folders.run = failing(two_folders, error)
    with talking(two_folders) as talk:
        told = talk.peer.notified("index.progress", lambda progress: progress["phase"] == "stopped")
        assert (told["current"], told["done"]) == (kind, 3)
        state = talk.peer.result("index.state")
        assert (state["paused"], state["progress"]) == (True, told)
        talk.peer.result("folders.rescan", {"folder_id": 1})  # is remembered, but does not start it
        assert talk.peer.result("search", SearchRequest("still"))["query"] == "still"
        assert len(two_folders.runs) == 1
        two_folders.run = None
        assert talk.peer.result("index.resume")["paused"] is False
        talk.peer.notified("index.finished")
    assert two_folders.runs == [[1, 2], [1, 2]]
    caplog.clear()


def test_engine_that_cannot_be_opened_for_indexing_stops_it_alone(
    two_folders: FakeLibrary, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        if threading.current_thread().name == "indexer":
            raise DISK_FULL

    monkeypatch.setattr("tests.server.fakes.FakeEngine.folders", refuse)
    with talking(two_folders) as talk:
        told = talk.peer.notified("index.progress", lambda progress: progress["phase"] == "stopped")
        assert told["current"] == "disk_full"
        assert talk.peer.hello()
    caplog.clear()


@pytest.mark.parametrize("method", ["folders.remove", "folders.pause"])
def test_folder_is_let_go_only_once_the_run_over_it_has_ended(two_folders: FakeLibrary, method: str) -> None:
    order: list[str] = []

    def run(indexer: FakeIndexer, progress: Callable[[IndexProgress], None]) -> IndexReport:
        progress(STEP)
        two_folders.gate.pass_through()
        assert indexer.stopping.wait(PATIENCE_S)
        order.append("run ended")
        assert all(folder.state is FolderState.ONLINE for folder in two_folders.folders)
        assert len(two_folders.folders) == 2
        two_folders.run = None
        return replace(NOTHING_DONE, interrupted=True)

    two_folders.run = run
    with talking(two_folders) as talk:
        two_folders.gate.wait_until_reached()
        two_folders.gate.let_through()
        talk.peer.result(method, {"folder_id": 1})
        order.append("answered")
        talk.peer.result("folders.rescan", {"folder_id": 2})
        talk.peer.notified("index.finished")
    assert order == ["run ended", "answered"]
    assert two_folders.runs[1] == [2]
    assert all(1 not in run for run in two_folders.runs[1:])


def test_resumed_folder_is_scanned(two_folders: FakeLibrary) -> None:
    two_folders.folders[0].state = FolderState.PAUSED
    with talking(two_folders) as talk:
        talk.peer.result("folders.resume", {"folder_id": 1})
        talk.peer.notified("index.finished")
    assert any(1 in run for run in two_folders.runs)


def test_end_of_input_interrupts_a_run(two_folders: FakeLibrary) -> None:
    two_folders.run = until_stopped(two_folders)
    with talking(two_folders):
        two_folders.gate.wait_until_reached()
    assert two_folders.runs == [[1, 2]]


# Watching


@pytest.fixture(autouse=True)
def _quiet_watchdog(caplog: pytest.LogCaptureFixture) -> None:
    # An event that arrives while its observer stops makes watchdog log an error; nothing is lost by it.
    caplog.set_level(logging.CRITICAL, logger="watchdog")


class Asked:
    """What the watch thread asked for."""

    def __init__(self) -> None:
        self._asked: queue.Queue[set[int] | None] = queue.Queue()

    def __call__(self, folders: Any) -> None:
        self._asked.put(None if folders is None else set(folders))

    def next(self) -> set[int] | None:
        return self._asked.get(timeout=PATIENCE_S)


def watched(path: Path, id_: int = 1) -> Folder:
    path.mkdir()
    return Folder(FolderId(id_), path, FolderState.ONLINE, None)


def test_new_file_makes_its_folder_worth_a_scan(tmp_path: Path) -> None:
    asked = Asked()
    watch = WatchThread(asked)
    watch.watch([watched(tmp_path / "a", 1), watched(tmp_path / "b", 2)])
    watch.start()
    try:
        assert asked.next() == {1, 2}  # once, for what came before the watch
        (tmp_path / "b" / "new.jpg").write_bytes(b"x")
        assert asked.next() == {2}
    finally:
        watch.stop()
        watch.thread.join(PATIENCE_S)
    assert not watch.thread.is_alive()


def test_everything_is_looked_at_now_and_then(tmp_path: Path) -> None:
    asked = Asked()
    watch = WatchThread(asked, look_every_s=0.01)
    watch.start()
    try:
        assert asked.next() is None
        assert asked.next() is None
    finally:
        watch.stop()
        watch.thread.join(PATIENCE_S)


def test_folders_can_be_exchanged_while_they_are_watched(tmp_path: Path) -> None:
    asked = Asked()
    watch = WatchThread(asked)
    a, b = watched(tmp_path / "a", 1), watched(tmp_path / "b", 2)
    watch.watch([a])
    watch.start()
    try:
        assert asked.next() == {1}
        watch.watch([b])
        assert asked.next() == {2}
        (tmp_path / "a" / "unseen.jpg").write_bytes(b"x")
        (tmp_path / "b" / "seen.jpg").write_bytes(b"x")
        assert asked.next() == {2}
    finally:
        watch.stop()
        watch.thread.join(PATIENCE_S)


def test_folder_that_is_gone_leaves_the_others_watched(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    asked = Asked()
    watch = WatchThread(asked, look_every_s=0.01)
    gone = watched(tmp_path / "gone", 1)
    gone.path.rmdir()
    watch.watch([gone])
    watch.start()
    try:
        assert asked.next() == {1}
        assert asked.next() is None
    finally:
        watch.stop()
        watch.thread.join(PATIENCE_S)
    caplog.clear()
