from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from engine.protocol import FolderState, IndexProgress, IndexReport
from engine.server.reports import CHANGED_EVERY_S, PROGRESS_EVERY_S, RunReports
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
    return RunReports(as_engine(FakeEngine(fake_library)), ear, is_awaited=False, clock=clock)


def test_progress_is_told_five_times_a_second_and_the_last_one_always(
    reports: RunReports, ear: Ear, clock: Clock
) -> None:
    for done in range(1, 51):
        reports.progress(step(done))
        clock.now += 0.02
    assert len(ear.of("index.progress")) == 5
    reports.finish(replace(NOTHING_DONE, embedded=50))
    assert ear.of("index.progress")[-1].done == 50


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
    reports = RunReports(as_engine(Slow(fake_library)), ear, is_awaited=False, clock=clock)
    for done in range(1, 31):
        clock.now += CHANGED_EVERY_S
        reports.progress(step(done))
    # 30 steps of 2 s and one of 1 s for each count: a count every 20 s at most.
    assert len(ear.of("library.changed")) == 3


@pytest.mark.parametrize("field", ["added", "changed", "moved", "missing", "decoded", "embedded", "issues"])
def test_run_that_changed_something_is_told(reports: RunReports, ear: Ear, field: str) -> None:
    reports.finish(IndexReport(**{**asdict(NOTHING_DONE), field: 1}))
    assert [method for method, _ in ear.heard] == ["index.finished", "library.changed"]


def test_run_that_changed_nothing_is_told_only_to_who_waits(fake_library: FakeLibrary, ear: Ear) -> None:
    for is_awaited in (False, True):
        assert not ear.heard
        reports = RunReports(as_engine(FakeEngine(fake_library)), ear, is_awaited=is_awaited)
        reports.progress(step(0, "scan"))
        reports.finish(NOTHING_DONE)
    assert [method for method, _ in ear.heard] == ["index.progress", "index.finished"]


def test_whoever_was_told_of_progress_is_told_of_the_end(reports: RunReports, ear: Ear) -> None:
    reports.progress(step(1))
    reports.finish(NOTHING_DONE)
    assert [method for method, _ in ear.heard] == ["index.progress", "index.finished"]


def test_folder_that_went_offline_is_a_change(fake_library: FakeLibrary, ear: Ear) -> None:
    folder = FakeFolder(1, Path("/photos"))
    fake_library.folders.append(folder)
    reports = RunReports(as_engine(FakeEngine(fake_library)), ear, is_awaited=False)
    folder.state = FolderState.OFFLINE
    reports.finish(NOTHING_DONE)
    assert ear.of("library.changed")


def test_interrupted_run_tells_what_it_changed_and_its_end_only_when_paused(reports: RunReports, ear: Ear) -> None:
    reports.break_off(replace(NOTHING_DONE, embedded=1), is_paused=False)
    assert [method for method, _ in ear.heard] == ["library.changed"]
    reports.progress(step(5))
    reports.break_off(replace(NOTHING_DONE, interrupted=True), is_paused=True)
    assert [report.interrupted for report in ear.of("index.finished")] == [True]


def test_latest_is_what_a_late_comer_is_told(reports: RunReports, clock: Clock) -> None:
    clock.now += PROGRESS_EVERY_S
    reports.progress(step(1))
    reports.progress(step(2))
    assert reports.latest == step(2)
    reports.finish(NOTHING_DONE)
    assert reports.latest is None
