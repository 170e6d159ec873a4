"""The grid: keys, choosing, the menu, pages, and a hundred thousand photos."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent

from desktop.photo_actions import PhotoAction
from desktop.photo_delegate import DIVIDER_HEIGHT, badges_of
from desktop.photo_grid import PhotoGrid
from desktop.photo_model import PhotoModel
from desktop.thumbnail_loader import ThumbnailLoader
from engine.protocol import Confidence, Hit, PhotoPath

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


def test_select_all_takes_every_photo_and_not_the_divider(grid: PhotoGrid, qtbot: QtBot) -> None:
    _model(grid).show_hits([_hit(1), _hit(2), _hit(3)], 1)
    qtbot.keyClick(grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert grid.selected_ids() == (1, 2, 3)


def test_divider_has_a_line_of_its_own(grid: PhotoGrid, qtbot: QtBot) -> None:
    model = _model(grid)
    model.show_hits([_hit(n) for n in range(1, 7)], 2)
    qtbot.waitUntil(lambda: grid.visualRect(model.index(2)).width() > 500)
    divider, first, after = (grid.visualRect(model.index(row)) for row in (2, 0, 3))
    assert divider.height() == DIVIDER_HEIGHT
    assert divider.top() >= first.bottom()
    assert after.top() >= divider.bottom()


def test_down_key_steps_over_the_divider(grid: PhotoGrid, qtbot: QtBot) -> None:
    model = _model(grid)
    model.show_hits([_hit(n) for n in range(1, 7)], 2)
    qtbot.waitUntil(lambda: grid.visualRect(model.index(2)).width() > 500)
    grid.choose(1)
    qtbot.keyClick(grid, Qt.Key.Key_Down)
    assert grid.current_id() == 3


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
    grid.set_shows_months(True)
    begun = time.perf_counter()
    model.show_pages(100_000, 0, [_hit(n) for n in range(1, 301)])
    grid.repaint()
    assert time.perf_counter() - begun < 1.5
    bar = grid.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 1_000_000)
    bar.setValue(bar.maximum() // 2)
    qtbot.waitUntil(lambda: bool(wanted))
    offset, limit = wanted[-1]
    assert 45_000 < offset < 55_000
    assert limit < 600
    model.fill(model.generation, offset, [_hit(n) for n in range(offset, offset + limit)])
    begun = time.perf_counter()
    grid.repaint()
    assert time.perf_counter() - begun < 0.5
    grid.setCurrentIndex(model.index(0))
    qtbot.keyClick(grid, Qt.Key.Key_End)
    assert grid.currentIndex().row() == 99_999
