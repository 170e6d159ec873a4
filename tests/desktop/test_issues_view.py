"""The list of files that could not be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QGuiApplication

from desktop import issues_view, notices
from desktop.issues_view import IssueModel, IssuesView
from desktop.row_view import RowRole
from engine.protocol.methods import Empty, IssueList
from tests.desktop import panel_data as data
from tests.desktop.panel_client import FakeClient, check_model, offscreen

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.modeltest import ModelTester
    from pytestqt.qtbot import QtBot

pytestmark = offscreen


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def view(qtbot: QtBot, client: FakeClient) -> IssuesView:
    widget = IssuesView(client.real)
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    client.last("issues.list").answer(IssueList(data.ISSUES))
    return widget


def test_each_file_has_its_reason_in_words_and_its_path(view: IssuesView) -> None:
    first = view.model.index(0)
    assert first.data() == "IMG_0412.JPG"
    assert first.data(RowRole.DETAIL) == (
        f"{notices.reason_text(data.ISSUES[0].reason)} · {data.HOME}/Pictures/2018/IMG_0412.JPG"
    )
    assert view.model.index(1).data() == "全家福.png"
    assert "4 file" in view.state.text()
    assert not view.isModal()


def test_retry_all_asks_the_engine_and_lists_again(view: IssuesView, client: FakeClient) -> None:
    view.retry.trigger()
    client.last("issues.retry").answer(Empty())
    assert len(client.all_of("issues.list")) == 2
    client.last("issues.list").answer(IssueList(()))
    assert view.state.text() == "Every photo could be used."
    assert not view.retry.isEnabled()
    assert not view.reveal.isEnabled()


def test_show_in_file_manager_gets_the_real_path(view: IssuesView, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Path] = []

    def show(path: Path) -> bool:
        shown.append(path)
        return False

    monkeypatch.setattr(issues_view, "show_in_file_manager", show)
    view.list.setCurrentIndex(view.model.index(1))
    view.reveal.trigger()
    assert [str(path) for path in shown] == [data.ISSUES[1].path.path]
    assert view.notice.text() == notices.sentence_for("file_missing")


def test_copy_gives_the_path(view: IssuesView) -> None:
    view.list.setCurrentIndex(view.model.index(1))
    view.copy.trigger()
    assert QGuiApplication.clipboard().text() == data.ISSUES[1].path.path


def test_failures_are_said(view: IssuesView, client: FakeClient) -> None:
    view.retry.trigger()
    client.last("issues.retry").fail("library_busy")
    assert view.notice.text() == notices.sentence_for("library_busy")


def test_list_is_asked_again_when_indexing_ends(view: IssuesView, client: FakeClient) -> None:
    client.index_finished.emit(data.report())
    assert len(client.all_of("issues.list")) == 2
    view.hide()
    client.index_finished.emit(data.report())
    assert len(client.all_of("issues.list")) == 2


def test_the_model_keeps_qt_s_rules(qtmodeltester: ModelTester) -> None:
    model = IssueModel()
    check_model(qtmodeltester, model)
    model.show(data.ISSUES)
    model.show(())
