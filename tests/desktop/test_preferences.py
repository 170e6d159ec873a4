"""Preferences: each choice works at once, and one that could not be stored is taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QLabel

from desktop import notices
from desktop.preferences import Preferences
from desktop.settings import AppSettings
from engine.protocol import PhotoPath
from engine.protocol.methods import CachesCleared, LibraryChanged, ModelList, ModelRow, ModelUse, SettingValue, Welcome
from engine.protocol.model_methods import AcceleratorList, AcceleratorRow
from tests.desktop import panel_data as data
from tests.desktop.panel_client import FakeClient, offscreen

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = offscreen


@pytest.fixture
def client() -> FakeClient:
    client = FakeClient()
    client.answers = {
        "models.list": data.MODELS,
        "status": data.status(),
        "accelerators.list": AcceleratorList((AcceleratorRow("cpu"),), is_tried=True, used="cpu"),
        "settings.get": lambda asked: SettingValue(asked.key, STORED.get(asked.key)),
    }
    return client


STORED = {"ocr.enabled": "true", "index.workers": "300"}


@pytest.fixture
def settings(tmp_path: Path) -> AppSettings:
    return AppSettings(tmp_path / "desktop.ini")


@pytest.fixture
def preferences(qtbot: QtBot, client: FakeClient, settings: AppSettings) -> Preferences:
    dialog = Preferences(client.real, settings)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    client.settle()
    return dialog


def pick(box: QComboBox, value: object) -> None:
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def test_language_and_theme_work_at_once(preferences: Preferences, settings: AppSettings) -> None:
    assert not preferences.isModal()
    pick(preferences.language, "zh_CN")
    pick(preferences.theme, "dark")
    assert (settings.language, settings.theme) == ("zh_CN", "dark")


def test_theme_changed_elsewhere_is_shown(preferences: Preferences, settings: AppSettings) -> None:
    settings.theme = "light"
    assert preferences.theme.currentData() == "light"


def test_stored_options_are_shown(preferences: Preferences) -> None:
    assert preferences.use_bank.isChecked()  # the default where nothing is stored
    assert preferences.read_text.isChecked()
    assert preferences.workers.currentText() == "300"  # stored on a larger computer


def test_options_cannot_be_changed_before_they_are_known(qtbot: QtBot, settings: AppSettings) -> None:
    client = FakeClient()
    dialog = Preferences(client.real, settings)
    qtbot.addWidget(dialog)
    dialog.reload()
    assert not any(box.isEnabled() for box in dialog.options)
    assert not dialog.workers.isEnabled()
    assert client.all_of("settings.set") == []


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("use_bank", "captions.bank", "false"),
        ("read_text", "ocr.enabled", "false"),
    ],
)
def test_each_option_is_stored_under_its_key(
    preferences: Preferences, client: FakeClient, name: str, key: str, value: str
) -> None:
    getattr(preferences, name).click()
    assert client.last("settings.set").params == SettingValue(key, value)


def test_missing_extra_for_text_is_named_and_a_present_one_needs_no_words(
    preferences: Preferences, client: FakeClient
) -> None:
    assert preferences.read_text_hint.isVisibleTo(preferences), "not known before the engine has said so"
    client.welcome = Welcome(1, "0.1.0", "/library", "balloon-mini", read_only=False, reads_text=False)
    preferences.reload()
    assert preferences.read_text_hint.text().endswith("Install it: pip install 'balloon-photos[ocr]'")
    client.welcome = Welcome(1, "0.1.0", "/library", "balloon-mini", read_only=False, reads_text=True)
    preferences.reload()
    assert preferences.read_text_hint.isHidden()


def test_workers_are_stored_as_a_number_or_as_the_default(preferences: Preferences, client: FakeClient) -> None:
    pick(preferences.workers, "1")
    assert client.last("settings.set").params == SettingValue("index.workers", "1")
    client.last("settings.set").answer(SettingValue("index.workers", "1"))
    pick(preferences.workers, None)
    assert client.last("settings.set").params == SettingValue("index.workers", None)


def test_option_that_could_not_be_stored_is_taken_back(preferences: Preferences, client: FakeClient) -> None:
    preferences.use_bank.click()
    assert not preferences.use_bank.isChecked()
    client.last("settings.set").fail("library_busy")
    assert preferences.use_bank.isChecked()
    assert preferences.notice.text() == notices.sentence_for("library_busy")
    pick(preferences.workers, "1")
    client.last("settings.set").fail("library_busy")
    assert preferences.workers.currentText() == "300"


def model_texts(preferences: Preferences) -> str:
    labels = preferences.models.findChildren(QLabel)
    return "\n".join(label.text() for label in labels if label.isVisibleTo(preferences.models)).replace(",", "")


def test_models_show_languages_licence_and_coverage(preferences: Preferences) -> None:
    names = [button.text() for button in preferences.models.group.buttons()]
    assert names == ["Balloon mini", "Chinese-CLIP ViT-B/16", "SigLIP 2 base"]
    assert preferences.models.group.checkedId() == 0
    assert "中文 · MIT · searches 2210 of 16400 photos" in model_texts(preferences)


def test_choosing_a_model_uses_it_and_shows_what_the_engine_says(preferences: Preferences, client: FakeClient) -> None:
    preferences.models.group.button(1).click()
    assert client.last("models.use").params == ModelUse("cn-clip-b16")
    rows = [
        ModelRow(m.key, m.name, m.languages, m.licence, m.key == "cn-clip-b16", m.indexed) for m in data.MODELS.models
    ]
    client.last("models.use").answer(ModelList(tuple(rows)))
    assert preferences.models.group.checkedId() == 1
    assert len(client.all_of("models.use")) == 1


def with_coming(key: str) -> ModelList:
    return ModelList(tuple(replace(model, is_coming=model.key == key) for model in data.MODELS.models))


def test_model_that_has_yet_to_see_the_photos_stays_chosen_and_says_so(
    preferences: Preferences, client: FakeClient
) -> None:
    assert preferences.models.hint.isHidden()
    preferences.models.group.button(2).click()
    client.last("models.use").answer(with_coming("siglip2-base"))  # the engine answers with the old one meanwhile
    assert preferences.models.group.checkedId() == 2
    assert preferences.models.hint.text() == "SigLIP 2 base searches as soon as it has seen all photos."
    button = preferences.models.group.button(2)
    client.answers["models.list"] = data.MODELS
    client.library_changed.emit(LibraryChanged(data.status()))
    client.settle()
    assert preferences.models.hint.isHidden(), "the list is asked for again when the library changes"
    assert preferences.models.group.button(2) is button, "the buttons stay, with their focus"


def test_choice_of_a_model_can_be_thought_better_of(preferences: Preferences, client: FakeClient) -> None:
    preferences.models.group.button(2).click()
    client.last("models.use").answer(with_coming("siglip2-base"))
    preferences.models.group.button(0).click()
    assert client.last("models.use").params == ModelUse("balloon-mini")
    client.last("models.use").answer(data.MODELS)
    assert preferences.models.hint.isHidden()
    assert preferences.models.group.checkedId() == 0


def test_model_that_cannot_be_used_is_not_chosen(preferences: Preferences, client: FakeClient) -> None:
    preferences.models.group.button(2).click()
    client.last("models.use").fail("model_damaged")
    assert preferences.models.group.checkedId() == 0
    assert preferences.notice.text() == notices.sentence_for("model_damaged")


def test_what_photos_are_encoded_on_is_said(preferences: Preferences, client: FakeClient) -> None:
    assert preferences.accelerator.hint.text() == "Photos are encoded on the CPU."
    preferences.accelerator.setCurrentIndex(preferences.accelerator.findData("cpu"))
    preferences.accelerator.activated.emit(1)
    client.last("settings.set").fail("library_busy")
    assert preferences.notice.text() == notices.sentence_for("library_busy")


def test_library_s_place_is_shown_and_copied(preferences: Preferences) -> None:
    assert preferences.place.line.text() == data.status().library
    preferences.place.copy_path.click()
    assert QGuiApplication.clipboard().text() == data.status().library


def welcome(library: str) -> Welcome:
    return Welcome(1, "1", library, "mini", read_only=False)


def test_library_moves_and_the_engine_that_comes_back_says_where_it_is(
    preferences: Preferences, client: FakeClient, tmp_path: Path
) -> None:
    place = preferences.place
    place.move_to(tmp_path)
    assert client.last("library.move").params.path == PhotoPath(str(tmp_path))
    assert not place.move_button.isEnabled()
    assert "being moved" in preferences.notice.text()
    client.last("library.move").fail("engine_gone")
    assert "being moved" in preferences.notice.text(), "how a move ends is no trouble"
    client.welcomed.emit(welcome(str(tmp_path)))
    assert str(tmp_path) in preferences.notice.text()
    assert place.line.text() == str(tmp_path)
    assert place.move_button.isEnabled()


def test_move_that_was_refused_leaves_the_library_where_it_is(
    preferences: Preferences, client: FakeClient, tmp_path: Path
) -> None:
    preferences.place.move_to(tmp_path)
    client.last("library.move").fail("place_refused")
    client.welcomed.emit(welcome(data.status().library))
    assert preferences.notice.text() == notices.sentence_for("place_refused")
    assert preferences.place.line.text() == data.status().library
    assert preferences.place.move_button.isEnabled()


def test_library_that_another_program_writes_is_not_moved(
    preferences: Preferences, client: FakeClient, tmp_path: Path
) -> None:
    preferences.place.move_to(tmp_path)
    client.last("library.move").fail("library_busy")
    assert preferences.notice.text() == notices.sentence_for("library_busy")
    assert preferences.place.move_button.isEnabled()


def test_clearing_caches_says_what_it_freed(preferences: Preferences, client: FakeClient) -> None:
    preferences.clear_caches.click()
    assert not preferences.clear_caches.isEnabled()
    client.last("caches.clear").answer(CachesCleared(12_400_000))
    assert preferences.notice.text() == "Caches cleared: 11.8 MB freed."
    assert preferences.clear_caches.isEnabled()
    preferences.clear_caches.click()
    client.last("caches.clear").answer(CachesCleared(0))
    assert preferences.notice.text() == "There was nothing to clear."


def test_caches_that_could_not_be_cleared_can_be_tried_again(preferences: Preferences, client: FakeClient) -> None:
    preferences.clear_caches.click()
    client.last("caches.clear").fail("library_read_only")
    assert preferences.notice.text() == notices.sentence_for("library_read_only")
    preferences.notice.button.click()
    assert len(client.all_of("caches.clear")) == 2


def test_failure_to_ask_can_be_tried_again(preferences: Preferences, client: FakeClient) -> None:
    preferences.reload()
    client.last("status").fail("engine_gone")
    assert preferences.notice.text() == notices.sentence_for("engine_gone")
    preferences.notice.button.click()
    client.settle()
    assert preferences.notice.isHidden()


def test_every_option_is_named_for_screen_readers(preferences: Preferences) -> None:
    assert preferences.workers.accessibleName()
    assert preferences.place.line.accessibleName()
    assert all(box.text() for box in preferences.options)
