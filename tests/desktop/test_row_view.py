"""Rows: readable in both themes, wrapped between words, one row per caption."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QStyleOptionViewItem

from desktop.row_view import DETAIL_ALPHA, SELECTED_ALPHA, RowDelegate, RowList, RowRole
from desktop.theme import DARK, LIGHT, Tokens, contrast
from tests.desktop.panel_client import offscreen, press

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = offscreen


def mix(top: str, bottom: str, alpha: float) -> str:
    """What is seen of ``top`` with this alpha over ``bottom``."""
    parts = [(int(top[i : i + 2], 16), int(bottom[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(one * alpha + other * (1 - alpha)):02x}" for one, other in parts)


@pytest.mark.parametrize("tokens", [LIGHT, DARK])
def test_text_and_detail_meet_wcag_aa_also_on_a_selected_row(tokens: Tokens) -> None:
    for ground in (tokens.window, mix(tokens.accent, tokens.window, SELECTED_ALPHA)):
        assert contrast(tokens.text, ground) >= 4.5
        assert contrast(mix(tokens.text, ground, DETAIL_ALPHA), ground) >= 4.5
        assert contrast(tokens.accent, ground) >= 3  # the ring around the current row


@pytest.fixture
def rows(qtbot: QtBot) -> RowList:
    view = RowList()
    qtbot.addWidget(view)
    view.resize(300, 200)
    model = QStandardItemModel(view)
    for text in ("short", "a caption of many words that needs more than one line", "连" * 200, "x" * 300):
        item = QStandardItem(text)
        item.setData("detail", RowRole.DETAIL)
        item.setData(0.5, RowRole.SHARE)
        model.appendRow(item)
    view.setModel(model)
    with qtbot.waitExposed(view):
        view.show()
    return view


def height(rows: RowList, row: int) -> int:
    return rows.visualRect(rows.model().index(row, 0)).height()


def test_long_texts_wrap_up_to_a_limit_in_any_script(rows: RowList) -> None:
    assert height(rows, 0) < height(rows, 1) < height(rows, 2)
    assert height(rows, 2) == height(rows, 3)
    assert height(rows, 3) < 8 * height(rows, 0)


def test_rows_get_lower_when_there_is_more_room(rows: RowList) -> None:
    option = QStyleOptionViewItem()
    option.widget = rows
    delegate = rows.itemDelegate()
    assert isinstance(delegate, RowDelegate)
    narrow = delegate.sizeHint(option, rows.model().index(1, 0))
    rows.resize(900, 200)
    wide = delegate.sizeHint(option, rows.model().index(1, 0))
    assert isinstance(narrow, QSize)
    assert wide.height() < narrow.height()


def test_enter_chooses_the_current_row_once(rows: RowList) -> None:
    chosen: list[int] = []
    rows.chosen.connect(lambda index: chosen.append(index.row()))
    rows.setCurrentIndex(rows.model().index(1, 0))
    press(rows, Qt.Key.Key_Return)
    assert chosen == [1]


def test_painting_every_kind_of_row_draws_something(rows: RowList) -> None:
    before = rows.grab().toImage()
    rows.setCurrentIndex(rows.model().index(0, 0))
    assert rows.grab().toImage() != before
