"""A window and a terminal on one library, and what they leave behind."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from engine.__main__ import LOGS_KEPT, PrivateLog
from tests.conftest import ROOT
from tests.engine_process import EngineProcess
from tests.photo_factory import scene, write_photo

if TYPE_CHECKING:
    from pathlib import Path


def balloon(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "engine.cli", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.usefixtures("mini")
def test_terminal_searches_and_is_refused_to_index_while_the_window_is_open_and_not_after_its_crash(
    tmp_path: Path,
) -> None:
    photos, library = tmp_path / "photos", str(tmp_path / "library")
    write_photo(photos / "1.jpg", scene((160, 120), 1))
    with EngineProcess(tmp_path / "library", log=tmp_path / "engine.log") as engine:
        engine.hello()
        engine.result("folders.add", {"path": str(photos)})
        engine.notified("index.finished", lambda report: report["added"] > 0)
        found = json.loads(balloon("search", "discs", "--json", "--library", library).stdout)
        assert len(found["hits"]) == 1
        refused = balloon("index", str(photos), "--library", library)
        assert refused.returncode == 1
        assert "already indexing this library" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert engine.result("search", {"text": "discs"})["hits"], "the window does not notice"
        engine.kill()
    write_photo(photos / "2.jpg", scene((160, 120), 2))
    taken_over = balloon("index", str(photos), "--json", "--library", library)
    assert json.loads(taken_over.stdout)["added"] == 1
    assert json.loads(balloon("check", "--json", "--library", library).stdout)["sound"] is True


@pytest.mark.usefixtures("mini")
@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a user's files apart by their access lists")
def test_log_is_its_owners_alone_and_holds_neither_queries_nor_captions(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "engine.log"
    photo = write_photo(tmp_path / "photos" / "holiday.jpg", scene((160, 120), 1))
    previous = os.umask(0)
    try:
        command = ("-m", "engine", "--log-file", str(log))
        with EngineProcess(tmp_path / "library", log=tmp_path / "stderr", command=command) as engine:
            engine.hello()
            engine.result("folders.add", {"path": str(photo.parent)})
            engine.notified("index.finished", lambda report: report["added"] > 0)
            (hit,) = engine.result("search", {"text": "zanzibar"})["hits"]
            engine.result("captions.add", {"photo_id": hit["photo_id"], "text": "grandmother's garden"})
            engine.error("search", {"text": 5})
    finally:
        os.umask(previous)
    assert log.stat().st_mode & 0o777 == 0o600
    assert log.parent.stat().st_mode & 0o777 == 0o700
    written = log.read_text("utf-8")
    assert "the engine ends" in written
    assert not [word for word in ("zanzibar", "grandmother", "holiday") if word in written]


def test_log_rotates_and_keeps_a_few(tmp_path: Path) -> None:
    handler = PrivateLog(tmp_path / "engine.log", maxBytes=1000, backupCount=LOGS_KEPT, encoding="utf-8")
    for number in range(2000):
        handler.emit(logging.LogRecord("engine", logging.INFO, "", 1, f"line {number}", (), None))
    handler.close()
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["engine.log", *(f"engine.log.{number}" for number in range(1, LOGS_KEPT + 1))]
    assert all(path.stat().st_size <= 1000 for path in tmp_path.iterdir())
    if os.name != "nt":
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
