"""The real engine process on generated photos with the embedded model."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from engine.protocol.methods import MAX_LINE_BYTES, CaptionAdd, SearchRequest
from tests.engine_process import ROOT, EngineProcess, wait_until_ended
from tests.photo_factory import scene, write_photo
from tests.server import full_disk_engine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("mini")

MANY = 300
ENDS_WITHIN_S = 15.0  # on a machine that may be busy


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., EngineProcess]:
    def start(*command: str) -> EngineProcess:
        return EngineProcess(tmp_path / "library", log=tmp_path / "engine.log", command=command or ("-m", "engine"))

    return start


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for seed in range(1, 7):
        write_photo(tmp_path / "photos" / f"{seed}.jpg", scene((160, 120), seed))
    return tmp_path / "photos"


@pytest.fixture
def many_photos(tmp_path: Path) -> Path:
    for seed in range(1, MANY + 1):
        write_photo(tmp_path / "many" / f"{seed}.jpg", scene((320, 240), seed))
    return tmp_path / "many"


def index(engine: EngineProcess, folder: Path) -> None:
    engine.result("folders.add", {"path": str(folder)})
    engine.notified("index.finished", lambda report: report["added"] > 0)


def test_added_folder_is_indexed_and_can_be_searched(start: Callable[..., EngineProcess], photos: Path) -> None:
    with start() as engine:
        assert engine.hello()["read_only"] is False
        folder = engine.result("folders.add", {"path": str(photos)})
        assert folder["path"] == str(photos)
        engine.notified("index.progress", lambda progress: progress["phase"] == "index")
        report = engine.notified("index.finished", lambda report: report["added"] > 0)
        assert (report["added"], report["embedded"], report["issues"]) == (6, 6, 0)
        assert engine.notified("library.changed", lambda change: change["status"]["indexed"] == 6)
        hits = engine.result("search", SearchRequest("colourful circles", limit=3))["hits"]
        assert [hit["rank"] for hit in hits] == list(range(1, len(hits) + 1))
        assert 0 < len(hits) <= 3  # how many are worth showing is the model's affair
        assert engine.result("index.state")["provider"] is not None
    assert not engine.stray


def test_photo_copied_into_a_watched_folder_is_found_without_being_asked_for(
    start: Callable[..., EngineProcess], photos: Path
) -> None:
    with start() as engine:
        index(engine, photos)
        heard = len(engine.heard)
        write_photo(photos / "new.jpg", scene((160, 120), 99))
        report = engine.notified("index.finished", lambda report: report["added"] > 0, since=heard)
        assert (report["added"], report["embedded"]) == (1, 1)


def test_own_caption_is_kept_and_told(start: Callable[..., EngineProcess], photos: Path) -> None:
    with start() as engine:
        index(engine, photos)
        hit = engine.result("browse")["hits"][0]
        heard = len(engine.heard)
        engine.result("captions.add", CaptionAdd(hit["photo_id"], "grandmother's garden"))
        engine.notified("library.changed", since=heard)
        captions = engine.result("photo", {"photo_id": hit["photo_id"]})["captions"]
        assert [caption["text"] for caption in captions] == ["grandmother's garden"]


def test_bad_peer_leaves_the_engine_serving(start: Callable[..., EngineProcess]) -> None:
    with start() as engine:
        engine.send_bytes(b"this is not JSON\n")
        engine.send_bytes(b"x" * (MAX_LINE_BYTES + 1) + b"\n")
        engine.send({"jsonrpc": "2.0", "id": 900, "method": "photo", "params": {"photo_id": "one"}})
        assert engine.answer(900)["error"]["code"] == -32602
        assert [each["error"]["code"] for each in engine.heard if each.get("id", 0) is None] == [-32700, -32600]
        assert engine.hello()


def test_shutdown_ends_it_with_exit_code_0(start: Callable[..., EngineProcess]) -> None:
    engine = start()
    assert engine.result("shutdown") == {}
    assert engine.process.wait(ENDS_WITHIN_S) == 0
    engine.end()


def test_end_of_input_ends_it_soon_in_the_middle_of_indexing(
    start: Callable[..., EngineProcess], many_photos: Path
) -> None:
    engine = start()
    engine.result("folders.add", {"path": str(many_photos)})
    engine.notified("index.progress", lambda progress: progress["phase"] == "index" and progress["done"] > 0)
    workers = engine.descendants() if sys.platform == "linux" else []
    started = time.monotonic()
    assert engine.end() == 0
    assert time.monotonic() - started < ENDS_WITHIN_S
    assert wait_until_ended(workers) == []
    assert "Traceback" not in engine.log()
    with start() as again:  # and what was stored is there
        assert again.result("status")["photos"] > 0


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_killed_engine_leaves_no_decode_worker_behind(start: Callable[..., EngineProcess], many_photos: Path) -> None:
    engine = start()
    engine.result("folders.add", {"path": str(many_photos)})
    engine.notified("index.progress", lambda progress: progress["phase"] == "index" and progress["done"] > 0)
    workers = engine.descendants()
    assert workers
    engine.kill()
    engine.wait_for_end()
    assert wait_until_ended(workers) == []
    engine.end()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_sigterm_ends_it_in_good_order(start: Callable[..., EngineProcess]) -> None:
    engine = start()
    engine.hello()
    engine.process.send_signal(signal.SIGTERM)
    assert engine.process.wait(ENDS_WITHIN_S) == 0
    engine.end()


def test_second_engine_on_a_library_only_reads(start: Callable[..., EngineProcess], photos: Path) -> None:
    with start() as first:
        index(first, photos)
        with start() as second:
            assert second.hello()["read_only"] is True
            assert second.result("search", SearchRequest("circles"))["hits"]
            error = second.error("folders.add", {"path": str(photos)})
            assert (error["code"], error["data"]["kind"]) == (-32000, "library_busy")
            assert second.result("status")["writer_active"] is True
    with start() as third:
        assert third.hello()["read_only"] is False


def test_library_of_another_kind_is_said_at_hello(start: Callable[..., EngineProcess], tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "library.db").write_bytes(b"this is no database" * 1000)
    with start() as engine:
        assert engine.error("hello", {"protocol_version": 1})["data"]["kind"] == "library_foreign"


def test_stdout_carries_only_the_protocol_though_libraries_print(
    start: Callable[..., EngineProcess], photos: Path
) -> None:
    with start("-m", "tests.server.noisy_engine") as engine:
        index(engine, photos)
        assert engine.result("search", SearchRequest("circles"))["hits"]
    assert engine.stray == []
    assert "a library prints" in engine.log()


def test_full_disk_stops_indexing_until_there_is_room_and_someone_asks(
    start: Callable[..., EngineProcess], many_photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "library").mkdir()
    mark = tmp_path / "library" / full_disk_engine.MARK
    mark.touch()
    with start("-m", "tests.server.full_disk_engine") as engine:
        engine.result("folders.add", {"path": str(many_photos)})
        told = engine.notified("index.progress", lambda progress: progress["phase"] == "stopped")
        assert told["current"] == "disk_full"
        state = engine.result("index.state")
        assert (state["paused"], state["progress"]) == (True, told)
        assert engine.result("status")["indexed"] < MANY
        mark.unlink()
        engine.result("index.resume")
        engine.notified("index.finished")
        assert engine.result("status")["indexed"] == MANY
        assert sum(each["phase"] == "stopped" for each in engine.told("index.progress")) == 1


def test_desktop_that_reads_no_more_ends_the_engine_quietly(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    command = [sys.executable, "-m", "engine", "--library", str(tmp_path / "library"), "--log-file", str(log)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.close()
        process.stdin.write(b'{"jsonrpc":"2.0","id":1,"method":"status","params":{}}\n')
        process.stdin.flush()
        assert process.wait(60) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert "Traceback" not in log.read_text("utf-8")
