"""The search field: typing, photos, chips, earlier searches."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QMenu

from desktop import photo_files
from desktop.search_bar import SearchBar
from desktop.search_query import PhotoTerm, Query
from engine.protocol import NegatedClause, PhotoPath, Span, WordsClause

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from desktop.engine_client import EngineClient
    from tests.desktop.conftest import Fake

CLAUSES = (WordsClause("dog", "en", Span(0, 3)), NegatedClause("cat", Span(4, 8)))


@pytest.fixture
def bar(client: EngineClient, qtbot: QtBot) -> SearchBar:
    made = SearchBar(client)
    qtbot.addWidget(made)
    made.resize(600, 80)
    made.show()
    return made


@pytest.fixture
def changed(bar: SearchBar) -> list[Query]:
    queries: list[Query] = []
    bar.query_changed.connect(queries.append)
    return queries


def test_typing_is_announced_once_after_a_pause(bar: SearchBar, changed: list[Query], qtbot: QtBot) -> None:
    qtbot.keyClicks(bar.edit, "red balloon")
    assert not changed
    qtbot.waitUntil(lambda: bool(changed))
    assert changed == [Query("red balloon")]


def test_enter_submits_at_once(bar: SearchBar, changed: list[Query], qtbot: QtBot) -> None:
    submitted: list[Query] = []
    bar.query_submitted.connect(submitted.append)
    qtbot.keyClicks(bar.edit, "dog")
    qtbot.keyClick(bar.edit, Qt.Key.Key_Return)
    assert submitted == [Query("dog")]
    assert not changed


def test_clear_button_empties_the_field(bar: SearchBar, changed: list[Query], qtbot: QtBot) -> None:
    assert not bar.clear_button.isVisible()
    bar.set_query(Query("dog", (PhotoTerm(PhotoPath("/p/1.jpg")),)))
    assert bar.clear_button.isVisible()
    bar.clear_button.click()
    assert bar.query == Query()
    assert changed[-1] == Query()
    assert not bar.clear_button.isVisible()


def test_plain_words_get_no_chips(bar: SearchBar) -> None:
    bar.edit.setText("dog")
    bar.show_understood("dog", CLAUSES[:1])
    assert not bar.chips.isVisible()


def test_removing_a_chip_cuts_its_words(bar: SearchBar, changed: list[Query]) -> None:
    bar.edit.setText("dog -cat")
    bar.show_understood("dog -cat", CLAUSES)
    assert [chip.text for chip in bar.chips.chips()] == ["dog", "without cat"]
    bar.chips.chips()[1].cross.click()
    assert bar.edit.text() == "dog"
    assert changed == [Query("dog")]
    assert not bar.chips.isVisible()


def test_chips_of_an_earlier_text_are_not_shown(bar: SearchBar) -> None:
    bar.edit.setText("dog -cat and more")
    bar.show_understood("dog -cat", CLAUSES)
    assert not bar.chips.chips()


def test_chip_crosses_have_names_for_screen_readers(bar: SearchBar) -> None:
    bar.edit.setText("dog -cat")
    bar.show_understood("dog -cat", CLAUSES)
    assert bar.chips.chips()[1].cross.accessibleName() == "Remove “without cat”"


def test_photo_dropped_on_the_field_becomes_a_chip(bar: SearchBar, changed: list[Query], tmp_path: Path) -> None:
    file = tmp_path / "einkauf ü.jpg"
    file.touch()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file)), QUrl.fromLocalFile(str(tmp_path / "notes.txt"))])
    left, no_keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, mime, left, no_keys)
    bar.edit.dragEnterEvent(enter)
    assert enter.isAccepted()
    bar.edit.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, left, no_keys))
    assert changed == [Query("", (PhotoTerm(PhotoPath.of(file)),))]
    assert [chip.text for chip in bar.photo_chips()] == ["einkauf ü.jpg"]


def test_photo_file_is_pasted_by_key(bar: SearchBar, changed: list[Query], tmp_path: Path, qtbot: QtBot) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "1.HEIC"))])
    QGuiApplication.clipboard().setMimeData(mime)
    qtbot.keyClick(bar.edit, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert [photo.path.path for photo in changed[-1].photos] == [str(tmp_path / "1.HEIC")]


def test_pasted_picture_is_written_to_a_file(
    bar: SearchBar, changed: list[Query], tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_files, "pasted_dir", lambda: tmp_path / "pasted")
    picture = QImage(20, 10, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(picture)
    qtbot.keyClick(bar.edit, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    written = changed[-1].photos[0].path.to_path()
    assert QImage(str(written)).size() == picture.size()
    photo_files.forget_pasted()
    assert not written.exists()


def test_pasted_text_is_text(bar: SearchBar, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText("海上的红气球")
    qtbot.keyClick(bar.edit, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert bar.query == Query("海上的红气球")


def test_photo_chip_is_removed_by_its_cross(
    bar: SearchBar, changed: list[Query], thumbnails: list[str], qtbot: QtBot
) -> None:
    photos = tuple(PhotoTerm(PhotoPath(f"/p/{n}.jpg"), n, thumbnails[n]) for n in (1, 2))
    bar.set_query(Query("dog", photos))
    bar.photo_chips()[0].cross.click()
    assert changed[-1] == Query("dog", photos[1:])


def test_same_photo_is_taken_once(bar: SearchBar) -> None:
    photo = PhotoTerm(PhotoPath("/p/1.jpg"))
    bar.add_photos([photo])
    bar.add_photos([photo])
    assert bar.query.photos == (photo,)


def test_down_key_goes_to_the_photos(bar: SearchBar, qtbot: QtBot) -> None:
    bar.edit.setText("dog")
    with qtbot.waitSignal(bar.left_downwards):
        qtbot.keyClick(bar.edit, Qt.Key.Key_Down)


def _open_menu(bar: SearchBar, qapp: QApplication, qtbot: QtBot) -> QMenu:
    bar.history_button.click()
    qtbot.waitUntil(lambda: isinstance(qapp.activePopupWidget(), QMenu))
    menu = qapp.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def test_earlier_searches_drop_down_and_search_again(
    bar: SearchBar, client: EngineClient, qapp: QApplication, qtbot: QtBot
) -> None:
    client.start()
    menu = _open_menu(bar, qapp, qtbot)
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts == ["The sea", "red balloon", "dog && cat", "Clear recent searches"]
    with qtbot.waitSignal(bar.query_submitted) as submitted:
        menu.actions()[3].trigger()
    menu.close()
    assert submitted.args == [Query("dog & cat")]


def _has_heard(fake: Fake, method: str) -> bool:
    return bool(fake.heard(method))


def test_search_can_be_saved_and_forgotten(
    bar: SearchBar, client: EngineClient, fake: Fake, qapp: QApplication, qtbot: QtBot
) -> None:
    client.start()
    for text, label, method in (("dog", "Save this search", "saved.add"), ("sea 2023", "Forget", "saved.remove")):
        bar.edit.setText(text)
        menu = _open_menu(bar, qapp, qtbot)
        next(action for action in menu.actions() if action.text().startswith(label)).trigger()
        menu.close()
        qtbot.waitUntil(partial(_has_heard, fake, method))
        assert fake.heard(method)[0]["params"]["text"] == text
