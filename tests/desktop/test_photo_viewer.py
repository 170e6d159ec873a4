"""The viewer: thumbnail at once, preview after, zoom, keys, facts, the map, and late answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel

from desktop import notices
from desktop.copyable_label import CopyableLabel
from desktop.elided_label import ElidedLabel
from desktop.photo_viewer import PREVIEW_EDGE, PhotoViewer
from desktop.wording import breakable, breakable_path
from engine.protocol.methods import ExplainRequest, Explanation, PreviewRequest, PreviewResult
from tests.desktop import panel_data as data
from tests.desktop.panel_client import FakeClient, click, offscreen, press

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

Key = Qt.Key
pytestmark = offscreen
ORDER = [5, 7, 9]


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def viewer(qtbot: QtBot, client: FakeClient) -> PhotoViewer:
    widget = PhotoViewer(client.real)
    qtbot.addWidget(widget)
    widget.resize(900, 600)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.show_photo(7, ORDER)
    return widget


@pytest.fixture
def seen(viewer: PhotoViewer, client: FakeClient, qtbot: QtBot, tmp_path: Path) -> PhotoViewer:
    """The viewer with details and preview of photo 7."""
    client.last("photo").answer(data.details(7, data.picture(tmp_path, "thumb.jpg")))
    preview = PreviewResult(data.picture(tmp_path, "preview.jpg", (2048, 1536)), 2048, 1536)
    client.last("preview").answer(preview)
    qtbot.waitUntil(lambda: viewer.canvas.picture_size().width() == 2048)
    return viewer


def test_thumbnail_stands_until_the_preview_replaces_it(
    viewer: PhotoViewer, client: FakeClient, qtbot: QtBot, tmp_path: Path
) -> None:
    client.last("photo").answer(data.details(7, data.picture(tmp_path, "thumb.jpg")))
    qtbot.waitUntil(lambda: viewer.canvas.picture_size().width() == 320)
    zoom = viewer.canvas.zoom
    assert client.last("preview").params == PreviewRequest(7, PREVIEW_EDGE)
    big = data.picture(tmp_path, "preview.jpg", (2048, 1536))
    client.last("preview").answer(PreviewResult(big, 2048, 1536))
    qtbot.waitUntil(lambda: viewer.canvas.picture_size().width() == 2048)
    assert viewer.canvas.zoom == pytest.approx(zoom)


def test_a_thumbnail_that_comes_after_the_preview_is_not_shown(
    viewer: PhotoViewer, client: FakeClient, qtbot: QtBot, tmp_path: Path
) -> None:
    client.last("preview").answer(PreviewResult(data.picture(tmp_path, "preview.jpg", (2048, 1536)), 2048, 1536))
    client.last("photo").answer(data.details(7, data.picture(tmp_path, "thumb.jpg")))
    qtbot.waitUntil(lambda: viewer.canvas.picture_size().width() == 2048)


def test_facts_name_date_camera_size_place_all_paths_and_captions(seen: PhotoViewer) -> None:
    text = seen.facts.text().replace("\u200b", "").replace(",000", "000")
    for fact in ("FUJIFILM X-T4", "4000 × 3000", "JPEG", "36.0671° N, 120.3826° E", "18:22", "2023"):
        assert fact in text
    for path in data.details().paths:
        assert path.path in text
    assert "海上的红气球" in text


def test_unknown_facts_take_no_room(viewer: PhotoViewer, client: FakeClient) -> None:
    client.last("photo").answer(data.details(7, camera=None, taken_at=None, latitude=None, captions=(), width=None))
    assert "Camera" not in viewer.facts.text()
    assert "Place" not in viewer.facts.text()
    assert "None yet" in viewer.facts.text()


def test_offline_photo_says_so(viewer: PhotoViewer, client: FakeClient) -> None:
    client.last("photo").answer(data.details(7, is_offline=True))
    assert "not connected" in viewer.facts.text()


def test_arrows_home_and_end_go_through_the_order_and_stop_at_its_ends(viewer: PhotoViewer) -> None:
    shown: list[object] = []
    viewer.photo_changed.connect(shown.append)
    for key in (Key.Key_Right, Key.Key_Right, Key.Key_Left, Key.Key_Home, Key.Key_Left, Key.Key_End):
        press(viewer.canvas, key)
    assert shown == [9, 7, 5, 9]
    assert viewer.bar.position.text() == "3 of 3"
    assert not viewer.bar.next.isEnabled()
    assert viewer.bar.previous.isEnabled()


def test_late_answers_for_another_photo_are_dropped(
    viewer: PhotoViewer, client: FakeClient, qtbot: QtBot, tmp_path: Path
) -> None:
    viewer.explain("red balloon")
    viewer.step(1)
    (old_photo, new_photo), (old_preview, new_preview) = client.all_of("photo"), client.all_of("preview")
    old_explain, new_explain = client.all_of("explain")
    new_photo.answer(data.details(9))
    new_preview.answer(PreviewResult(data.picture(tmp_path, "new.jpg", (1000, 500)), 1000, 500))
    qtbot.waitUntil(lambda: viewer.canvas.picture_size().width() == 1000)
    old_photo.answer(data.details(7))
    old_preview.answer(PreviewResult(data.picture(tmp_path, "old.jpg"), 320, 240))
    old_explain.answer(data.explanation(7))
    assert viewer.bar.title.text() == "IMG_0009.jpg"
    assert not viewer.canvas.has_heat
    new_explain.answer(data.explanation(7))  # an engine that answers for the wrong photo
    assert not viewer.canvas.has_heat
    assert viewer.canvas.picture_size().width() == 1000


def test_a_picture_still_being_read_is_dropped_when_moving_on(
    viewer: PhotoViewer, client: FakeClient, tmp_path: Path
) -> None:
    client.last("preview").answer(PreviewResult(data.picture(tmp_path), 320, 240))
    viewer.step(1)
    QApplication.processEvents()
    assert viewer.canvas.picture_size().isEmpty()


def test_keys_zoom_and_fit(seen: PhotoViewer) -> None:
    fitted = seen.canvas.zoom
    assert seen.canvas.is_fitted
    press(seen.canvas, Key.Key_Plus)
    assert seen.canvas.zoom == pytest.approx(fitted * 1.25)
    press(seen.canvas, Key.Key_Minus)
    assert seen.canvas.zoom == pytest.approx(fitted)
    press(seen.canvas, Key.Key_1)
    assert seen.canvas.zoom == pytest.approx(1.0)
    assert seen.bar.zoom.text() == "100 %"
    press(seen.canvas, Key.Key_0)
    assert seen.canvas.zoom == pytest.approx(fitted)


def test_a_fitted_photo_follows_the_window_and_a_zoomed_one_does_not(seen: PhotoViewer) -> None:
    before = seen.canvas.zoom
    seen.resize(600, 400)
    QApplication.processEvents()
    assert seen.canvas.zoom < before
    seen.canvas.show_actual_size()
    seen.resize(800, 500)
    QApplication.processEvents()
    assert seen.canvas.zoom == pytest.approx(1.0)


def test_the_wheel_zooms_within_bounds(seen: PhotoViewer) -> None:
    def turn(notches: int) -> None:
        middle = QPointF(seen.canvas.viewport().rect().center())
        event = QWheelEvent(
            middle, middle, QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(seen.canvas.viewport(), event)

    turn(100)
    assert seen.canvas.zoom == pytest.approx(8.0)
    turn(-200)
    assert 0 < seen.canvas.zoom < 0.1


def test_zooming_beyond_the_preview_asks_for_a_sharper_one_once(seen: PhotoViewer, client: FakeClient) -> None:
    asked = len(client.all_of("preview"))
    seen.canvas.show_actual_size()
    seen.canvas.zoom_by(1.5)
    assert len(client.all_of("preview")) == asked + 1
    assert client.last("preview").params == PreviewRequest(7, 4000)


def test_shift_and_arrows_pan(seen: PhotoViewer) -> None:
    seen.canvas.show_actual_size()
    bar = seen.canvas.horizontalScrollBar()
    before = bar.value()
    press(seen.canvas, Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert bar.value() > before
    assert seen.photo_id == 7


def test_explain_lays_the_whole_query_s_map_over_the_photo(seen: PhotoViewer, client: FakeClient) -> None:
    seen.explain("red balloon over the sea")
    assert client.last("explain").params == ExplainRequest(7, "red balloon over the sea")
    client.last("explain").answer(data.explanation())
    assert seen.chips.texts() == ["Whole query", "red · 44 %", "balloon · 72 %", "sea · 31 %"]
    assert seen.canvas.has_heat
    assert seen.chips.isVisible()


def test_word_without_weight_is_not_shown_and_the_others_keep_their_maps(seen: PhotoViewer, client: FakeClient) -> None:
    seen.explain("red balloon over the sea")
    whole, red, balloon, sea = data.explanation().words
    client.last("explain").answer(Explanation(7, 0.4, (whole, replace(red, weight=0.004), balloon, sea)))
    assert seen.chips.texts() == ["Whole query", "balloon · 72 %", "sea · 31 %"]
    chosen: list[int] = []
    seen.chips.chosen.connect(chosen.append)
    chip = seen.chips.chip(2)
    assert chip is not None
    click(chip)
    assert (chip.text(), chosen) == ("balloon · 72 %", [2])


def test_a_chip_shows_its_own_map(seen: PhotoViewer, client: FakeClient) -> None:
    seen.explain("red balloon over the sea")
    client.last("explain").answer(data.explanation())
    whole = seen.canvas.grab().toImage()
    chip = seen.chips.chip(3)
    assert chip is not None
    click(chip)
    assert chip.isChecked()
    assert seen.canvas.grab().toImage() != whole


def test_chinese_words_stand_on_the_chips(seen: PhotoViewer, client: FakeClient) -> None:
    seen.explain("海上的红气球")
    words = tuple(type(w)("红气球", w.weight, w.rows, w.columns, w.relevance) for w in data.explanation().words[:3])
    client.last("explain").answer(Explanation(7, 0.4, words))
    assert seen.chips.texts()[1] == "红气球 · 44 %"


def test_query_of_one_word_has_one_chip_with_that_word(seen: PhotoViewer, client: FakeClient) -> None:
    seen.explain("balloon")
    words = tuple(type(w)("balloon", 1.0, w.rows, w.columns, w.relevance) for w in data.explanation().words[:2])
    client.last("explain").answer(Explanation(7, 0.4, words))
    assert seen.chips.texts() == ["balloon"]
    assert seen.canvas.has_heat


def test_r_takes_the_map_away_and_brings_it_back(seen: PhotoViewer, client: FakeClient) -> None:
    seen.explain("red balloon")
    client.last("explain").answer(data.explanation())
    press(seen.canvas, Key.Key_R)
    assert not seen.canvas.has_heat
    assert not seen.chips.isVisible()
    seen.step(1)
    assert len(client.all_of("explain")) == 1  # nothing is asked while the map is off
    press(seen.canvas, Key.Key_R)
    assert client.last("explain").params == ExplainRequest(9, "red balloon")


def test_r_without_a_query_does_nothing(seen: PhotoViewer, client: FakeClient) -> None:
    press(seen.canvas, Key.Key_R)
    assert client.all_of("explain") == []
    assert not seen.bar.map.isEnabled()


def test_failures_are_said_in_place(viewer: PhotoViewer, client: FakeClient) -> None:
    client.last("preview").fail("photo_unusable")
    assert viewer.notice.text() == notices.sentence_for("photo_unusable")
    viewer.explain("red balloon")
    client.last("explain").fail("model_missing")
    assert not viewer.canvas.has_heat
    viewer.step(1)
    assert viewer.notice.isHidden()


def test_facts_make_room_for_the_photo_where_it_is_narrow(seen: PhotoViewer) -> None:
    seen.resize(1000, 600)
    assert seen.facts.isVisible()
    seen.resize(590, 600)
    assert not seen.facts.isVisible()
    press(seen.canvas, Key.Key_I)
    assert seen.facts.isVisible(), "who asks for them has them"
    seen.resize(560, 600)
    assert seen.facts.isVisible()
    press(seen.canvas, Key.Key_I)
    seen.resize(1000, 600)
    assert seen.facts.isVisible()


@pytest.mark.parametrize("shape", [(7, 7), (9, 9), (4, 6)])
def test_map_is_drawn_whatever_the_model_s_grid(
    viewer: PhotoViewer, client: FakeClient, shape: tuple[int, int]
) -> None:
    viewer.show_photo(7, [7])
    viewer.explain("red balloon over the sea")
    client.last("explain").answer(data.explanation(shape=shape))
    assert viewer.canvas.has_heat


def test_long_name_can_be_broken_and_a_short_one_stays(qtbot: QtBot) -> None:
    assert breakable("IMG_0007.jpg") == "IMG_0007.jpg"
    name = "IMG_very_long_name_" * 4 + "a" * 60 + ".jpg"
    broken = breakable(name)
    assert max(len(piece) for piece in broken.split("\u200b")) <= 24
    assert broken.replace("\u200b", "") == name
    assert broken.startswith("IMG_\u200bvery_\u200b")


@pytest.mark.parametrize("way", ["key", "menu"])
def test_path_that_is_copied_is_the_true_one(qtbot: QtBot, way: str) -> None:
    path = "/photos/旅行/🐶 a\u200bb/" + "IMG_very_long_name_" * 3 + "🎂.jpg"
    label = CopyableLabel(path, breakable_path(path))
    qtbot.addWidget(label)
    label.show()
    clipboard = QGuiApplication.clipboard()
    clipboard.setText("before")
    if way == "key":
        press(label, Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        assert clipboard.text() == "before", "nothing was selected"
        label.setSelection(0, len(label.text()) + 2)  # Qt counts an emoji as two
        press(label, Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    else:
        label.menu().actions()[1].trigger()  # Select all
        label.menu().actions()[0].trigger()  # Copy
    assert clipboard.text() == path
    label.setSelection(label.text().index("IMG") + 1, len("IMG_\u200bvery"))  # behind one emoji
    label.copy()
    assert clipboard.text() == "IMG_very"


def test_caption_of_several_lines_is_copied_as_it_is(qtbot: QtBot) -> None:
    label = CopyableLabel("a dog\r\non grass")
    qtbot.addWidget(label)
    label.setSelection(0, len(label.text()))
    label.copy()
    assert QGuiApplication.clipboard().text() == "a dog\non grass"


def test_long_name_is_left_out_in_the_middle_and_told_whole(qtbot: QtBot) -> None:
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.resize(120, 24)
    label.show()
    label.setText("short.jpg")
    assert (label.shown_text(), label.toolTip()) == ("short.jpg", "")
    name = "微信图片_很长很长的文件名_20230714.jpg"
    label.setText(name)
    assert label.shown_text().endswith(".jpg")
    assert len(label.shown_text()) < len(name)
    assert (label.text(), label.toolTip()) == (name, name)
    label.resize(900, 24)
    assert (label.shown_text(), label.toolTip()) == (name, "")
    label.grab()


def test_explanation_without_words_says_so(viewer: PhotoViewer, client: FakeClient) -> None:
    viewer.explain("IMG_0007")
    client.last("explain").answer(Explanation(7, 0.1, ()))
    assert not viewer.canvas.has_heat
    assert viewer.chips.texts() == []


def test_a_query_of_filters_alone_is_nowhere_in_the_photo(viewer: PhotoViewer, client: FakeClient) -> None:
    viewer.explain("2023")
    client.last("explain").fail("usage")
    label = viewer.chips.widget()
    assert isinstance(label, QLabel)
    assert label.text().startswith("No word of the query")


def test_escape_closes_and_wants_nothing_any_more(viewer: PhotoViewer, client: FakeClient, qtbot: QtBot) -> None:
    with qtbot.waitSignal(viewer.closed):
        press(viewer.canvas, Key.Key_Escape)
    assert client.waiting() == []


def test_c_and_the_button_ask_for_captions(seen: PhotoViewer, qtbot: QtBot) -> None:
    with qtbot.waitSignal(seen.captions_requested) as asked:
        press(seen.canvas, Key.Key_C)
    assert asked.args == [7]
    with qtbot.waitSignal(seen.captions_requested):
        seen.facts.captions_wanted.emit()


def test_a_key_with_ctrl_is_another_key(seen: PhotoViewer) -> None:
    asked: list[object] = []
    seen.captions_requested.connect(asked.append)
    press(seen.canvas, Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert asked == []


def test_buttons_do_what_their_keys_do(seen: PhotoViewer) -> None:
    zoom = seen.canvas.zoom
    seen.bar.zoom_in.click()
    assert seen.canvas.zoom > zoom
    seen.bar.fit.click()
    assert seen.canvas.zoom == pytest.approx(zoom)
    seen.bar.next.click()
    assert seen.photo_id == 9
    seen.bar.previous.click()
    assert seen.photo_id == 7
    seen.bar.facts.click()
    assert not seen.facts.isVisible()


def test_i_hides_the_facts(seen: PhotoViewer) -> None:
    press(seen.canvas, Key.Key_I)
    assert not seen.facts.isVisible()


def test_a_photo_outside_the_order_can_be_shown(viewer: PhotoViewer) -> None:
    viewer.show_photo(2**40, [])
    assert viewer.photo_id == 2**40
    viewer.step(1)
    assert viewer.photo_id == 2**40


def test_every_button_has_a_name_for_screen_readers(viewer: PhotoViewer) -> None:
    bar = viewer.bar
    for button in (bar.back, bar.previous, bar.next, bar.zoom_in, bar.zoom_out, bar.fit, bar.map, bar.facts):
        assert len(button.accessibleName()) > 3
