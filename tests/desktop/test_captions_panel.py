"""The captions panel: what it shows, what it asks for, what it does on a click, a key and a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QMenu

from desktop import notices
from desktop.caption_model import CaptionModel
from desktop.captions_panel import CaptionsPanel
from desktop.row_view import RowRole
from engine.protocol.methods import (
    CaptionAdd,
    CaptionEdit,
    CaptionRemove,
    CaptionRow,
    CaptionsRequest,
    Empty,
)
from tests.desktop import panel_data as data
from tests.desktop.panel_client import FakeClient, check_model, click, offscreen, press

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QApplication
    from pytestqt.modeltest import ModelTester
    from pytestqt.qtbot import QtBot

Key = Qt.Key
pytestmark = offscreen


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def panel(qtbot: QtBot, client: FakeClient) -> CaptionsPanel:
    widget = CaptionsPanel(client.real)
    qtbot.addWidget(widget)
    widget.resize(340, 600)
    return widget


@pytest.fixture
def filled(panel: CaptionsPanel, client: FakeClient, qtbot: QtBot) -> CaptionsPanel:
    with qtbot.waitExposed(panel):
        panel.show()
    panel.show_photo(7)
    client.last("photo").answer(data.details())
    client.last("captions.nearest").answer(data.captions())
    return panel


@pytest.mark.parametrize(("interface", "wanted"), [("zh_CN", "zh"), ("en", "en"), (None, None)])
def test_captions_come_in_the_interface_s_language(
    qtbot: QtBot, qapp: QApplication, client: FakeClient, interface: str | None, wanted: str | None
) -> None:
    qapp.setProperty("interfaceLanguage", interface)
    panel = CaptionsPanel(client.real)
    qapp.setProperty("interfaceLanguage", None)
    qtbot.addWidget(panel)
    panel.show_photo(7)
    assert client.last("captions.nearest").params.language == wanted


def texts(panel: CaptionsPanel) -> list[str]:
    return [str(panel.model.index(row).data()) for row in range(panel.model.rowCount())]


def row_of(panel: CaptionsPanel, text: str) -> QModelIndex:
    return panel.model.index(texts(panel).index(text))


def choose(panel: CaptionsPanel, text: str) -> None:
    panel.list.setCurrentIndex(row_of(panel, text))


def test_own_captions_come_first_then_the_nearest_best_first(filled: CaptionsPanel) -> None:
    shown = texts(filled)
    assert shown[1:3] == ["海上的红气球", "Qingdao, last evening of the holidays"]
    assert shown[4:] == [row.text for row in data.NEAREST]
    shares = [filled.model.index(row).data(RowRole.SHARE) for row in range(4, len(shown))]
    assert shares[0] == 1.0
    assert shares == sorted(shares, reverse=True)


def test_each_caption_names_its_source_language_and_score(filled: CaptionsPanel) -> None:
    assert row_of(filled, "海上的红气球").data(RowRole.DETAIL) == "Yours · 中文"
    assert row_of(filled, "海边的日落").data(RowRole.DETAIL) == "Imported · 中文 · 0.30"
    hint = row_of(filled, "海边的日落").data(Qt.ItemDataRole.ToolTipRole)
    assert "0.30" in hint
    assert "日落.heic" in hint
    spoken = row_of(filled, "a kite in the blue sky").data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "a kite in the blue sky, Caption bank, English, Similarity 0.19"


def test_a_nearest_caption_the_photo_has_already_is_shown_once(panel: CaptionsPanel, client: FakeClient) -> None:
    panel.show_photo(7)
    twin = CaptionRow("海上的红气球", "zh", "bank", 0.5)
    client.last("captions.nearest").answer(data.captions(nearest=(twin, *data.NEAREST)))
    assert texts(panel).count("海上的红气球") == 1


def test_the_header_names_the_photo(filled: CaptionsPanel) -> None:
    assert filled.header.title.text() == "IMG_0007.jpg"
    assert "FUJIFILM X-T4" in filled.header.detail.text()


def test_the_thumbnail_is_shown(panel: CaptionsPanel, client: FakeClient, qtbot: QtBot, tmp_path: Path) -> None:
    panel.show_photo(7)
    client.last("photo").answer(data.details(7, data.picture(tmp_path)))
    qtbot.waitUntil(lambda: not panel.header.picture.pixmap().isNull())
    assert panel.header.picture.pixmap().width() == 72


def test_a_click_searches_for_the_caption(filled: CaptionsPanel, qtbot: QtBot) -> None:
    where = filled.list.visualRect(row_of(filled, "海上的红气球")).center()
    with qtbot.waitSignal(filled.search_requested) as asked:
        click(filled.list.viewport(), where)
    assert asked.args == ["海上的红气球"]


def test_enter_searches_and_arrows_pass_over_headings(filled: CaptionsPanel, qtbot: QtBot) -> None:
    filled.list.setFocus()
    choose(filled, "Qingdao, last evening of the holidays")
    press(filled.list, Key.Key_Down)
    with qtbot.waitSignal(filled.search_requested) as asked:
        press(filled.list, Key.Key_Return)
    assert asked.args == [data.NEAREST[0].text]


def test_accept_adds_the_caption_with_its_language_and_asks_again(filled: CaptionsPanel, client: FakeClient) -> None:
    choose(filled, "傍晚海面上飘着一只红色的气球")
    filled.accept.trigger()
    assert client.last("captions.add").params == CaptionAdd(7, "傍晚海面上飘着一只红色的气球", "zh")
    client.last("captions.add").answer(CaptionRow("傍晚海面上飘着一只红色的气球", "zh", "user", caption_id=13))
    assert len(client.all_of("captions.nearest")) == 2


def test_only_own_captions_can_be_edited_and_only_others_accepted(filled: CaptionsPanel) -> None:
    choose(filled, "海上的红气球")
    assert [a.isEnabled() for a in (filled.accept, filled.edit, filled.remove, filled.copy)] == [
        False, True, True, True,
    ]  # fmt: skip
    choose(filled, "海边的日落")  # of the library, but of another photo
    assert [a.isEnabled() for a in (filled.accept, filled.edit, filled.remove, filled.copy)] == [
        True, False, False, True,
    ]  # fmt: skip


def test_editing_in_place_sends_the_new_words(filled: CaptionsPanel, client: FakeClient, qtbot: QtBot) -> None:
    choose(filled, "海上的红气球")
    filled.list.setFocus()
    filled.edit.trigger()
    editor = filled.list.viewport().findChild(QLineEdit)
    assert isinstance(editor, QLineEdit)
    editor.setText("海面上的红气球")
    press(editor, Key.Key_Return)
    qtbot.waitUntil(lambda: bool(client.all_of("captions.edit")))
    assert client.last("captions.edit").params == CaptionEdit(11, "海面上的红气球")


def test_emptied_or_unchanged_words_change_nothing(filled: CaptionsPanel, client: FakeClient) -> None:
    index = row_of(filled, "海上的红气球")
    assert not filled.model.setData(index, "  ")
    assert not filled.model.setData(index, "海上的红气球")
    assert client.all_of("captions.edit") == []


def test_removed_caption_can_be_brought_back(filled: CaptionsPanel, client: FakeClient) -> None:
    choose(filled, "海上的红气球")
    filled.remove.trigger()
    assert client.last("captions.remove").params == CaptionRemove(11)
    client.last("captions.remove").answer(Empty())
    assert "海上的红气球" in filled.notice.text()
    filled.notice.button.click()
    assert client.last("captions.add").params == CaptionAdd(7, "海上的红气球", "zh")


def test_copy_puts_the_words_on_the_clipboard(filled: CaptionsPanel) -> None:
    choose(filled, "海边的日落")
    filled.copy.trigger()
    assert QGuiApplication.clipboard().text() == "海边的日落"


def test_typed_caption_is_added_on_enter(filled: CaptionsPanel, client: FakeClient) -> None:
    filled.adder.insert("  our balloon ")
    press(filled.adder, Key.Key_Return)
    assert client.last("captions.add").params == CaptionAdd(7, "our balloon")
    assert filled.adder.text() != ""
    client.last("captions.add").answer(CaptionRow("our balloon", "en", "user", caption_id=14))
    assert filled.adder.text() == ""


def test_failed_addition_keeps_what_was_typed_and_says_why(filled: CaptionsPanel, client: FakeClient) -> None:
    filled.adder.setText("our balloon")
    filled.add_button.click()
    client.last("captions.add").fail("disk_full")
    assert filled.adder.text() == "our balloon"
    assert filled.notice.text() == notices.sentence_for("disk_full")


def test_moving_on_lets_an_addition_finish_without_clearing_the_new_text(
    filled: CaptionsPanel, client: FakeClient
) -> None:
    filled.adder.setText("our balloon")
    filled.add_button.click()
    filled.show_photo(8)
    filled.adder.setText("another")
    assert not client.last("captions.add").was_cancelled
    client.last("captions.add").answer(CaptionRow("our balloon", "en", "user", caption_id=14))
    assert filled.adder.text() == "another"


def test_late_answers_for_another_photo_are_dropped(panel: CaptionsPanel, client: FakeClient) -> None:
    panel.show_photo(7)
    panel.show_photo(8)
    old_photo, new_photo = client.all_of("photo")
    old, new = client.all_of("captions.nearest")
    new_photo.answer(data.details(8))
    new.answer(data.captions(own=(), nearest=data.NEAREST[:1]))
    old_photo.answer(data.details(7))
    old.answer(data.captions())
    assert texts(panel)[1:] == [data.NEAREST[0].text]
    assert panel.header.title.text() == "IMG_0008.jpg"


def test_switches_ask_again_for_language_and_source(filled: CaptionsPanel, client: FakeClient) -> None:
    filled.languages.setCurrentIndex(filled.languages.findText("中文"))
    filled.sources.setCurrentIndex(filled.sources.findText("Caption bank"))
    request = client.last("captions.nearest").params
    assert isinstance(request, CaptionsRequest)
    assert (request.photo_id, request.language, request.source) == (7, "zh", "bank")


def test_own_captions_show_while_the_nearest_are_looked_for(panel: CaptionsPanel, client: FakeClient) -> None:
    panel.show_photo(7)
    assert panel.state.text() == "Looking for captions…"
    assert panel.pages.currentWidget() is panel.state
    client.last("photo").answer(data.details())
    assert texts(panel)[1:] == [row.text for row in data.OWN]


def test_no_photo_and_no_caption_are_said_in_words(panel: CaptionsPanel, client: FakeClient) -> None:
    assert "Choose a photo" in panel.state.text()
    assert not panel.adder.isEnabled()
    panel.show_photo(7)
    client.last("captions.nearest").answer(data.captions((), ()))
    assert "No caption fits" in panel.state.text()
    assert panel.adder.isEnabled()


def test_failure_is_said_and_can_be_tried_again(panel: CaptionsPanel, client: FakeClient) -> None:
    panel.show_photo(7)
    client.last("captions.nearest").fail("engine_gone")
    assert panel.notice.text() == notices.sentence_for("engine_gone")
    panel.notice.button.click()
    client.last("captions.nearest").answer(data.captions())
    assert panel.notice.isHidden()
    assert len(texts(panel)) > 4


def test_the_current_caption_stays_current_when_the_list_is_asked_again(
    filled: CaptionsPanel, client: FakeClient
) -> None:
    choose(filled, "海边的日落")
    filled.reload()
    client.last("captions.nearest").answer(data.captions())
    assert filled.list.currentIndex().data() == "海边的日落"


def test_right_click_opens_the_menu_without_searching(filled: CaptionsPanel) -> None:
    asked: list[Any] = []
    filled.search_requested.connect(asked.append)
    filled.list.menu_wanted.emit(row_of(filled, "海边的日落"), filled.mapToGlobal(QPoint(5, 5)))
    menu = filled.findChild(QMenu)
    assert isinstance(menu, QMenu)
    assert "Accept" in [action.text() for action in menu.actions()]
    menu.close()
    assert asked == []


def test_every_control_has_a_name_for_screen_readers(panel: CaptionsPanel) -> None:
    for widget in (panel.list, panel.adder, panel.languages, panel.sources):
        assert widget.accessibleName()


def test_long_captions_wrap_into_more_lines(filled: CaptionsPanel) -> None:
    short = filled.list.visualRect(row_of(filled, "海边的日落")).height()
    assert filled.list.visualRect(row_of(filled, data.NEAREST[2].text)).height() > short


def test_the_model_keeps_qt_s_rules(qtmodeltester: ModelTester) -> None:
    model = CaptionModel()
    check_model(qtmodeltester, model)
    model.show(data.OWN, data.NEAREST)
    model.show((), data.NEAREST)
