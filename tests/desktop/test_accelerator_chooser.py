"""What photos are encoded on: only what there is can be chosen, and what was found out is said in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from desktop import notices
from desktop.accelerator_chooser import AcceleratorChooser
from engine.protocol.methods import SettingValue
from engine.protocol.model_methods import AcceleratorList, AcceleratorRow, AcceleratorTrouble
from tests.desktop.panel_client import FakeClient, offscreen

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = offscreen

CPU = AcceleratorRow("cpu")
NO_DRIVER = AcceleratorRow("cuda", AcceleratorTrouble.NO_DRIVER)
NO_LIBRARY = AcceleratorRow("tensorrt", AcceleratorTrouble.NO_LIBRARY)
UNTRIED = AcceleratorList((AcceleratorRow("cuda"), CPU))
LAPTOP = AcceleratorList((NO_DRIVER, NO_LIBRARY, CPU), is_tried=True, used="cpu")
WITH_CARD = AcceleratorList((AcceleratorRow("cuda"), NO_LIBRARY, CPU), is_tried=True, used="cuda")


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def chooser(qtbot: QtBot, client: FakeClient) -> AcceleratorChooser:
    box = AcceleratorChooser(client.real)
    qtbot.addWidget(box)
    qtbot.addWidget(box.hint)
    box.load()
    return box


def shown(client: FakeClient, chooser: AcceleratorChooser, found: AcceleratorList) -> str:
    client.last("accelerators.list").answer(found)
    return chooser.hint.text()


def choices(chooser: AcceleratorChooser) -> list[str]:
    return [chooser.itemText(row) for row in range(chooser.count())]


def pick(chooser: AcceleratorChooser, key: str) -> None:
    chooser.setCurrentIndex(chooser.findData(key))
    chooser.activated.emit(chooser.currentIndex())


def test_what_there_is_can_be_chosen_and_what_is_used_is_said(client: FakeClient, chooser: AcceleratorChooser) -> None:
    assert not chooser.isEnabled()
    words = shown(client, chooser, LAPTOP)
    assert words == "Photos are encoded on the CPU.\nCUDA (NVIDIA) is not used: there is no NVIDIA driver."
    assert choices(chooser) == ["Automatic", "CPU", "CUDA (NVIDIA)", "TensorRT (NVIDIA)"]
    assert (chooser.currentText(), chooser.isEnabled()) == ("Automatic", True)
    assert client.all_of("accelerators.try") == [], "it was tried already"
    assert chooser.accessibleDescription() == words


def test_card_that_passed_its_trial_is_named_and_no_lesser_one(client: FakeClient, chooser: AcceleratorChooser) -> None:
    words = shown(client, chooser, WITH_CARD)
    assert words == "Photos are encoded on CUDA (NVIDIA), which was tried out against the CPU."


def test_what_nobody_tried_yet_is_tried(client: FakeClient, chooser: AcceleratorChooser) -> None:
    assert shown(client, chooser, UNTRIED) == "Finding out what works here…"
    client.last("accelerators.try").answer(LAPTOP)
    assert chooser.hint.text().startswith("Photos are encoded on the CPU.")


def test_choice_is_stored_tried_and_its_outcome_told(client: FakeClient, chooser: AcceleratorChooser) -> None:
    shown(client, chooser, LAPTOP)
    pick(chooser, "tensorrt")
    assert client.last("settings.set").params == SettingValue("models.accelerator", "tensorrt")
    client.last("settings.set").answer(SettingValue("models.accelerator", "tensorrt"))
    assert chooser.hint.text() == "Trying TensorRT (NVIDIA)…"
    client.last("accelerators.try").answer(replace(LAPTOP, chosen="tensorrt"))
    assert chooser.hint.text().endswith("TensorRT (NVIDIA) is not used: its own library is not installed.")
    assert chooser.currentText() == "TensorRT (NVIDIA)"
    pick(chooser, "auto")
    assert client.last("settings.set").params == SettingValue("models.accelerator", None)


def test_choice_that_cannot_be_stored_is_taken_back(
    qtbot: QtBot, client: FakeClient, chooser: AcceleratorChooser
) -> None:
    shown(client, chooser, LAPTOP)
    pick(chooser, "cpu")
    with qtbot.waitSignal(chooser.failed):
        client.last("settings.set").fail("library_busy")
    assert chooser.currentText() == "Automatic"


def test_what_whoever_started_balloon_decided_cannot_be_changed(
    client: FakeClient, chooser: AcceleratorChooser
) -> None:
    words = shown(client, chooser, replace(LAPTOP, chosen="cpu", is_given=True))
    assert words == "BALLOON_ACCELERATOR decides this.\nPhotos are encoded on the CPU."
    assert (chooser.currentText(), chooser.isEnabled()) == ("CPU", False)


def test_every_trouble_has_words(qtbot: QtBot) -> None:
    said = {notices.left_out_text("CUDA", trouble, "80%") for trouble in AcceleratorTrouble}
    assert len(said) == len(AcceleratorTrouble)
    assert notices.left_out_text("CUDA", AcceleratorTrouble.FAILED, "error {name}.") == (
        "CUDA is not used: it says “error {name}.”."
    )
