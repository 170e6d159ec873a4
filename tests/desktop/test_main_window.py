"""The window as a person uses it, over a real process that plays the engine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QAbstractSlider, QApplication, QComboBox, QLineEdit

from desktop.captions_panel import CaptionsPanel
from desktop.engine_client import EngineClient, EngineState
from desktop.folder_panel import FolderPanel
from desktop.main_window import MainWindow
from desktop.photo_actions import PhotoAction
from desktop.photo_files import files_mime
from desktop.properties_panel import PropertiesPanel
from desktop.results_state import Scene
from tests.desktop.conftest import START_MS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from pytestqt.qtbot import QtBot

    from desktop.settings import AppSettings
    from tests.desktop.conftest import Fake

    Open = Callable[[], MainWindow]


def _search(window: MainWindow, text: str, qtbot: QtBot) -> None:
    window.search.set_text(text)
    qtbot.waitUntil(lambda: window.session.query.text == text and not window.session.is_busy)


def _scene(window: MainWindow) -> Scene:
    return window.results.scene


def _shown(window: MainWindow) -> int:
    return window.model.photo_count


def test_first_start_offers_folders_and_goes_on_by_itself(
    open_window: Open, fake: Fake, tmp_path: Path, qtbot: QtBot
) -> None:
    fake.plan(folders=0, photos=0)
    window = open_window()
    assert _scene(window) == Scene.FIRST_START
    assert window.results.first_start.isVisible()
    window.results.first_start.add(tmp_path)
    qtbot.waitUntil(lambda: window.results.scene == Scene.NO_PHOTOS)
    assert fake.heard("folders.add")[0]["params"]["path"] == str(tmp_path)


def test_folder_that_is_refused_is_explained(open_window: Open, fake: Fake, tmp_path: Path, qtbot: QtBot) -> None:
    fake.plan(folders=0, photos=0, fails={"folders.add": "folder_refused"})
    page = open_window().results.first_start
    page.add(tmp_path)
    qtbot.waitUntil(page.notice.isVisible)
    assert "cannot be added" in page.notice.label.text()
    assert page.add_button.isEnabled()


def test_empty_box_shows_all_photos(window: MainWindow) -> None:
    assert _scene(window) == Scene.PHOTOS
    assert _shown(window) == 12
    assert "12" in window.results.summary.text()


def test_typing_searches_and_divides_the_results(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClicks(window.search.edit, "dog")
    qtbot.waitUntil(lambda: [section.title for section in window.model.sections] == ["", "Possible matches"])
    assert _shown(window) == 5
    assert "2" in window.results.summary.text()
    assert "3" in window.results.summary.text()


def test_far_photos_are_fetched_when_they_are_seen(open_window: Open, fake: Fake, qtbot: QtBot) -> None:
    fake.plan(photos=5000)
    window = open_window()
    bar = window.grid.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 190_000)
    bar.setValue(bar.maximum() // 2)
    qtbot.waitUntil(lambda: window.model.hit_at(window.grid.visible_rows()[0]) is not None)
    first = window.grid.visible_rows()[0]
    assert 2000 < first < 3000
    fake.plan(photos=5100)
    window._client.kill_engine()
    qtbot.waitUntil(lambda: _shown(window) == 5100)
    assert window.grid.visible_rows()[0] == first
    assert window.model.hit_at(first) is not None
    assert fake.heard("browse")[-1]["params"]["offset"] > 1500


def test_coverage_is_said_while_indexing(open_window: Open, fake: Fake, qtbot: QtBot) -> None:
    fake.plan(photos=3010, covered=1240, indexing=True)
    window = open_window()
    _search(window, "dog", qtbot)
    assert "Searching 1240 of 3010 photos" in window.results.summary.text().replace(",", "")


def test_folders_without_photos_yet_are_being_looked_through(open_window: Open, fake: Fake, qtbot: QtBot) -> None:
    fake.plan(photos=0, indexing=True)
    window = open_window()
    qtbot.waitUntil(lambda: window.results.scene == Scene.LOOKING)
    assert window.results.message.buttons()


def test_folder_that_has_to_wait_for_the_mains_is_not_called_empty(open_window: Open, fake: Fake, qtbot: QtBot) -> None:
    fake.plan(photos=0, waiting="mains")
    window = open_window()
    message = window.results.message
    qtbot.waitUntil(lambda: "plugged in" in message.lead.text() and bool(message.buttons()))
    message.buttons()[0].click()
    qtbot.waitUntil(lambda: len(fake.heard("index.resume")) == 1)


def test_no_good_match_is_said_and_the_closest_are_one_click_away(window: MainWindow, qtbot: QtBot) -> None:
    _search(window, "unicorn 2023", qtbot)
    assert _scene(window) == Scene.NO_MATCH
    assert window.results.message.title.text() == "No good match for “unicorn 2023”"
    assert "filter" in window.results.message.lead.text()
    assert _shown(window) == 0
    window.results.message.buttons()[0].click()
    assert _scene(window) == Scene.PHOTOS
    assert _shown(window) == 3
    assert not window.model.sections


def test_filter_that_leaves_photos_out_can_be_taken_away(window: MainWindow, qtbot: QtBot) -> None:
    _search(window, "void 2023", qtbot)
    without = window.results.message.buttons()[0]
    assert without.text() == "Search without “2023”"
    without.click()
    qtbot.waitUntil(lambda: window.session.query.text == "void")


def test_nothing_at_all_offers_examples(window: MainWindow, qtbot: QtBot) -> None:
    _search(window, "void", qtbot)
    assert _scene(window) == Scene.NO_MATCH
    example = window.results.message.buttons()[0]
    example.click()
    qtbot.waitUntil(lambda: window.results.scene == Scene.PHOTOS)
    assert window.search.edit.text() == example.text()


def test_removing_a_chip_searches_without_it(window: MainWindow, qtbot: QtBot) -> None:
    _search(window, "dog -cat", qtbot)
    qtbot.waitUntil(lambda: len(window.search.chips.chips()) == 2)
    window.search.chips.chips()[1].cross.click()
    qtbot.waitUntil(lambda: window.session.query.text == "dog" and not window.session.is_busy)


def test_down_key_goes_from_the_words_to_the_first_photo(window: MainWindow, qtbot: QtBot) -> None:
    _search(window, "dog", qtbot)
    qtbot.keyClick(window.search.edit, Qt.Key.Key_Down)
    assert window.grid.current_id() == window.model.photo_ids()[0]


def test_slow_search_says_that_it_is_under_way(open_window: Open, fake: Fake, qtbot: QtBot) -> None:
    fake.plan(slow_s={"slow": 30})
    window = open_window()
    window.search.set_text("slow")
    qtbot.waitUntil(lambda: window.results.summary.text() == "Searching…")
    assert _shown(window) == 12
    _search(window, "dog", qtbot)
    assert "possible" in window.results.summary.text()


def test_typing_over_the_photos_begins_a_search(window: MainWindow, qtbot: QtBot) -> None:
    window.grid.choose(2)
    qtbot.keyClick(window.grid, "d")
    assert window.search.edit.text() == "d"
    assert window.focusWidget() is window.search.edit


def test_order_by_date_is_asked_of_the_engine(window: MainWindow, fake: Fake, qtbot: QtBot) -> None:
    _search(window, "dog", qtbot)
    window.results.order.set_order("date")
    qtbot.waitUntil(lambda: len(fake.heard("search")) == 2)
    assert fake.heard("search")[1]["params"]["order"] == "date"


def test_dying_engine_leaves_the_photos_and_recovers(open_window: Open, fake: Fake, qtbot: QtBot) -> None:
    fake.plan(die_once=["search"])
    window = open_window()
    banners: list[str] = []
    client = window._client
    client.state_changed.connect(lambda _state: banners.append(window.results.banner.label.text()))
    window.search.set_text("dog")
    qtbot.waitUntil(lambda: client.state == EngineState.RESTARTING)
    assert _shown(window) == 12
    assert window.results.banner.isVisible()
    assert "starting again" in window.results.banner.label.text()
    qtbot.waitUntil(lambda: _shown(window) == 5, timeout=START_MS)
    assert not window.results.banner.isVisible()


def test_engine_given_up_keeps_the_photos_and_offers_to_try_again(
    window: MainWindow, client: EngineClient, fake: Fake, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    fake.plan(die_at_start=True)
    client.kill_engine()
    qtbot.waitUntil(lambda: client.state == EngineState.STOPPED, timeout=START_MS)
    caplog.clear()
    assert _shown(window) == 12
    fake.plan(die_at_start=False)
    window.results.banner.button.click()
    qtbot.waitUntil(lambda: client.state == EngineState.READY)
    qtbot.waitUntil(lambda: not window.results.banner.isVisible())


def test_library_of_a_newer_program_is_explained(
    client: EngineClient, settings: AppSettings, fake: Fake, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    fake.plan(refusal="library_newer")
    window = MainWindow(client, settings)
    qtbot.addWidget(window)
    client.start()
    qtbot.waitUntil(lambda: client.state == EngineState.STOPPED, timeout=30_000)  # five starts
    caplog.clear()
    qtbot.waitUntil(lambda: window.results.scene == Scene.STOPPED)
    assert "newer Balloon" in window.results.message.lead.text()
    window.close()


def test_library_in_use_elsewhere_can_be_searched(open_window: Open, fake: Fake) -> None:
    fake.plan(read_only=True)
    window = open_window()
    assert "Another Balloon" in window.results.banner.label.text()


def test_library_that_was_recovered_is_told_until_the_person_knows(
    open_window: Open, fake: Fake, settings: AppSettings, qtbot: QtBot
) -> None:
    fake.plan(recovered_from="/library/damaged-1")
    window = open_window()
    qtbot.waitUntil(window.results.banner.isVisible)
    assert "/library/damaged-1" in window.results.banner.label.text()
    window.results.update_scene()
    assert window.results.banner.isVisible(), "what else happens does not take it away"
    window.results.banner.button.click()
    assert not window.results.banner.isVisible()
    assert settings.recovery_told == "/library/damaged-1"


def test_failed_search_says_what_to_do(open_window: Open, fake: Fake, qtbot: QtBot) -> None:
    fake.plan(fails={"search": "model_missing"})
    window = open_window()
    window.search.set_text("dog")
    qtbot.waitUntil(lambda: "preferences" in window.results.banner.label.text())
    assert _shown(window) == 12


def test_find_similar_photos_puts_the_photo_into_the_field(window: MainWindow, fake: Fake, qtbot: QtBot) -> None:
    window.commands.run(PhotoAction.SIMILAR, (3,))
    qtbot.waitUntil(lambda: bool(fake.heard("similar")))
    assert fake.heard("similar")[0]["params"]["photo_id"] == 3
    assert len(window.search.photo_chips()) == 1
    qtbot.waitUntil(lambda: "most similar" in window.results.summary.text())


def test_search_with_photo_and_words_keeps_the_words(window: MainWindow, fake: Fake, qtbot: QtBot) -> None:
    _search(window, "dog", qtbot)
    photo_id = window.model.photo_ids()[0]
    window.commands.run(PhotoAction.SEARCH_WITH, (photo_id,))
    qtbot.waitUntil(lambda: len(fake.heard("search")) == 2)
    params = fake.heard("search")[1]["params"]
    assert params["text"] == "dog"
    assert len(params["photos"]) == 1


def test_photo_dropped_on_the_grid_is_searched(window: MainWindow, fake: Fake, tmp_path: Path, qtbot: QtBot) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "query.png"))])
    left, no_keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 50), Qt.DropAction.CopyAction, mime, left, no_keys)
    drop = QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, mime, left, no_keys)
    assert window.grid.viewport().acceptDrops()
    for event in (enter, drop):
        QApplication.sendEvent(window.grid.viewport(), event)
    qtbot.waitUntil(lambda: bool(fake.heard("search")))
    assert fake.heard("search")[0]["params"]["photos"] == [{"path": str(tmp_path / "query.png"), "path_b64": None}]


def test_folder_dropped_on_the_photos_is_offered_not_taken(
    window: MainWindow, fake: Fake, tmp_path: Path, qtbot: QtBot
) -> None:
    mime = files_mime([tmp_path])
    left, no_keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 50), Qt.DropAction.CopyAction, mime, left, no_keys)
    drop = QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, mime, left, no_keys)
    for event in (enter, drop):
        QApplication.sendEvent(window.grid.viewport(), event)
    panel = window.side.panel("folders")
    assert isinstance(panel, FolderPanel)
    assert tmp_path.name in panel.notice.text()
    assert not fake.heard("folders.add")
    panel.notice.button.click()
    qtbot.waitUntil(lambda: len(fake.heard("folders.add")) == 1)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 2)


def test_files_and_folders_given_at_the_start_are_searched_by_and_offered(window: MainWindow, tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.touch()
    window.search.set_text("a dog on the beach")
    window.open_paths((photo, tmp_path, tmp_path / "letter.txt"))
    assert [term.path.path for term in window.search.query.photos] == [str(photo)]
    assert window.search.query.text == "", "what was looked for before has nothing to do with it"
    assert window.side.key == "folders"


def test_find_similar_captions_opens_the_panel_and_follows_the_choice(window: MainWindow, qtbot: QtBot) -> None:
    window.commands.run(PhotoAction.CAPTIONS, (3,))
    panel = window.side.panel("captions")
    assert isinstance(panel, CaptionsPanel)
    assert panel.photo_id == 3
    window.grid.choose(5)
    assert panel.photo_id == 5
    panel.search_requested.emit("a dog")
    assert window.search.edit.text() == "a dog"


def test_panel_follows_the_large_photo_too(window: MainWindow) -> None:
    window.commands.run(PhotoAction.CAPTIONS, (3,))
    panel = window.side.panel("captions")
    assert isinstance(panel, CaptionsPanel)
    window.show_viewer(3)
    window.viewer.step(1)
    assert panel.photo_id == window.viewer.photo_id != 3
    window.panels.toggle_captions()
    window.viewer.step(1)
    window.panels.toggle_captions()
    assert panel.photo_id == window.viewer.photo_id


def test_large_photo_has_facts_of_its_own_and_needs_no_panel_beside_them(window: MainWindow) -> None:
    window.commands.run(PhotoAction.PROPERTIES, (3,))
    window.show_viewer(3)
    assert window.side.key == ""
    assert window.viewer.facts.isVisible()


def test_add_a_caption_lets_the_person_write(window: MainWindow) -> None:
    window.commands.run(PhotoAction.ADD_CAPTION, (3,))
    panel = window.side.panel("captions")
    assert isinstance(panel, CaptionsPanel)
    assert panel.photo_id == 3
    assert window.focusWidget() is panel.adder


def test_properties_show_the_facts(window: MainWindow, qtbot: QtBot) -> None:
    window.commands.run(PhotoAction.PROPERTIES, (3,))
    panel = window.side.panel("properties")
    assert isinstance(panel, PropertiesPanel)
    qtbot.waitUntil(lambda: "Camera X100" in panel.facts.text())


def test_why_did_this_match_explains_the_words(window: MainWindow, fake: Fake, qtbot: QtBot) -> None:
    fake.plan(silent=["explain"])
    _search(window, "dog", qtbot)
    window.commands.run(PhotoAction.EXPLAIN, (window.model.photo_ids()[0],))
    assert window.pages.currentWidget() is window.viewer
    qtbot.waitUntil(lambda: bool(fake.heard("explain")))
    assert fake.heard("explain")[0]["params"]["text"] == "dog"
    window.viewer.closed.emit()
    assert window.pages.currentWidget() is window.results


def test_enter_opens_the_viewer_and_escape_comes_back_to_the_photo(window: MainWindow, qtbot: QtBot) -> None:
    window.grid.choose(4)
    qtbot.keyClick(window.grid, Qt.Key.Key_Return)
    assert window.pages.currentWidget() is window.viewer
    assert window.viewer.photo_id == 4
    window.viewer.step(1)
    qtbot.keyClick(window.viewer, Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.results
    assert window.grid.current_id() == 5


def test_one_key_shows_why_a_photo_opened_from_a_search_matched(window: MainWindow, fake: Fake, qtbot: QtBot) -> None:
    window.show_viewer(4)
    assert not window.viewer.bar.map.isEnabled()
    window.show_photos()
    window.search.set_text("balloon")
    qtbot.waitUntil(lambda: window.grid.is_search and not window.session.is_busy)
    window.show_viewer(window.model.photo_ids()[0])
    assert not fake.heard("explain")
    qtbot.keyClick(window.viewer, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: bool(fake.heard("explain")))
    assert fake.heard("explain")[0]["params"]["text"] == "balloon"


def test_space_previews_and_takes_the_preview_away(window: MainWindow, fake: Fake, qtbot: QtBot) -> None:
    window.grid.choose(4)
    qtbot.keyClick(window.grid, Qt.Key.Key_Space)
    assert window.preview.isVisible()
    qtbot.waitUntil(lambda: not window.preview._pixmap.isNull())
    qtbot.keyClick(window.preview, Qt.Key.Key_Right)
    assert window.grid.current_id() == 5
    qtbot.waitUntil(lambda: len(fake.heard("preview")) == 2)
    qtbot.keyClick(window.preview, Qt.Key.Key_Space)
    assert not window.preview.isVisible()


def test_preview_and_viewer_step_through_near_copies(window: MainWindow, fake: Fake, qtbot: QtBot) -> None:
    first, second = (window.model.hit(n) for n in (1, 2))
    assert first is not None
    assert second is not None
    window.model.show_hits([replace(first, group=(7, 9)), second])
    window.grid.choose(1)
    qtbot.keyClick(window.grid, Qt.Key.Key_Space)
    for key in [Qt.Key.Key_Right] * 2 + [Qt.Key.Key_Left] + [Qt.Key.Key_Right] * 2:
        qtbot.keyClick(window.preview, key)
    qtbot.waitUntil(lambda: len(fake.heard("preview")) == 6)
    assert [heard["params"]["photo_id"] for heard in fake.heard("preview")] == [1, 7, 9, 7, 9, 2]
    assert window.grid.current_id() == 2
    qtbot.keyClick(window.preview, Qt.Key.Key_Escape)
    window.show_viewer(1)
    window.viewer.step(1)
    assert window.viewer.photo_id == 7
    window.show_photos()
    assert window.grid.current_id() == 1


def test_copying_puts_files_and_paths_on_the_clipboard(window: MainWindow) -> None:
    window.commands.run(PhotoAction.COPY_FILES, (1, 2))
    urls = QGuiApplication.clipboard().mimeData().urls()
    assert [url.toLocalFile() for url in urls] == ["/photos/photo-0.jpg", "/photos/photo-1.jpg"]
    window.commands.run(PhotoAction.COPY_PATHS, (2,))
    assert QGuiApplication.clipboard().text() == "/photos/photo-1.jpg"


def test_file_that_is_gone_is_explained(window: MainWindow) -> None:
    window.commands.run(PhotoAction.SHOW_IN_FOLDER, (1,))
    assert "cannot be reached" in window.results.banner.label.text()


def test_window_comes_back_as_it_was(client: EngineClient, settings: AppSettings, qtbot: QtBot) -> None:
    first = MainWindow(client, settings)
    first.resize(777, 555)
    first.show()
    first.side.open_panel("folders")
    first.footer.slider.setValue(240)
    first.close()
    second = MainWindow(client, settings)
    qtbot.addWidget(second)
    second.show()
    assert (second.width(), second.height()) == (777, 555)
    assert second.side.key == "folders"
    assert second.footer.slider.value() == 240
    second.close()
    first.deleteLater()


def test_every_control_has_a_name_for_screen_readers(window: MainWindow, qtbot: QtBot) -> None:
    window.side.open_panel("captions")
    kinds = (QAbstractButton, QLineEdit, QAbstractItemView, QAbstractSlider, QComboBox)
    nameless = [
        (type(widget).__name__, widget.objectName())
        for kind in kinds
        for widget in window.findChildren(kind)
        if widget.isVisible()
        and not (widget.accessibleName() or getattr(widget, "text", str)())
        and not widget.objectName().startswith("qt_")
        and not type(widget).__name__.startswith("QScroll")
        and not isinstance(widget.parent(), (QComboBox, QLineEdit))
    ]
    assert not nameless


def test_main_controls_can_be_reached_by_tab(window: MainWindow) -> None:
    seen = set()
    widget = window.search.edit.nextInFocusChain()
    while widget is not None and widget is not window.search.edit and widget not in seen:
        seen.add(widget)
        widget = widget.nextInFocusChain()
    for wanted in (window.grid, window.search.history_button, window.footer.slider):
        assert wanted in seen
        assert wanted.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_closing_while_a_search_runs_is_safe(open_window: Open, fake: Fake, qtbot: QtBot) -> None:
    fake.plan(slow_s={"slow": 30})
    window = open_window()
    window.search.set_text("slow")
    assert window.session.is_busy
    window.close()
    assert not window.session.is_busy
