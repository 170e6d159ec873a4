"""Indexing in the status bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from desktop import notices
from desktop.index_status import IndexStatus
from engine.protocol.methods import Empty, IndexState, LibraryChanged
from tests.desktop import panel_data as data
from tests.desktop.panel_client import FakeClient, offscreen

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = offscreen


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def status(qtbot: QtBot, client: FakeClient) -> IndexStatus:
    widget = IndexStatus(client.real)
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


def test_progress_says_how_far_how_fast_and_how_long_still(status: IndexStatus, client: FakeClient) -> None:
    client.index_progress.emit(data.progress(done=240, pending=7680, rate=38.4))
    text = status.label.text().replace(",", "")
    assert text.startswith("Indexing 240 of 7920 · 38 photos/s · about 3 minute")
    assert (status.bar.value(), status.bar.maximum()) == (240, 7920)
    assert status.bar.isVisible()


@pytest.mark.parametrize(
    ("pending", "rate", "words"),
    [
        (30, 2.5, "under a minute"),
        (7200, 1.0, "about 2 hour"),
        (600, 9.96, "10.0 photos/s"),
        (600, 12.3, "12 photos/s"),
    ],
)
def test_time_and_speed_are_as_exact_as_they_can_be(
    status: IndexStatus, client: FakeClient, pending: int, rate: float, words: str
) -> None:
    client.index_progress.emit(data.progress(pending=pending, rate=rate))
    assert words in status.label.text()


def test_no_time_left_is_guessed_without_a_speed(status: IndexStatus, client: FakeClient) -> None:
    client.index_progress.emit(data.progress(rate=0.0))
    assert "left" not in status.label.text()
    assert "photos/s" not in status.label.text()


def test_scan_has_no_end_in_sight(status: IndexStatus, client: FakeClient) -> None:
    client.index_progress.emit(data.progress(phase="scan", done=0, pending=0, rate=0.0))
    assert status.label.text() == "Looking for photos…"
    assert status.bar.maximum() == 0


def test_photos_that_cannot_be_searched_are_counted_as_the_grid_counts_them(
    status: IndexStatus, client: FakeClient
) -> None:
    status.reload()
    client.last("status").answer(data.status(photos=11, contents=10, indexed=9, pending=0, issues=1))
    assert status.label.text().startswith("9 of 10 photo")
    assert status.issues.text().startswith("1 file")
    assert "11 file" in status.label.toolTip(), "the folders count files"
    client.library_changed.emit(LibraryChanged(data.status(photos=10, contents=10, indexed=10, pending=0, issues=0)))
    assert status.label.text().startswith("10 photo")
    assert status.label.toolTip() == status.label.text()


@pytest.mark.parametrize(("reason", "words"), [("mains", "plugged in"), ("idle", "nobody uses the computer")])
def test_waiting_says_for_what_and_can_be_cut_short(
    status: IndexStatus, client: FakeClient, reason: str, words: str
) -> None:
    client.index_progress.emit(data.progress())
    client.index_progress.emit(data.progress(phase="waiting", current=reason))
    assert words in status.label.text()
    assert not status.bar.isVisible()
    assert status.pause.text() == "Index now"
    status.pause.click()
    client.last("index.resume").answer(IndexState(paused=False, progress=None, provider=None))
    assert words not in status.label.text()


def test_window_that_opens_while_indexing_waits_says_so(status: IndexStatus, client: FakeClient) -> None:
    status.reload()
    client.last("index.state").answer(IndexState(paused=False, progress=None, provider=None, waiting="mains"))
    assert "plugged in" in status.label.text()


def test_at_rest_it_says_what_can_be_searched(status: IndexStatus, client: FakeClient) -> None:
    client.index_progress.emit(data.progress())
    client.index_finished.emit(data.report())
    client.last("index.state").answer(IndexState(paused=False, progress=None, provider="CUDAExecutionProvider"))
    client.last("status").answer(data.status(photos=3006, contents=3006, indexed=3006, pending=0, issues=0))
    assert status.label.text().replace(",", "").startswith("3006 photo")
    assert not status.bar.isVisible()
    assert not status.pause.isVisible()
    assert not status.issues.isVisible()


@pytest.mark.parametrize(
    ("provider", "name"),
    [("CPUExecutionProvider", "CPU"), ("CUDAExecutionProvider", "CUDA"), ("DmlExecutionProvider", "DirectML")],
)
def test_provider_really_used_is_named(status: IndexStatus, client: FakeClient, provider: str, name: str) -> None:
    status.reload()
    client.last("index.state").answer(IndexState(paused=False, progress=None, provider=provider))
    assert status.provider.text() == name
    assert name in status.provider.accessibleName()


def test_unknown_provider_is_not_named(status: IndexStatus, client: FakeClient) -> None:
    status.reload()
    client.last("index.state").answer(IndexState(paused=False, progress=None, provider=None))
    assert not status.provider.isVisible()


def test_pause_and_resume(status: IndexStatus, client: FakeClient) -> None:
    client.index_progress.emit(data.progress())
    status.pause.click()
    assert not status.pause.isEnabled()
    client.last("index.pause").answer(IndexState(paused=True, progress=data.progress(), provider="CPU"))
    assert status.label.text() == "Indexing is paused"
    assert status.pause.text() == "Resume"
    status.pause.click()
    client.last("index.resume").answer(IndexState(paused=False, progress=data.progress(), provider="CPU"))
    assert status.pause.text() == "Pause"
    assert status.label.text().startswith("Indexing")


def test_trouble_is_said_until_somebody_resumes(status: IndexStatus, client: FakeClient) -> None:
    trouble = data.progress(phase="stopped", current="disk_full", rate=0.0)
    client.index_progress.emit(trouble)
    assert status.label.text() == notices.sentence_for("disk_full")
    assert not status.bar.isVisible()
    assert status.pause.text() == "Resume"
    status.reload()
    client.last("index.state").answer(IndexState(paused=True, progress=trouble, provider="CPU"))
    assert status.label.text() == notices.sentence_for("disk_full")
    status.pause.click()
    client.last("index.resume").answer(IndexState(paused=False, progress=None, provider="CPU"))
    assert not status.label.text().startswith("The disk is full")


@pytest.mark.parametrize(("phase", "words"), [("text", "Reading text"), ("captions", "Learning captions")])
def test_other_phases_have_their_own_words(status: IndexStatus, client: FakeClient, phase: str, words: str) -> None:
    client.index_progress.emit(data.progress(phase=phase))
    assert status.label.text().startswith(words)


def test_a_long_sentence_does_not_widen_the_window(status: IndexStatus, client: FakeClient) -> None:
    before = status.minimumSizeHint().width()
    client.index_progress.emit(data.progress(phase="stopped", current="library_busy"))
    status.bar.hide()
    assert status.minimumSizeHint().width() <= before + 200
    assert status.label.toolTip() == notices.sentence_for("library_busy")


def test_failure_to_pause_is_said_and_can_be_tried_again(status: IndexStatus, client: FakeClient) -> None:
    client.index_progress.emit(data.progress())
    status.pause.click()
    client.last("index.pause").fail("engine_gone")
    assert status.label.text() == notices.sentence_for("engine_gone")
    assert status.pause.isEnabled()


def test_problem_files_open_the_list(status: IndexStatus, client: FakeClient, qtbot: QtBot) -> None:
    client.library_changed.emit(LibraryChanged(data.status(issues=5)))
    assert status.issues.text().startswith("5 file")
    status.issues.click()
    view = status.issues_view
    assert view is not None
    qtbot.addWidget(view)
    assert view.isVisible()
    assert not view.isModal()
    assert client.waiting() == ["issues.list"]
    status.open_issues()
    assert status.issues_view is view


def test_a_long_run_that_ended_is_announced_and_a_short_or_broken_one_is_not(
    status: IndexStatus, client: FakeClient
) -> None:
    announced: list[Any] = []
    status.finished_long_run.connect(announced.append)
    client.index_finished.emit(data.report(59.0))
    client.index_finished.emit(data.report(600.0, interrupted=True))
    client.index_finished.emit(data.report(61.0))
    assert [report.seconds for report in announced] == [61.0]


def test_an_engine_that_is_back_is_asked_again(status: IndexStatus, client: FakeClient) -> None:
    client.welcomed.emit(Empty())
    assert client.waiting() == ["index.state", "status"]


def test_late_state_of_an_earlier_question_is_dropped(status: IndexStatus, client: FakeClient) -> None:
    status.reload()
    status.reload()
    old, new = client.all_of("index.state")
    new.answer(IndexState(paused=False, progress=None, provider="CPUExecutionProvider"))
    old.answer(IndexState(paused=True, progress=None, provider=None))
    assert status.label.text() != "Indexing is paused"
    assert status.provider.text() == "CPU"
