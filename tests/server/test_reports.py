from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.protocol import FolderState, IndexProgress
from engine.server.reports import CHANGED_EVERY_S, PAUSED, PROGRESS_EVERY_S, RESTING, RunReports
from tests.server.fakes import NOTHING_DONE, FakeEngine, FakeFolder, FakeLibrary, as_engine


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Ear:
    """Notes what is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []

    def __call__(self, method: str, value: Any) -> None:
        self.heard.append((method, value))

    def of(self, method: str) -> list[Any]:
        return [value for name, value in self.heard if name == method]


def step(done: int, phase: str = "index") -> IndexProgress:
    return IndexProgress(phase, done, 100 - done, 0, 1.0)


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reports(fake_library: FakeLibrary, ear: Ear, clock: Clock) -> RunReports:
    return RunReports(as_engine(FakeEngine(fake_library)), ear, clock)


def test_progress_is_told_five_times_a_second_and_the_last_one_always(
    reports: RunReports, ear: Ear, clock: Clock
) -> None:
    for done in range(1, 51):
        reports.progress(step(done))
        clock.now += 0.02
    assert len(ear.of("index.progress")) == 5
    reports.finish(replace(NOTHING_DONE, embedded=50), is_awaited=False)
    *_, last, end = ear.of("index.progress")
    assert (last.done, end.phase, end.done) == (50, RESTING, 50)


def test_new_photos_are_told_while_the_run_goes_on(reports: RunReports, ear: Ear, clock: Clock) -> None:
    reports.progress(step(1))
    assert not ear.of("library.changed")
    clock.now += CHANGED_EVERY_S
    reports.progress(step(2))
    reports.progress(step(3))
    clock.now += CHANGED_EVERY_S
    reports.progress(step(3))
    assert len(ear.of("library.changed")) == 2


def test_run_that_makes_no_headway_tells_no_change(reports: RunReports, ear: Ear, clock: Clock) -> None:
    for _ in range(3):
        clock.now += CHANGED_EVERY_S
        reports.progress(step(0))
    assert not ear.of("library.changed")


def test_library_that_takes_long_to_count_is_counted_less_often(fake_library: FakeLibrary, clock: Clock) -> None:
    class Slow(FakeEngine):
        def status(self) -> Any:
            clock.now += 1.0
            return super().status()

    ear = Ear()
    reports = RunReports(as_engine(Slow(fake_library)), ear, clock)
    for done in range(1, 31):
        clock.now += CHANGED_EVERY_S
        reports.progress(step(done))
    # 30 steps of 2 s and one of 1 s for each count: a count every 20 s at most.
    assert len(ear.of("library.changed")) == 3


@pytest.mark.parametrize("field", ["added", "changed", "moved", "missing", "decoded", "embedded", "issues"])
def test_run_that_changed_something_is_told(reports: RunReports, ear: Ear, field: str) -> None:
    reports.finish(replace(NOTHING_DONE, **{field: 1}), is_awaited=False)
    assert [method for method, _ in ear.heard] == ["index.finished", "library.changed"]


def test_run_that_changed_nothing_is_told_only_to_who_waits(reports: RunReports, ear: Ear) -> None:
    reports.finish(NOTHING_DONE, is_awaited=False)
    assert not ear.heard
    reports.finish(NOTHING_DONE, is_awaited=True)
    assert [method for method, _ in ear.heard] == ["index.finished"]


def test_folder_that_went_offline_is_a_change(fake_library: FakeLibrary, ear: Ear) -> None:
    folder = FakeFolder(1, Path("/photos"))
    fake_library.folders.append(folder)
    reports = RunReports(as_engine(FakeEngine(fake_library)), ear)
    folder.state = FolderState.OFFLINE
    reports.finish(NOTHING_DONE, is_awaited=False)
    assert ear.of("library.changed")


def test_interrupted_run_tells_what_it_changed_and_that_it_rests_only_when_paused(reports: RunReports, ear: Ear) -> None:
    reports.break_off(replace(NOTHING_DONE, embedded=1), is_paused=False)
    assert [method for method, _ in ear.heard] == ["library.changed"]
    reports.progress(step(5))
    reports.break_off(NOTHING_DONE, is_paused=True)
    assert [each.phase for each in ear.of("index.progress")] == ["index", PAUSED]


def test_latest_is_what_a_late_comer_is_told(reports: RunReports, clock: Clock) -> None:
    clock.now += PROGRESS_EVERY_S
    reports.progress(step(1))
    reports.progress(step(2))
    assert reports.latest == step(2)
    reports.finish(NOTHING_DONE, is_awaited=False)
    assert reports.latest is None
