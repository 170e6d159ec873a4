"""The folders panel: states in words, adding, removing with a question, rescanning, pausing, leaving out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QDialogButtonBox, QFileDialog, QListView, QMessageBox

from desktop import notices
from desktop.exclude_dialog import ExcludeDialog
from desktop.folder_model import FolderModel
from desktop.folder_panel import FolderPanel
from desktop.row_view import RowRole
from engine.protocol import FolderState, PhotoPath
from engine.protocol.methods import Empty, FolderAdd, FolderList, FolderRequest, LibraryChanged, SettingValue
from tests.desktop import panel_data as data
from tests.desktop.panel_client import FakeClient, check_model, offscreen, press

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.modeltest import ModelTester
    from pytestqt.qtbot import QtBot

pytestmark = offscreen


@pytest.fixture
def client() -> FakeClient:
    client = FakeClient()
    client.answers = {"folders.list": FolderList(data.folders())}
    return client


@pytest.fixture
def panel(qtbot: QtBot, client: FakeClient) -> FolderPanel:
    widget = FolderPanel(client.real)
    qtbot.addWidget(widget)
    widget.resize(340, 480)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


@pytest.fixture
def filled(panel: FolderPanel, client: FakeClient) -> FolderPanel:
    client.settle()
    return panel


def choose(panel: FolderPanel, folder_id: int) -> None:
    panel.list.setCurrentIndex(panel.model.index(panel.model.row_of(folder_id)))


def details(panel: FolderPanel) -> list[str]:
    return [str(panel.model.index(row).data(RowRole.DETAIL)) for row in range(panel.model.rowCount())]


def test_each_folder_says_its_state_and_its_counts(filled: FolderPanel) -> None:
    up_to_date, indexing, offline, paused = details(filled)
    assert up_to_date.startswith("Up to date · ")
    assert "4 problem file" in up_to_date
    assert indexing.startswith("Indexing 43 %")
    assert offline.startswith("Offline")
    assert paused.startswith("Paused")
    assert "3 missing" in paused
    assert filled.model.index(1).data() == "手机照片"
    assert filled.model.index(1).data(RowRole.SHARE) == pytest.approx(0.43, abs=0.001)
    assert filled.model.index(0).data(RowRole.SHARE) is None


def test_folder_that_is_not_followed_says_so_and_why(panel: FolderPanel, client: FakeClient) -> None:
    followed, polled = data.folder(), data.folder(5, "NAS", polled="network")
    away = data.folder(6, "Stick", polled="no events", state=FolderState.OFFLINE)
    client.last("folders.list").answer(FolderList((followed, polled, away)))
    assert [text.endswith("looked at once a minute") for text in details(panel)] == [False, True, False]
    choose(panel, 1)
    assert panel.why_polled.isHidden()
    choose(panel, 5)
    assert panel.why_polled.text().startswith("This folder is on a network drive")
    assert not panel.why_polled.isHidden()
    choose(panel, 6)
    assert panel.why_polled.isHidden(), "there is nothing to look at"
    reasons = {notices.polled_text(reason) for reason in ("network", "limit", "no events", "a new one")}
    assert len(reasons) == 3
    assert notices.polled_text(None) == ""


def test_almost_done_is_not_called_done() -> None:
    model = FolderModel()
    assert model.state_text(data.folder(photos=10_000, indexed=9_999, issues=0)) == "Indexing 99 %"
    assert model.state_text(data.folder(photos=0, indexed=0, issues=0, full_scan_at=None)) == "Looking for photos…"


def test_no_folder_is_said_in_words(panel: FolderPanel, client: FakeClient) -> None:
    client.last("folders.list").answer(FolderList(()))
    assert panel.pages.currentWidget() is panel.state
    assert "No folder" in panel.state.text()
    assert not panel.remove.isEnabled()
    assert panel.add.isEnabled()


def test_several_folders_can_be_chosen_at_once(filled: FolderPanel, client: FakeClient) -> None:
    filled.add.trigger()
    dialog = filled.dialog
    assert isinstance(dialog, QFileDialog)
    assert not dialog.isModal()
    view = dialog.findChild(QListView, "listView")
    assert isinstance(view, QListView)
    assert view.selectionMode() == QAbstractItemView.SelectionMode.ExtendedSelection
    dialog.filesSelected.emit(["/data/a", "/data/照片"])
    asked = [reply.params for reply in client.all_of("folders.add")]
    assert asked == [FolderAdd(PhotoPath("/data/a")), FolderAdd(PhotoPath("/data/照片"))]
    dialog.close()
    assert filled.dialog is None


def test_added_folder_appears(filled: FolderPanel, client: FakeClient) -> None:
    filled.add_folders(["/data/new"])
    client.last("folders.add").answer(data.folder(5, "new"))
    client.last("folders.list").answer(FolderList((*data.folders(), data.folder(5, "new"))))
    assert filled.model.rowCount() == 5


def test_refused_folder_is_explained(filled: FolderPanel, client: FakeClient) -> None:
    filled.add_folders(["/proc"])
    client.last("folders.add").fail("folder_refused")
    assert filled.notice.text() == notices.sentence_for("folder_refused")


def test_dropped_folders_are_added_and_files_are_not(filled: FolderPanel, client: FakeClient, tmp_path: Path) -> None:
    (tmp_path / "照片").mkdir()
    (tmp_path / "file.txt").write_text("no folder")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in ("照片", "file.txt")])
    event = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    filled.dropEvent(event)
    assert [reply.params for reply in client.all_of("folders.add")] == [FolderAdd(PhotoPath.of(tmp_path / "照片"))]


def question(panel: FolderPanel) -> QMessageBox:
    panel.remove.trigger()
    assert isinstance(panel.dialog, QMessageBox)
    return panel.dialog


def test_removal_asks_first_and_says_that_photos_stay(filled: FolderPanel, client: FakeClient) -> None:
    choose(filled, 2)
    box = question(filled)
    assert not box.isModal()
    assert "手机照片" in box.text()
    assert "untouched" in box.informativeText()
    assert box.defaultButton() is box.button(QMessageBox.StandardButton.Cancel)
    next(button for button in box.buttons() if button.text() == "Remove").click()
    assert client.last("folders.remove").params == FolderRequest(2)


def test_cancelled_removal_removes_nothing(filled: FolderPanel, client: FakeClient) -> None:
    box = question(filled)
    box.button(QMessageBox.StandardButton.Cancel).click()
    assert client.all_of("folders.remove") == []
    assert filled.dialog is None


def test_the_folder_that_was_asked_about_goes_even_if_another_is_current_by_then(
    filled: FolderPanel, client: FakeClient
) -> None:
    choose(filled, 3)
    box = question(filled)
    choose(filled, 1)
    next(button for button in box.buttons() if button.text() == "Remove").click()
    assert client.last("folders.remove").params == FolderRequest(3)


def test_pause_becomes_resume_for_a_paused_folder(filled: FolderPanel, client: FakeClient) -> None:
    choose(filled, 1)
    assert filled.pause.text() == "Pause"
    filled.pause.trigger()
    assert client.last("folders.pause").params == FolderRequest(1)
    choose(filled, 4)
    assert filled.pause.text() == "Resume"
    filled.pause.trigger()
    assert client.last("folders.resume").params == FolderRequest(4)


def test_rescan_by_key_and_only_where_the_folder_can_be_reached(filled: FolderPanel, client: FakeClient) -> None:
    choose(filled, 1)
    filled.list.setFocus()
    press(filled.list, Qt.Key.Key_F5)
    assert client.last("folders.rescan").params == FolderRequest(1)
    choose(filled, 3)
    assert not filled.rescan.isEnabled()


def patterns(panel: FolderPanel, client: FakeClient, value: str | None) -> ExcludeDialog:
    panel.exclude.trigger()
    assert isinstance(panel.dialog, ExcludeDialog)
    client.last("settings.get").answer(SettingValue("folder.1.exclude", value))
    return panel.dialog


def save(dialog: ExcludeDialog) -> None:
    dialog.buttons.button(QDialogButtonBox.StandardButton.Save).click()


def test_patterns_are_shown_cleaned_saved_and_followed_by_a_rescan(filled: FolderPanel, client: FakeClient) -> None:
    choose(filled, 1)
    dialog = patterns(filled, client, "*.tmp\n截图/*")
    assert client.last("settings.get").params == SettingValue("folder.1.exclude")
    assert dialog.patterns.toPlainText() == "*.tmp\n截图/*"
    dialog.patterns.setPlainText("  *.tmp \n\n 截图/*\n")
    save(dialog)
    assert client.last("settings.set").params == SettingValue("folder.1.exclude", "*.tmp\n截图/*")
    client.last("settings.set").answer(SettingValue("folder.1.exclude", "*.tmp\n截图/*"))
    assert client.last("folders.rescan").params == FolderRequest(1)
    assert filled.dialog is None


def test_no_pattern_is_the_default(filled: FolderPanel, client: FakeClient) -> None:
    dialog = patterns(filled, client, "*.tmp")
    dialog.patterns.setPlainText(" \n ")
    save(dialog)
    assert client.last("settings.set").params == SettingValue("folder.1.exclude", None)
    dialog.close()


def test_patterns_that_could_not_be_saved_stay_on_the_screen(filled: FolderPanel, client: FakeClient) -> None:
    dialog = patterns(filled, client, None)
    dialog.patterns.setPlainText("*.tmp")
    save(dialog)
    client.last("settings.set").fail("library_busy")
    assert dialog.isVisible()
    assert dialog.notice.text() == notices.sentence_for("library_busy")
    assert client.all_of("folders.rescan") == []
    dialog.close()


def test_patterns_cannot_be_typed_before_they_are_known(filled: FolderPanel, client: FakeClient) -> None:
    filled.exclude.trigger()
    dialog = filled.dialog
    assert isinstance(dialog, ExcludeDialog)
    assert not dialog.patterns.isEnabled()
    client.last("settings.get").fail()
    dialog.notice.button.click()
    client.last("settings.get").answer(SettingValue("folder.1.exclude", "*.tmp"))
    assert dialog.patterns.isEnabled()
    dialog.close()


def test_news_of_indexing_are_gathered_before_the_engine_is_asked(
    filled: FolderPanel, client: FakeClient, qtbot: QtBot
) -> None:
    before = len(client.all_of("folders.list"))
    for _ in range(20):
        client.index_progress.emit(data.progress())
    client.library_changed.emit(LibraryChanged(data.status()))
    assert len(client.all_of("folders.list")) == before
    qtbot.waitUntil(lambda: len(client.all_of("folders.list")) == before + 1, timeout=3000)


def test_hidden_panel_asks_for_nothing(filled: FolderPanel, client: FakeClient) -> None:
    filled.hide()
    before = len(client.asked)
    client.index_progress.emit(data.progress())
    assert len(client.asked) == before
    assert not filled._timer.isActive()


def test_changed_counts_keep_the_current_folder(filled: FolderPanel, client: FakeClient) -> None:
    choose(filled, 3)
    filled.reload()
    client.last("folders.list").answer(FolderList(data.folders()))
    assert filled.list.currentIndex().row() == 2
    filled.reload()
    client.last("folders.list").answer(FolderList(data.folders()[1:]))
    assert filled.list.currentIndex().data() == "Old camera"


def test_failure_to_list_can_be_tried_again(panel: FolderPanel, client: FakeClient) -> None:
    client.last("folders.list").fail("engine_gone")
    assert panel.notice.text() == notices.sentence_for("engine_gone")
    panel.notice.button.click()
    client.settle()
    assert panel.model.rowCount() == 4


def test_an_engine_that_is_back_is_asked_again(filled: FolderPanel, client: FakeClient) -> None:
    before = len(client.all_of("folders.list"))
    client.welcomed.emit(Empty())
    assert len(client.all_of("folders.list")) == before + 1


def test_menu_offers_the_same_as_the_buttons(filled: FolderPanel) -> None:
    menus: list[Any] = []
    filled.list.menu_wanted.emit(filled.model.index(0), filled.mapToGlobal(QPoint(5, 5)))
    menus.append(QApplication.activePopupWidget())
    assert menus[0] is not None
    assert {"Rescan", "Remove…"} <= {action.text() for action in menus[0].actions()}
    menus[0].close()


def test_the_model_keeps_qt_s_rules(qtmodeltester: ModelTester) -> None:
    model = FolderModel()
    check_model(qtmodeltester, model)
    model.show(data.folders())
    model.show(data.folders())
    model.show(data.folders()[:2])
