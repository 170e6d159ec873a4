"""Help: the keys, the licences, and a diagnostic report without names."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QLabel

from desktop.diagnostic_report import hide_names
from desktop.help import AboutBox, DiagnosticReport, ShortcutSheet, shortcut_groups
from desktop.parts import PARTS, version_of
from engine.protocol.methods import DoctorLine, DoctorResult, FolderList, IssueList, UpdateResult, Welcome
from tests.desktop import panel_data as data
from tests.desktop.panel_client import FakeClient, offscreen

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = offscreen
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def client() -> FakeClient:
    client = FakeClient()
    client.answers = {
        "doctor": data.DOCTOR,
        "status": data.status(),
        "folders.list": FolderList(data.folders()),
        "issues.list": IssueList(data.ISSUES),
    }
    return client


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (UpdateResult("1.0"), "could not ask"),
        (UpdateResult("1.0", "1.0", answered=True), "newest version"),
        (UpdateResult("1.0", "1.1", "https://example.org/a", is_newer=True, answered=True), "https://example.org/a"),
        (UpdateResult("1.0", "1.1", "file:///etc", is_newer=True, answered=True), "Version 1.1 can be had."),
    ],
)
def test_newer_version_is_asked_for_by_the_button_alone(qtbot: QtBot, result: UpdateResult, words: str) -> None:
    client = FakeClient()
    box = AboutBox(client.real)
    qtbot.addWidget(box)
    assert not client.asked
    box.updates.button.click()
    assert not box.updates.button.isEnabled()
    client.last("update.check").answer(result)
    assert words in box.updates.answer.text()
    assert "file:" not in box.updates.answer.text()
    assert box.updates.button.isEnabled()


@pytest.fixture
def report(qtbot: QtBot, client: FakeClient) -> DiagnosticReport:
    dialog = DiagnosticReport(client.real)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    return dialog


def test_every_key_is_one_that_qt_knows_and_says_what_it_does() -> None:
    for _, rows in shortcut_groups():
        for keys, what in rows:
            assert what
            for key in keys.split():
                assert QKeySequence(key).toString(), key


def test_sheet_shows_all_keys(qtbot: QtBot) -> None:
    sheet = ShortcutSheet()
    qtbot.addWidget(sheet)
    texts = {label.text() for label in sheet.findChildren(QLabel)}
    assert {what for _, rows in shortcut_groups() for _, what in rows} <= texts
    assert not sheet.isModal()


def test_about_names_every_package_that_comes_along() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = {re.split(r"[<>=;\[ ]", line)[0].lower() for line in project["project"]["dependencies"]}
    named = {part.distribution.lower() for part in PARTS}
    assert needed - named <= {"onnxruntime"}  # the same program as onnxruntime-gpu
    assert all(part.licence and part.address.startswith("https://") for part in PARTS)


def test_about_shows_licences_version_and_model(qtbot: QtBot) -> None:
    box = AboutBox(FakeClient().real)
    qtbot.addWidget(box)
    text = box.licences.toPlainText()
    assert f"PySide6 {version_of('PySide6-Essentials')}" in text
    assert "LGPL-3.0" in text
    assert "Apache License 2.0" in text
    box.show_engine(Welcome(1, "0.1.0", "/library", "balloon-mini", read_only=False))
    assert box.version.text() == "Version 0.1.0"
    assert "balloon-mini" in box.model.text()


def test_report_names_no_file_and_no_folder(report: DiagnosticReport, client: FakeClient) -> None:
    client.settle()
    text = report.text.toPlainText()
    for secret in (data.HOME, "ann", "Pictures", "手机照片", "IMG_0412", "全家福"):
        assert secret not in text
    assert "ok provider: CPU really used" in text
    assert "!! library: […], 0.4 GB free" in text
    assert "issues damaged: 1" in text
    assert "9350 indexed" in text


def test_ticking_the_box_includes_the_names(report: DiagnosticReport, client: FakeClient) -> None:
    client.settle()
    report.with_names.click()
    text = report.text.toPlainText()
    assert f"{data.HOME}/手机照片" in text
    assert "too_large" in text
    assert "全家福.png" in text
    report.with_names.click()
    assert data.HOME not in report.text.toPlainText()


def test_copy_takes_just_what_is_shown(report: DiagnosticReport, client: FakeClient) -> None:
    assert not report.copy.isEnabled()
    client.settle()
    report.copy.click()
    assert QGuiApplication.clipboard().text() == report.text.toPlainText()
    assert "copied" in report.notice.text()


def test_report_is_made_even_if_the_engine_cannot_say_everything(report: DiagnosticReport, client: FakeClient) -> None:
    client.last("doctor").fail("engine_gone")
    client.settle()
    text = report.text.toPlainText()
    assert "not answered: engine_gone" in text
    assert "9350 indexed" in text
    assert report.copy.isEnabled()


def test_opening_it_again_asks_again_with_the_box_unticked(report: DiagnosticReport, client: FakeClient) -> None:
    client.settle()
    report.with_names.click()
    report.hide()
    report.show()
    assert not report.with_names.isChecked()
    client.answers["doctor"] = DoctorResult((DoctorLine("provider", "CUDA really used", fine=True),))
    client.settle()
    assert "CUDA" in report.text.toPlainText()


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("model in /opt/ann/models/x is damaged", []),
        ("library C:\\Users\\ann\\Balloon, 3 GB free", []),
        ("no room in /mnt/my photos/ann: full", ["/mnt/my photos"]),
        ("D:\\Fotos\\ann lee\\2023, gone", ["D:\\Fotos"]),
        (f"in {Path.home()}/my photos/ann.jpg: broken", []),
    ],
)
def test_paths_of_any_kind_are_hidden(text: str, known: list[str]) -> None:
    hidden = hide_names(text, known)
    assert "ann" not in hidden
    assert "[…]" in hidden


def test_what_is_no_path_stays() -> None:
    text = "12 photos/s, 3 and/or 4, GB/s: fine"
    assert hide_names(text, []) == text
