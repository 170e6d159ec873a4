"""The grid: keys, choosing, the menu, pages, and a hundred thousand photos."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent

from desktop.photo_actions import PhotoAction
from desktop.photo_delegate import badges_of
from desktop.photo_grid import PhotoGrid
from desktop.photo_model import PhotoModel
from desktop.thumbnail_loader import ThumbnailLoader
from desktop.tile_view import HEADING_HEIGHT, ranges
from engine.protocol import Confidence, Hit, PhotoPath
from engine.protocol.methods import MonthCount

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

Asked = list[tuple[PhotoAction, tuple[int, ...], object]]


def _hit(number: int) -> Hit:
    date = f"{2026 - number // 12:04}-{12 - number % 12:02}-01" if number < 10_000 else None
    return Hit(number, PhotoPath(f"/p/{number}.jpg"), 0.3, Confidence.MATCH, number, ("vectors",), None, date)


@pytest.fixture
def grid(qtbot: QtBot, thumbnails: list[str]) -> Iterator[PhotoGrid]:
    model, loader = PhotoModel(), ThumbnailLoader()
    made = PhotoGrid(model, loader)
    model.setParent(made)
    loader.setParent(made)
    made.resize(800, 600)
    model.show_hits([replace(_hit(n), thumbnail=thumbnails[n % 6]) for n in range(1, 41)])
    made.show()
    qtbot.addWidget(made)
    qtbot.waitExposed(made)
    qtbot.waitUntil(lambda: made.visualRect(model.index(1)).x() > 0)
    yield made
    loader.stop()


@pytest.fixture
def asked(grid: PhotoGrid) -> Asked:
    actions: Asked = []
    grid.action_asked.connect(lambda name, ids, value: actions.append((name, ids, value)))
    return actions


def _model(grid: PhotoGrid) -> PhotoModel:
    model = grid.model()
    assert isinstance(model, PhotoModel)
    return model


def test_tiles_fill_the_line(grid: PhotoGrid) -> None:
    tops = [grid.visualRect(_model(grid).index(row)).top() for row in range(8)]
    columns = tops.count(tops[0])
    last = grid.visualRect(_model(grid).index(columns - 1))
    assert columns >= 3
    assert 0 <= grid.viewport().width() - last.right() < 30


def test_chosen_photo_stays_in_view_when_a_panel_takes_room(grid: PhotoGrid, qtbot: QtBot) -> None:
    grid.choose(20)
    qtbot.waitUntil(lambda: grid.viewport().rect().intersects(grid.visualRect(grid.currentIndex())))
    grid.resize(420, 600)
    qtbot.waitUntil(lambda: grid.viewport().rect().contains(grid.visualRect(grid.currentIndex()).center()))


def test_slider_makes_tiles_larger(grid: PhotoGrid, qtbot: QtBot) -> None:
    before = grid.visualRect(_model(grid).index(0)).width()
    grid.set_tile_edge(300)
    qtbot.waitUntil(lambda: grid.visualRect(_model(grid).index(0)).width() > before + 50)


def test_arrow_home_and_end_keys_move_the_choice(grid: PhotoGrid, qtbot: QtBot) -> None:
    grid.choose(1)
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert grid.current_id() == 2
    qtbot.keyClick(grid, Qt.Key.Key_Down)
    assert (grid.current_id() or 0) > 4
    qtbot.keyClick(grid, Qt.Key.Key_End)
    assert grid.selected_ids() == (40,)
    qtbot.keyClick(grid, Qt.Key.Key_Home)
    assert grid.selected_ids() == (1,)


def test_keys_ask_for_what_they_should(grid: PhotoGrid, asked: Asked, qtbot: QtBot) -> None:
    grid.choose(3)
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    qtbot.keyClick(grid, Qt.Key.Key_Space)
    qtbot.keyClick(grid, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(grid, Qt.Key.Key_Return, Qt.KeyboardModifier.AltModifier)
    names = [PhotoAction.OPEN, PhotoAction.PREVIEW, PhotoAction.COPY_FILES, PhotoAction.PROPERTIES]
    assert asked == [(name, (3,), None) for name in names]


def test_delete_does_nothing(grid: PhotoGrid, asked: Asked, qtbot: QtBot) -> None:
    grid.choose(3)
    qtbot.keyClick(grid, Qt.Key.Key_Delete)
    qtbot.keyClick(grid, Qt.Key.Key_Backspace)
    assert not asked
    assert _model(grid).photo_count == 40


def test_select_all_takes_every_photo(grid: PhotoGrid, qtbot: QtBot) -> None:
    _model(grid).show_hits([_hit(1), _hit(2), _hit(3)], 1)
    qtbot.keyClick(grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert grid.selected_ids() == (1, 2, 3)


def test_possible_matches_begin_under_a_heading(grid: PhotoGrid) -> None:
    model = _model(grid)
    model.show_hits([_hit(n) for n in range(1, 7)], 2)
    second, third = (grid.visualRect(model.index(row)) for row in (1, 2))
    assert third.top() == second.bottom() + 1 + HEADING_HEIGHT
    assert third.left() == grid.visualRect(model.index(0)).left()
    assert grid.tiles.headings_between(0, 10_000) == [("Possible matches", second.bottom() + 1)]


def test_months_have_headings_in_a_list_by_date(grid: PhotoGrid) -> None:
    model = _model(grid)
    model.show_hits([_hit(1), _hit(2), _hit(3), replace(_hit(9), taken_at=None), _hit(4)], 4, by_month=True)
    titles = [section.title for section in model.sections]
    assert titles == ["November 2026", "October 2026", "September 2026", "Possible matches"]
    model.show_pages(100, 0, [_hit(1)], (MonthCount("2026-11", 1), MonthCount("2026-02", 60), MonthCount("", 39)))
    assert [(section.first, section.title) for section in model.sections] == [
        (0, "November 2026"), (1, "February 2026"), (61, ""),
    ]  # fmt: skip


def test_arrow_keys_step_over_headings(grid: PhotoGrid, qtbot: QtBot) -> None:
    model = _model(grid)
    model.show_hits([_hit(n) for n in range(1, 7)], 2)
    grid.choose(1)
    qtbot.keyClick(grid, Qt.Key.Key_Down)
    assert grid.current_id() == 3
    qtbot.keyClick(grid, Qt.Key.Key_Up)
    assert grid.current_id() == 1
    qtbot.keyClick(grid, Qt.Key.Key_Left)
    assert grid.current_id() == 1, "there is nothing before the first"


def test_heading_comes_into_view_with_the_first_of_its_photos(grid: PhotoGrid) -> None:
    model = _model(grid)
    model.show_hits([_hit(n) for n in range(1, 41)], 20)
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().maximum())
    grid.scrollTo(model.index(20))
    assert grid.visualRect(model.index(20)).top() == HEADING_HEIGHT


def test_page_keys_move_by_a_view(grid: PhotoGrid, qtbot: QtBot) -> None:
    grid.choose(1)
    qtbot.keyClick(grid, Qt.Key.Key_PageDown)
    first = grid.current_id() or 0
    assert 4 < first <= 40
    for _ in range(4):
        qtbot.keyClick(grid, Qt.Key.Key_PageDown)
    assert grid.current_id() == 40
    for _ in range(5):
        qtbot.keyClick(grid, Qt.Key.Key_PageUp)
    assert grid.current_id() == 1


def test_shift_click_chooses_all_in_between(grid: PhotoGrid, qtbot: QtBot) -> None:
    model, left, shift = _model(grid), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
    qtbot.mouseClick(grid.viewport(), left, pos=grid.visualRect(model.index(1)).center())
    qtbot.mouseClick(grid.viewport(), left, shift, pos=grid.visualRect(model.index(6)).center())
    assert grid.selected_ids() == (2, 3, 4, 5, 6, 7)
    qtbot.keyClick(grid, Qt.Key.Key_Right, shift)
    assert grid.selected_ids() == (2, 3, 4, 5, 6, 7, 8)
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.mouseClick(grid.viewport(), left, control, pos=grid.visualRect(model.index(3)).center())
    assert grid.selected_ids() == (2, 3, 5, 6, 7, 8)


def test_rubber_band_chooses_what_it_touches(grid: PhotoGrid, qtbot: QtBot) -> None:
    model, left = _model(grid), Qt.MouseButton.LeftButton
    model.show_hits([_hit(n) for n in range(1, 7)], 2)
    port = grid.viewport()
    empty, end = grid.visualRect(model.index(1)).topRight() + QPoint(20, 20), grid.visualRect(model.index(3)).center()
    qtbot.mousePress(port, left, pos=empty)
    for step in range(1, 11):
        qtbot.mouseMove(port, empty + (end - empty) * step / 10)
    grid.repaint()
    qtbot.mouseRelease(port, left, pos=end)
    assert grid.selected_ids() == (2, 4, 5), "it goes over the end of the first line and into the second section"


def test_click_beside_the_photos_chooses_none(grid: PhotoGrid, qtbot: QtBot) -> None:
    model = _model(grid)
    model.show_hits([_hit(1)])
    grid.choose(1)
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(500, 400))
    assert grid.selected_ids() == ()


def test_runs_of_rows_are_put_together() -> None:
    assert ranges([]) == []
    assert ranges([1, 2, 3, 7, 9, 10]) == [(1, 3), (7, 7), (9, 10)]


def test_photo_is_chosen_when_the_keyboard_comes_to_the_photos(grid: PhotoGrid) -> None:
    grid.clearSelection()
    grid.enter()
    assert grid.selected_ids() == (1,)
    grid.clearFocus()
    grid.clearSelection()
    grid.setFocus(Qt.FocusReason.TabFocusReason)
    assert grid.selected_ids() == (1,)


def test_double_click_opens(grid: PhotoGrid, asked: Asked, qtbot: QtBot) -> None:
    place = grid.visualRect(_model(grid).index(1)).center()
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked == [(PhotoAction.OPEN, (2,), None)]


def test_menu_offers_everything_for_one_photo(grid: PhotoGrid, asked: Asked) -> None:
    grid.is_search = True
    grid.choose(5)
    menu = grid.open_menu(QPoint(10, 10))
    assert menu is not None
    for name, action in menu.actions_by_name.items():
        action.trigger()
        assert asked[-1] == (name, (5,), None)
    menu.close()
    wanted = set(PhotoAction) - {PhotoAction.PREVIEW, PhotoAction.OPEN_IN_SYSTEM, PhotoAction.OPEN_WITH}
    assert {name for name, _, _ in asked} == wanted


def test_menu_for_several_photos_has_only_what_fits_them(grid: PhotoGrid) -> None:
    grid.selectAll()
    menu = grid.open_menu(QPoint(10, 10))
    assert menu is not None
    names = set(menu.actions_by_name)
    menu.close()
    assert names == {PhotoAction.SHOW_IN_FOLDER, PhotoAction.COPY_FILES, PhotoAction.COPY_PATHS}


def test_why_did_this_match_needs_a_search(grid: PhotoGrid) -> None:
    grid.choose(5)
    menu = grid.open_menu(QPoint(10, 10))
    assert menu is not None
    assert not menu.actions_by_name[PhotoAction.EXPLAIN].isEnabled()
    menu.close()


def test_no_menu_without_a_photo(grid: PhotoGrid) -> None:
    grid.clearSelection()
    assert grid.open_menu(QPoint(10, 10)) is None


def test_menu_key_opens_the_menu_beside_the_photo(grid: PhotoGrid, qapp: QApplication, qtbot: QtBot) -> None:
    grid.choose(2)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), QPoint(0, 0))
    grid.contextMenuEvent(event)
    qtbot.waitUntil(lambda: qapp.activePopupWidget() is not None)
    popup = qapp.activePopupWidget()
    assert popup is not None
    popup.close()


def test_choice_outlives_a_new_order(grid: PhotoGrid) -> None:
    grid.choose(7)
    _model(grid).show_hits([_hit(n) for n in range(40, 0, -1)])
    assert grid.selected_ids() == (7,)
    assert grid.current_id() == 7


def test_badges_say_what_is_special() -> None:
    assert badges_of(_hit(1)) == ()
    special = replace(_hit(1), path=PhotoPath("/p/1.CR2"), channels=("vectors", "name"), is_offline=True)
    assert badges_of(special) == ("RAW", "text", "offline")
    assert badges_of(replace(_hit(1), group=(7, 8, 9))) == ("+3",)
    assert badges_of(replace(_hit(1), channels=("filters",))) == (), "a date or a negation is nothing written about it"


def test_listed_photo_is_not_said_to_hold_the_words(grid: PhotoGrid) -> None:
    model = _model(grid)
    model.show_hits([replace(_hit(1), channels=("filters",)), replace(_hit(2), channels=("vectors", "captions"))])
    tips = [model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole) for row in range(model.rowCount())]
    assert "filters" not in "".join(filter(None, tips))
    assert "captions" in "".join(filter(None, tips))


def test_tile_stands_for_its_near_copies_and_copies_only_itself(grid: PhotoGrid, asked: Asked, qtbot: QtBot) -> None:
    model = _model(grid)
    model.show_hits([replace(_hit(1), group=(101, 102)), _hit(2)])
    assert model.viewing_order() == [1, 101, 102, 2]
    grid.choose(102)
    assert grid.selected_ids() == (1,)
    qtbot.keyClick(grid, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert asked == [(PhotoAction.COPY_FILES, (1,), None)]
    assert [url.fileName() for url in model.mimeData(grid.selectedIndexes()).urls()] == ["1.jpg"]


def test_hundred_thousand_photos_open_at_once_and_scroll_to_any_place(grid: PhotoGrid, qtbot: QtBot) -> None:
    model = _model(grid)
    wanted: list[tuple[int, int]] = []
    grid.rows_wanted.connect(lambda offset, limit: wanted.append((offset, limit)))
    begun = time.thread_time()  # not what other processes take
    months = [MonthCount(f"{2026 - n // 12}-{12 - n % 12:02}", 1000) for n in range(100)]
    model.show_pages(100_000, 0, [_hit(n) for n in range(1, 301)], months)
    grid.repaint()
    assert time.thread_time() - begun < 0.5
    bar = grid.verticalScrollBar()
    assert bar.maximum() > 1_000_000
    bar.setValue(bar.maximum() // 2)
    qtbot.waitUntil(lambda: bool(wanted))
    offset, limit = wanted[-1]
    assert 45_000 < offset < 55_000
    assert limit < 600
    model.fill(model.generation, offset, [_hit(n) for n in range(offset, offset + limit)])
    begun = time.thread_time()  # not what other processes take
    grid.repaint()
    assert time.thread_time() - begun < 0.5
    grid.setCurrentIndex(model.index(0))
    qtbot.keyClick(grid, Qt.Key.Key_End)
    assert grid.currentIndex().row() == 99_999
