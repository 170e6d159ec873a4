"""Start and end: settings, language, theme, one window only, and bugs."""

from __future__ import annotations

import gc
import logging
import os
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtCore import QByteArray, QLibraryInfo, QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication, QDialogButtonBox

from desktop import notices
from desktop.application import Application, Start
from desktop.balloon_app import BalloonApp
from desktop.crash import CrashHandler
from desktop.engine_client import EngineFailure, EngineState
from desktop.garbage import GuiCollector
from desktop.languages import Translations, spoken_language
from desktop.open_with import Program, _entries_for, programs_for
from desktop.settings import AppSettings
from desktop.single_instance import SingleInstance
from desktop.theme import DARK, LIGHT, Tokens, contrast, style_sheet
from engine.protocol import ErrorKind, IndexReport, IssueReason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from tests.desktop.conftest import Fake

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def english_again(qapp: QApplication) -> Iterator[Translations]:
    """Translations that are English again, and a light theme, when the test ends."""
    from PySide6.QtCore import QLocale

    before, palette, sheet = QLocale(), qapp.palette(), qapp.styleSheet()
    translations = Translations(qapp)
    yield translations
    translations.use("en")
    for translator in translations._installed:
        qapp.removeTranslator(translator)
    QLocale.setDefault(before)
    qapp.setPalette(palette)
    qapp.setStyleSheet(sheet)
    qapp.setProperty("balloon_dark", False)
    qapp.setProperty("interfaceLanguage", None)


def test_settings_outlive_the_program(tmp_path: Path, qtbot: QtBot) -> None:
    first = AppSettings(tmp_path / "a.ini")
    first.language, first.theme, first.tile_edge, first.side_panel = "zh_CN", "dark", 200, "captions"
    first.geometry = QByteArray(b"\x01\x02")
    first.save()
    second = AppSettings(tmp_path / "a.ini")
    assert (second.language, second.theme, second.tile_edge, second.side_panel) == ("zh_CN", "dark", 200, "captions")
    assert second.geometry == QByteArray(b"\x01\x02")


def test_unreadable_settings_are_the_defaults(tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "a.ini"
    file.write_text("[General]\nlanguage=klingon\ntheme=7\ntile_edge=huge\ngeometry=x\n")
    settings = AppSettings(file)
    assert (settings.language, settings.theme, settings.tile_edge) == ("system", "system", 176)
    assert settings.geometry.isEmpty()


def test_setting_is_announced_once(tmp_path: Path, qtbot: QtBot) -> None:
    settings = AppSettings(tmp_path / "a.ini")
    names: list[str] = []
    settings.changed.connect(names.append)
    settings.theme = "dark"
    settings.theme = "dark"
    assert names == ["theme"]


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_texts_meet_wcag_aa_in_both_themes(tokens: Tokens) -> None:
    grounds = {
        "text": ("window", "surface", "field", "hover", "pressed", "selection"),
        "muted": ("window", "surface", "field", "hover"),
        "accent": ("window", "surface"),
        "on_accent": ("accent", "accent_hover"),
        "calm_text": ("calm",),
        "warn_text": ("warn",),
    }
    colours = asdict(tokens)
    for text, all_grounds in grounds.items():
        for ground in all_grounds:
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for ring in ("accent", "edge"):
        assert contrast(colours[ring], colours["window"]) >= 3.0, ring


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_style_sheet_has_no_open_token(tokens: Tokens) -> None:
    assert "@" not in style_sheet(tokens)


def test_titles_grow_with_the_system_s_font() -> None:
    assert "QLabel#title { font-size: 22pt;" in style_sheet(LIGHT)
    large = style_sheet(LIGHT, 15.0)
    assert "QLabel#title { font-size: 33pt;" in large
    assert "QLabel#lead { font-size: 16.5pt;" in large


def test_chinese_interface_speaks_chinese_and_so_does_qt(english_again: Translations) -> None:
    english_again.use("zh_CN")
    assert notices.sentence(EngineFailure(ErrorKind.DISK_FULL)).startswith("磁盘")
    if Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath), "qtbase_zh_CN.qm").is_file():
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        assert box.button(QDialogButtonBox.StandardButton.Cancel).text().startswith("取消")


def test_every_error_and_reason_has_a_sentence(qtbot: QtBot) -> None:
    sentences = [notices.sentence_for(kind) for kind in ErrorKind]
    assert len(set(sentences)) == len(ErrorKind)
    assert notices.sentence_for("never heard of") == notices.sentence_for(ErrorKind.INTERNAL)
    assert all(notices.reason_text(reason) for reason in IssueReason)


def test_language_is_chosen_or_the_systems() -> None:
    assert spoken_language("zh_CN") == "zh_CN"
    assert spoken_language("en") == "en"
    assert spoken_language("system") in ("en", "zh_CN")


def _application(tmp_path: Path, fake: Fake, qapp: QApplication) -> Application:
    start = Start(tmp_path / "config", tmp_path / "state", tmp_path / "logs", tmp_path / "library")
    return Application(qapp, start, fake.command())


def test_application_changes_language_and_theme_while_it_runs(
    tmp_path: Path, fake: Fake, qapp: QApplication, qtbot: QtBot, english_again: Translations
) -> None:
    application = _application(tmp_path, fake, qapp)
    application.settings.language = "en"
    application.show()
    qtbot.waitUntil(lambda: application.client.state == EngineState.READY)
    english = application.window
    english.search.set_text("dog")
    application.settings.language = "zh_CN"
    qtbot.waitUntil(lambda: application.window is not english)
    chinese = application.window
    assert chinese.search.edit.accessibleName() == "搜索"
    assert chinese.search.edit.text() == "dog"
    qtbot.waitUntil(lambda: chinese.model.photo_count == 5)
    chinese.dialogs.show_preferences()
    application.settings.theme = "dark"
    assert application.window is chinese
    assert qapp.palette().window().color().name() == DARK.window
    application.settings.language = "en"
    application.settings.theme = "light"
    qtbot.waitUntil(lambda: application.window.search.edit.accessibleName() == "Search")
    qtbot.waitUntil(lambda: application.window.dialogs.shows_preferences)
    report = IndexReport(12, 0, 0, 0, 0, 12, 12, 0, 90.0)
    assert application.tray.finished_text(report) == "12 new photos can be searched"
    application.tray.tell_finished(report)
    application.say_crashed()
    assert application.window.results.banner.isVisible()
    application.raise_window()
    application.window.closed.disconnect(qapp.quit)
    application.window.close()
    application.close()
    application.deleteLater()


def test_files_that_the_system_asks_to_open_are_opened_together(
    tmp_path: Path, fake: Fake, qapp: QApplication, qtbot: QtBot, english_again: Translations
) -> None:
    photo, folder = tmp_path / "海边.jpg", tmp_path / "holiday"
    Image.new("RGB", (8, 8)).save(photo)
    folder.mkdir()
    assert isinstance(qapp, BalloonApp)
    application = _application(tmp_path, fake, qapp)
    qapp.open_asked.connect(application.answer_call)
    application.show()
    qtbot.waitUntil(lambda: application.client.state == EngineState.READY)
    with qtbot.waitSignal(qapp.open_asked) as asked:
        for path in (photo, folder):
            QApplication.sendEvent(qapp, QFileOpenEvent(str(path)))
        QApplication.sendEvent(qapp, QFileOpenEvent(QUrl("https://example.org/a.jpg")))
    assert asked.args == [(photo, folder)]
    window = application.window
    assert [item.path.to_path() for item in window.search.query.photos] == [photo]
    assert window.side.key == "folders", "a folder is offered, not added unasked"
    qapp.open_asked.disconnect(application.answer_call)
    window.closed.disconnect(qapp.quit)
    window.close()
    application.close()
    application.deleteLater()


def test_second_start_calls_the_first_window(tmp_path: Path, qtbot: QtBot) -> None:
    first, second = SingleInstance(tmp_path), SingleInstance(tmp_path)
    assert first.claim()
    assert not second.claim()
    with qtbot.waitSignal(first.called) as called:
        second.call_first()
    assert called.args == [()]
    odd = Path(os.fsdecode(b"/photos/\xff \xe5\x9b\xbe.jpg"))
    with qtbot.waitSignal(first.called) as called:
        second.call_first((odd, Path("/photos")))
    assert called.args == [(odd, Path("/photos"))]
    first.release()
    assert second.claim()
    second.release()


def test_bug_is_logged_and_announced(caplog: pytest.LogCaptureFixture, qtbot: QtBot) -> None:
    crashes = CrashHandler()
    crashes.install()
    try:
        with qtbot.waitSignal(crashes.crashed):
            sys.excepthook(ValueError, ValueError("odd"), None)
        assert "odd" in caplog.text
        with qtbot.waitSignal(crashes.crashed):
            thread = threading.Thread(target=lambda: int("odd"))
            thread.start()
            thread.join()
    finally:
        crashes.uninstall()
    caplog.clear()
    assert sys.excepthook is sys.__excepthook__


def test_programs_come_from_the_systems_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "applications"
    folder.mkdir()
    (folder / "mimeinfo.cache").write_text("[MIME Cache]\nimage/jpeg=viewer.desktop;hidden.desktop;gone.desktop;\n")
    entry = "[Desktop Entry]\nName=Viewer\nExec=view --fit %U\nName[xx]=No\n"
    (folder / "viewer.desktop").write_text(entry)
    (folder / "hidden.desktop").write_text(entry + "NoDisplay=true\n")
    monkeypatch.setattr("desktop.open_with.QStandardPaths.standardLocations", lambda _kind: [str(folder)])
    _entries_for.cache_clear()
    programs = programs_for(tmp_path / "a photo.jpg")
    _entries_for.cache_clear()
    assert programs == ([Program("Viewer", ("view", "--fit", "%U"))] if sys.platform.startswith("linux") else [])


def test_command_line_names_the_file_once() -> None:
    file = Path("/p/a photo.jpg")
    assert Program("", ("view", "--fit", "%U")).command_for(file) == ["view", "--fit", str(file)]
    assert Program("", ("view", "%i")).command_for(file) == ["view", str(file)]


def test_help_of_the_program_needs_no_screen() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "desktop", "--help"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert "--library" in done.stdout


def test_garbage_is_collected_by_the_gui_thread_alone(qtbot: QtBot) -> None:
    was_enabled = gc.isenabled()
    collector = GuiCollector()
    collector.start()
    try:
        assert not gc.isenabled()
        cycles: list[list[object]] = [[] for _ in range(5000)]
        for cycle in cycles:
            cycle.append(cycle)
        del cycles, cycle
        before = gc.get_count()[0]
        collector.look()
        assert gc.get_count()[0] < before
    finally:
        collector.stop()
    assert gc.isenabled()
    if not was_enabled:
        gc.disable()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to end a window with")
def test_program_starts_once_and_ends_cleanly(tmp_path: Path, qtbot: QtBot) -> None:
    homes = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CONFIG", "STATE", "DATA", "CACHE")}
    arguments = [sys.executable, "-m", "desktop", "--library", str(tmp_path / "library")]
    environment = {**os.environ, **homes, "QT_QPA_PLATFORM": "offscreen"}
    first = subprocess.Popen(arguments, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        qtbot.waitUntil(lambda: any(tmp_path.rglob("engine.log")), timeout=30_000)
        second = subprocess.run(arguments, cwd=ROOT, env=environment, capture_output=True, timeout=30, check=False)
        assert second.returncode == 0
        assert first.poll() is None
    finally:
        first.terminate()
        _, errors = first.communicate(timeout=30)
    assert first.returncode == 0
    assert "Traceback" not in errors
    assert (tmp_path / "CONFIG" / "balloon" / "desktop.ini").is_file()


def test_log_goes_to_the_file(tmp_path: Path) -> None:
    from desktop.crash import start_log

    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers.clear()
    try:
        start_log(tmp_path / "logs" / "desktop.log")
        logging.getLogger("desktop").info("hello")
        assert "hello" in (tmp_path / "logs" / "desktop.log").read_text(encoding="utf-8")
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers[:] = before
        root.setLevel(level)
