"""Every text of the interface is in the Linguist files, translated, and in the compiled files."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QLibraryInfo, QTranslator
from PySide6.QtWidgets import QApplication, QTextBrowser, QTreeView, QWidget

from desktop.folder_dialogs import folder_chooser, removal_question
from tests.desktop import panel_data as data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "resources" / "translations"
PLACES = re.compile(r"\{\w+\}|%L?n|<\w+>")


def _messages(language: str) -> Iterator[tuple[str, ElementTree.Element]]:
    for context in ElementTree.parse(FOLDER / f"balloon_{language}.ts").getroot().iter("context"):
        for message in context.iter("message"):
            yield context.findtext("name", ""), message


def _forms(message: ElementTree.Element) -> list[str]:
    translation = message.find("translation")
    assert translation is not None
    forms = [form.text or "" for form in translation.iter("numerusform")]
    return forms or [translation.text or ""]


def test_chinese_is_complete() -> None:
    empty = [message.findtext("source") for _, message in _messages("zh_CN") if not all(_forms(message))]
    assert not empty


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_translations_keep_the_places_of_the_facts(language: str) -> None:
    for _, message in _messages(language):
        source = message.findtext("source", "")
        for form in _forms(message):
            assert set(PLACES.findall(form)) <= set(PLACES.findall(source)), source
            if message.get("numerus") is None:
                assert sorted(PLACES.findall(form)) == sorted(PLACES.findall(source)), source


def test_plurals_have_the_forms_of_their_language() -> None:
    for language, count in (("zh_CN", 1), ("en", 2)):
        plurals = [message for _, message in _messages(language) if message.get("numerus")]
        assert plurals
        assert all(len(_forms(message)) == count for message in plurals)


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_compiled_file_says_what_the_source_file_says(language: str) -> None:
    translator = QTranslator()
    assert translator.load(f"balloon_{language}", str(FOLDER))
    for context, message in _messages(language):
        is_plural = message.get("numerus") is not None
        comment = message.findtext("comment", "")
        said = translator.translate(context, message.findtext("source", ""), comment, 7 if is_plural else -1)
        assert said == _forms(message)[-1]


def test_no_text_of_the_program_is_forgotten(tmp_path: Path) -> None:
    lupdate = shutil.which("pyside6-lupdate", path=str(Path(sys.executable).parent))
    if lupdate is None:
        pytest.skip("pyside6-lupdate is not installed beside this Python")
    fresh = tmp_path / "fresh.ts"
    files = sorted(map(str, (ROOT / "desktop").glob("*.py")))
    subprocess.run([lupdate, *files, "-ts", str(fresh)], check=True, capture_output=True, timeout=60)
    known = {(context, message.findtext("source")) for context, message in _messages("zh_CN")}
    root = ElementTree.parse(fresh).getroot()
    texts = {
        (context.findtext("name", ""), message.findtext("source"))
        for context in root.iter("context")
        for message in context.iter("message")
    }
    assert texts - known == set()


class Listener(QTranslator):
    """Hears what Qt asks for and what its own file and ours have no words for."""

    def __init__(self) -> None:
        super().__init__()
        self.lacking: set[tuple[str, str]] = set()
        self._asked = [QTranslator(), QTranslator()]
        assert self._asked[0].load("qtbase_zh_CN", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
        assert self._asked[1].load("balloon_zh_CN", str(FOLDER))

    def isEmpty(self) -> bool:  # noqa: N802  # Qt's spelling
        return False

    def translate(self, context: str, text: str, comment: str | None = None, number: int = -1) -> str:
        said = [each.translate(context, text, comment or "", number) for each in self._asked]
        if context.startswith("Q") and context != "QShortcut" and not any(said):
            self.lacking.add((context, text))
        return next(filter(None, said), "")


def test_qt_s_own_dialogs_speak_chinese_altogether(qapp: QApplication, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "a folder").mkdir()
    listener = Listener()
    qapp.installTranslator(listener)
    try:
        parent = QWidget()
        dialog = folder_chooser(parent, lambda _: None)
        dialog.setDirectory(str(tmp_path))
        question = removal_question(dialog, data.folder(), lambda: None)
        texts = QTextBrowser()
        menu = texts.createStandardContextMenu()
        for window in (dialog, question, texts):
            window.show()
        qtbot.waitUntil(lambda: bool(dialog.findChildren(QTreeView)[0].model().rowCount()))
        assert menu.actions()
        for window in (dialog, question, texts):
            window.close()
    finally:
        qapp.removeTranslator(listener)
    assert not listener.lacking
