"""Indexing that is to wait for the mains, or until nobody uses the computer."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import psutil
import pytest

from engine.protocol import IndexProgress, IndexReport
from engine.server import surroundings, waiting
from engine.server.waiting import IDLE, IDLE_SETTING, MAINS, MAINS_SETTING, Surroundings, WaitingThread, Wishes
from tests.engine_process import PATIENCE_S, EngineProcess
from tests.photo_factory import scene, write_photo
from tests.server.fakes import NOTHING_DONE, FakeFolder, FakeIndexer, FakeLibrary, talking

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STEP = IndexProgress("index", 3, 7, 0, 1.0)


@dataclass
class Computer:
    """What the computer is doing; the engine asks."""

    is_on_battery: bool = False
    is_in_use: bool = False
    asked: int = 0

    def surroundings(self) -> Surroundings:
        return Surroundings(lambda: self._tell(self.is_on_battery), lambda: self._tell(self.is_in_use))

    def _tell(self, value: bool) -> bool:
        self.asked += 1
        return value


@pytest.fixture
def computer(fake_library: FakeLibrary, monkeypatch: pytest.MonkeyPatch) -> Computer:
    made = Computer()
    monkeypatch.setattr(waiting, "LOOK_EVERY_S", 0.02)
    fake_library.surroundings = made.surroundings()
    fake_library.folders.append(FakeFolder(1, fake_library.root / "1"))
    return made


def until_stopped(library: FakeLibrary) -> Callable[[FakeIndexer, Callable[[IndexProgress], None]], IndexReport]:
    def run(indexer: FakeIndexer, progress: Callable[[IndexProgress], None]) -> IndexReport:
        progress(STEP)
        library.gate.let_through()
        library.gate.pass_through()
        assert indexer.stopping.wait(PATIENCE_S)
        library.run = None
        return replace(NOTHING_DONE, interrupted=True)

    return run


def test_run_breaks_off_when_the_mains_are_gone_and_goes_on_when_they_are_back(
    fake_library: FakeLibrary, computer: Computer
) -> None:
    fake_library.settings[MAINS_SETTING] = "true"
    fake_library.run = until_stopped(fake_library)
    with talking(fake_library) as talk:
        fake_library.gate.wait_until_reached()
        computer.is_on_battery = True
        told = talk.peer.notified("index.progress", lambda progress: progress["phase"] == "waiting")
        assert (told["current"], told["done"], told["pending"]) == (MAINS, 3, 7)
        talk.peer.notified("index.finished", lambda report: report["interrupted"])
        assert talk.peer.result("index.state")["waiting"] == MAINS
        computer.is_on_battery = False
        talk.peer.notified("index.finished", lambda report: not report["interrupted"])
        assert talk.peer.result("index.state")["waiting"] is None


def test_nothing_begins_while_somebody_uses_the_computer(fake_library: FakeLibrary, computer: Computer) -> None:
    fake_library.settings[IDLE_SETTING] = "true"
    computer.is_in_use = True
    with talking(fake_library) as talk:
        talk.peer.notified("index.progress", lambda progress: progress["current"] == IDLE)
        assert talk.peer.result("index.state")["waiting"] == IDLE
        assert fake_library.runs == []
        computer.is_in_use = False
        talk.peer.notified("index.finished")
    assert fake_library.runs == [[1]]


def test_resume_indexes_now_though_it_should_wait(fake_library: FakeLibrary, computer: Computer) -> None:
    fake_library.settings[IDLE_SETTING] = "true"
    computer.is_in_use = True
    with talking(fake_library) as talk:
        talk.peer.notified("index.progress", lambda progress: progress["phase"] == "waiting")
        assert talk.peer.result("index.resume")["waiting"] is None
        talk.peer.notified("index.finished")
        assert fake_library.runs == [[1]]
        so_far = len(talk.peer.heard)
        talk.peer.result("folders.rescan", {"folder_id": 1})
        assert talk.peer.result("index.state")["waiting"] == IDLE, "the next run waits again"
        talk.peer.notified("index.progress", lambda progress: progress["current"] == IDLE, since=so_far)
    assert fake_library.runs == [[1]]


def test_wish_works_as_soon_as_it_is_made_and_no_longer_when_it_is_taken_back(
    fake_library: FakeLibrary, computer: Computer
) -> None:
    computer.is_on_battery = True
    fake_library.run = until_stopped(fake_library)
    with talking(fake_library) as talk:
        fake_library.gate.wait_until_reached()
        talk.peer.result("settings.set", {"key": MAINS_SETTING, "value": "true"})
        talk.peer.notified("index.finished", lambda report: report["interrupted"])
        talk.peer.result("settings.set", {"key": MAINS_SETTING, "value": "false"})
        talk.peer.notified("index.finished", lambda report: not report["interrupted"])


def test_computer_is_not_watched_without_a_wish(fake_library: FakeLibrary, computer: Computer) -> None:
    with talking(fake_library) as talk:
        talk.peer.result("folders.rescan", {"folder_id": 1})
        talk.peer.notified("index.finished")
    assert computer.asked == 0


def test_mains_come_before_idleness_and_each_change_is_told_once() -> None:
    computer, told = Computer(is_on_battery=True, is_in_use=True), []
    thread = WaitingThread(lambda: told.append(thread.reason), computer.surroundings())
    thread.want(Wishes(on_mains=True, when_idle=True))
    thread.look()
    computer.is_on_battery = False
    thread.look()
    computer.is_in_use = False
    thread.look()
    assert told == [MAINS, IDLE, None]


def test_thread_looks_by_itself_and_ends_when_asked() -> None:
    computer, changed = Computer(), threading.Event()
    thread = WaitingThread(changed.set, computer.surroundings(), look_every_s=0.01)
    thread.want(Wishes(when_idle=True))
    thread.thread.start()
    try:
        computer.is_in_use = True
        assert changed.wait(PATIENCE_S)
    finally:
        thread.stop()
        thread.thread.join(PATIENCE_S)
    assert not thread.thread.is_alive()


def test_computer_that_cannot_tell_is_judged_by_its_load(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds: list[float | None] = [None]
    monkeypatch.setattr(surroundings, "seconds_since_input", lambda: seconds[0])
    for load, in_use in ((3.0, False), (60.0, True)):
        monkeypatch.setattr(surroundings, "_others_load", lambda load=load: load)
        assert surroundings.is_in_use() is in_use
    for rested, in_use in ((5.0, True), (surroundings.IDLE_AFTER_S + 1, False)):
        seconds[0] = rested
        assert surroundings.is_in_use() is in_use


def test_load_of_others_is_a_share_of_the_time_that_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([(100.0, 900.0, 50.0), (110.0, 990.0, 58.0), (150.0, 1050.0, 58.0)])

    @dataclass
    class Times:
        user: float
        system: float
        idle: float

    now = [0.0]

    def cpu_times() -> Times:
        busy, idle, now[0] = next(times)
        return Times(busy, 0.0, idle)

    monkeypatch.setattr(psutil, "cpu_times", cpu_times)
    monkeypatch.setattr(surroundings, "_own_seconds", lambda: now[0])
    monkeypatch.setattr(surroundings, "_LAST", [])
    assert [surroundings._others_load() for _ in range(3)] == [100.0, 2.0, 40.0]


def test_system_without_a_screen_and_a_bus_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_CURRENT_DESKTOP", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    if os.name == "posix" and os.uname().sysname == "Linux":
        assert surroundings.seconds_since_input() is None
        monkeypatch.setenv("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")
        assert surroundings.seconds_since_input() is None


@pytest.mark.usefixtures("mini")
def test_real_engine_waits_for_an_idle_computer_and_indexes_when_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A computer without a screen is judged by its load, and the first look calls it busy."""
    write_photo(tmp_path / "photos" / "1.jpg", scene((160, 120), 1))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_CURRENT_DESKTOP"):
        monkeypatch.delenv(name, raising=False)
    with EngineProcess(tmp_path / "library", log=tmp_path / "engine.log", command=("-m", "engine")) as engine:
        engine.hello()
        engine.result("settings.set", {"key": IDLE_SETTING, "value": "true"})
        engine.result("folders.add", {"path": str(tmp_path / "photos")})
        assert engine.result("index.state")["waiting"] in {IDLE, None}
        engine.result("index.resume")
        engine.notified("index.finished", lambda report: report["embedded"] == 1)
