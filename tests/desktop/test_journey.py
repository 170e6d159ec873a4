"""A person's first hour with the real engine process and real photos: start, index, search, captions, a crash."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from desktop.captions_panel import CaptionsPanel
from desktop.engine_client import EngineClient, EngineCommand, EngineState
from desktop.exclude_dialog import ExcludeDialog
from desktop.folder_panel import FolderPanel
from desktop.main_window import MainWindow
from desktop.photo_actions import PhotoAction
from desktop.results_state import Scene
from engine.protocol.methods import SettingValue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from desktop.search_session import Found
    from desktop.settings import AppSettings

PATIENCE_MS = 100_000  # the caption bank is encoded first, which takes long on a busy machine
PHOTOS = 24


@pytest.fixture
def folder(shared_photos: Path, tmp_path: Path) -> Path:
    """A folder with some of the shared photos."""
    chosen = tmp_path / "Pictures"
    chosen.mkdir()
    for photo in sorted(shared_photos.glob("*.jpg"))[:PHOTOS]:
        shutil.copy(photo, chosen)
    return chosen


@pytest.fixture
def real(tmp_path: Path, settings: AppSettings, mini: Path, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window over the real engine, with an empty library."""
    client = EngineClient(EngineCommand.usual(tmp_path / "library", tmp_path / "logs" / "engine.log"))
    window = MainWindow(client, settings)
    window.show()
    client.start()
    yield window
    window.close()
    client.close()
    window.deleteLater()


@pytest.mark.photos
def test_first_hour_with_real_photos(real: MainWindow, folder: Path, qtbot: QtBot) -> None:
    def wait(condition: object) -> None:
        qtbot.waitUntil(condition, timeout=PATIENCE_MS)  # type: ignore[arg-type]  # any callable of ours

    def searched(text: str) -> None:
        real.search.set_text(text)
        wait(lambda: real.session.query.text == text and not real.session.is_busy)

    wait(lambda: real.results.scene == Scene.FIRST_START)
    real.results.first_start.add(folder)
    wait(lambda: real.results.scene == Scene.PHOTOS and real.model.photo_count == PHOTOS)
    status = real.library
    wait(lambda: status.status is not None and status.status.indexed == PHOTOS and not status.is_indexing)
    for text in ("a person outdoors", "户外的人"):
        searched(text)
        if real.results.scene == Scene.NO_MATCH:
            real.results.show_closest()
        assert real.model.photo_count > 0
    hit = real.model.hit(real.model.photo_ids()[0])
    assert hit is not None
    assert hit.thumbnail is not None
    assert os.path.exists(hit.thumbnail)

    real.grid.choose(hit.photo_id)
    real.commands.run(PhotoAction.CAPTIONS, (hit.photo_id,))
    panel = real.side.panel("captions")
    assert isinstance(panel, CaptionsPanel)
    wait(lambda: panel.model.rowCount() > 1)
    rows = [panel.model.index(row) for row in range(panel.model.rowCount())]
    caption = next(index for index in rows if index.flags() & Qt.ItemFlag.ItemIsSelectable)
    panel.list.setCurrentIndex(caption)
    qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    assert real.search.edit.text() == caption.data()
    wait(lambda: not real.session.is_busy)

    shown = real.model.photo_count
    answers: list[Found] = []
    real.session.found.connect(answers.append)
    real.search.set_text("a street with people")
    assert real.session.is_busy
    real._client.kill_engine()
    wait(lambda: real._client.state == EngineState.RESTARTING)
    assert real.model.photo_count == shown
    wait(lambda: real._client.state == EngineState.READY and not real.results.banner.isVisible())
    wait(lambda: bool(answers))
    assert answers[-1].query.text == "a street with people", "the engine that came back was asked again"


@pytest.mark.photos
def test_photo_added_to_the_folder_appears_and_a_lost_folder_is_told(
    real: MainWindow, folder: Path, shared_photos: Path, qtbot: QtBot
) -> None:
    for photo in sorted(folder.glob("*.jpg"))[6:]:
        photo.unlink()
    without_bank(real)
    qtbot.waitUntil(lambda: real.results.scene == Scene.FIRST_START, timeout=PATIENCE_MS)
    real.results.first_start.add(folder)
    qtbot.waitUntil(lambda: real.model.photo_count == 6, timeout=PATIENCE_MS)
    shutil.copy(sorted(shared_photos.glob("*.jpg"))[PHOTOS], folder)
    qtbot.waitUntil(lambda: real.model.photo_count == 7, timeout=PATIENCE_MS)
    folder.rename(folder.with_name("unplugged"))
    qtbot.waitUntil(lambda: _offline(real) == [True] * 7, timeout=PATIENCE_MS)
    folder.with_name("unplugged").rename(folder)
    qtbot.waitUntil(lambda: _offline(real) == [False] * 7, timeout=PATIENCE_MS)


@pytest.mark.photos
def test_what_a_person_leaves_out_of_a_folder_leaves_the_photos(real: MainWindow, folder: Path, qtbot: QtBot) -> None:
    photos = sorted(folder.glob("*.jpg"))
    for photo in photos[6:]:
        photo.unlink()
    photos[0].rename(folder / "Screenshot.jpg")
    without_bank(real)
    qtbot.waitUntil(lambda: real.results.scene == Scene.FIRST_START, timeout=PATIENCE_MS)
    real.results.first_start.add(folder)
    qtbot.waitUntil(lambda: real.model.photo_count == 6, timeout=PATIENCE_MS)
    panel = real.side.open_panel("folders")
    assert isinstance(panel, FolderPanel)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1, timeout=PATIENCE_MS)
    panel.list.setCurrentIndex(panel.model.index(0))
    panel.exclude.trigger()
    (dialog,) = panel.findChildren(ExcludeDialog)
    qtbot.waitUntil(dialog.patterns.isEnabled, timeout=PATIENCE_MS)
    dialog.patterns.setPlainText("screenshot*")
    dialog.buttons.accepted.emit()
    qtbot.waitUntil(lambda: real.model.photo_count == 5, timeout=PATIENCE_MS)


def without_bank(window: MainWindow) -> None:
    """Its vectors would be made first, which takes seconds and has nothing to do with folders."""
    window._client.request("settings.set", SettingValue("captions.bank", "false"))


def _offline(window: MainWindow) -> list[bool]:
    hits = map(window.model.hit, window.model.photo_ids())
    return [hit.is_offline for hit in hits if hit is not None]
