"""Adding a search model in the preferences: what is offered, how it goes on, how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from desktop import notices
from desktop.model_adding import ModelAdding
from desktop.model_chooser import ModelChooser
from desktop.model_offers import OfferModel
from engine.protocol import ErrorKind
from engine.protocol.methods import Empty, SettingValue
from engine.protocol.model_methods import (
    ModelCatalogue,
    ModelInstall,
    ModelProgress,
    ModelUse,
    OfferedModel,
    PublishedRecall,
)
from tests.desktop import panel_data as data
from tests.desktop.panel_client import FakeClient, check_model, offscreen

if TYPE_CHECKING:
    from pytestqt.modeltest import ModelTester
    from pytestqt.qtbot import QtBot

pytestmark = offscreen

RECALL = (PublishedRecall("COCO", 58.4, "its paper"),)
OFFERS = (
    OfferedModel("small", "Small one", "a/small", "onnx", ("en", "zh"), "MIT", "its card", 420, "Quick.", RECALL),
    OfferedModel("here", "Here already", "a/here", "onnx", ("en",), "MIT", "its card", 1, "", (), is_installed=True),
    OfferedModel("raw", "A checkpoint", "a/raw", "checkpoint", ("multilingual",), "Apache-2.0", "", 900, "", ()),
)
CATALOGUE = ModelCatalogue(OFFERS, can_convert=False, endpoint="https://hub.example.org")


@pytest.fixture
def client() -> FakeClient:
    client = FakeClient()
    client.answers = {
        "models.catalogue": CATALOGUE,
        "models.list": data.MODELS,
        "status": data.status(),
        "settings.get": lambda asked: SettingValue(asked.key, None),
        "settings.set": lambda asked: asked,
    }
    return client


@pytest.fixture
def adding(qtbot: QtBot, client: FakeClient) -> ModelAdding:
    dialog = ModelAdding(client.real)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    client.settle()
    return dialog


def names(adding: ModelAdding) -> list[str]:
    return [str(adding.offers.index(row).data()) for row in range(adding.offers.rowCount())]


def test_offers_keep_the_rules_of_qt(qtmodeltester: ModelTester) -> None:
    model = OfferModel()
    check_model(qtmodeltester, model)
    model.show_offers(OFFERS)
    check_model(qtmodeltester, model)


def test_only_what_can_be_installed_is_offered_and_whom_it_comes_from_is_said(
    adding: ModelAdding, client: FakeClient
) -> None:
    assert names(adding) == ["Small one"]
    assert "https://hub.example.org" in adding.lead.text()
    client.answers["models.catalogue"] = ModelCatalogue(OFFERS, can_convert=True, endpoint="https://m.example.org")
    adding.reload()
    client.settle()
    assert names(adding) == ["Small one", "A checkpoint"]


def test_offer_says_what_one_decides_by(adding: ModelAdding) -> None:
    adding.list.setCurrentIndex(adding.offers.index(0))
    assert adding.offers.detail(OFFERS[0]) == "English, 中文 · MIT · about 420 MB"
    assert "many languages" in adding.offers.detail(OFFERS[2])
    for part in ("Quick.", "its card", "COCO: 58.4 %", "its paper"):
        assert part in adding.about.text()


def test_installation_is_followed_to_its_end_and_the_model_can_be_used_at_once(
    adding: ModelAdding, client: FakeClient, qtbot: QtBot
) -> None:
    assert not adding.install_button.isEnabled()
    adding.list.setCurrentIndex(adding.offers.index(0))
    adding.install_button.click()
    assert client.last("models.install").params == ModelInstall("small")
    assert adding.progress.isVisible()
    client.last("models.install").answer(Empty())
    client.model_progress.emit(ModelProgress("small", "fetching", 300_000_000_000, 400_000_000_000))
    assert adding.progress.bar.value() * 4 == adding.progress.bar.maximum() * 3
    assert "GB" in adding.progress.label.text()
    client.model_progress.emit(ModelProgress("small", "image tower"))
    assert adding.progress.bar.maximum() == 0
    with qtbot.waitSignal(adding.installed) as installed:
        client.model_progress.emit(ModelProgress("small", "done", key="small"))
    assert installed.args == ["small"]
    assert adding.progress.isHidden()
    with qtbot.waitSignal(adding.use_asked) as used:
        adding.notice.button.click()
    assert used.args == ["small"]


def test_failure_says_why(adding: ModelAdding, client: FakeClient) -> None:
    adding.source.setText(" owner/name ")
    adding.source_button.click()
    assert client.last("models.install").params == ModelInstall("owner/name")
    client.model_progress.emit(
        ModelProgress("owner/name", "failed", kind=ErrorKind.HUB_UNREACHABLE, message="no route")
    )
    assert adding.notice.text() == f"{notices.sentence_for('hub_unreachable')} (no route)"
    assert adding.progress.isHidden()


def test_installation_can_be_stopped(adding: ModelAdding, client: FakeClient) -> None:
    adding.install("small")
    adding.progress.cancel.click()
    assert client.last("models.cancel").params == Empty()
    client.model_progress.emit(ModelProgress("small", "cancelled"))
    assert adding.progress.isHidden()
    assert adding.notice.text() == notices.sentence_for("cancelled")


def test_second_installation_waits_for_the_first(adding: ModelAdding, client: FakeClient) -> None:
    adding.install("small")
    client.last("models.install").fail("usage")
    assert "Another model is being installed" in adding.notice.text()
    assert adding.progress.isHidden()
    client.model_progress.emit(ModelProgress("other", "converting"))
    assert adding.progress.isVisible(), "what was begun elsewhere is shown"
    client.state_changed.emit(None)
    assert adding.progress.isHidden(), "it dies with the engine"


def test_mirror_is_stored_and_the_catalogue_asked_for_again(adding: ModelAdding, client: FakeClient) -> None:
    before = len(client.all_of("models.catalogue"))
    adding.mirror.setText("https://mirror.example.org")
    adding.mirror.editingFinished.emit()
    assert client.last("settings.set").params == SettingValue("models.endpoint", "https://mirror.example.org")
    client.answers["settings.get"] = lambda asked: SettingValue(asked.key, "https://mirror.example.org")
    client.settle()
    assert len(client.all_of("models.catalogue")) == before + 1
    adding.mirror.setText("")
    adding.mirror.editingFinished.emit()
    assert client.last("settings.set").params == SettingValue("models.endpoint", None)
    client.last("settings.set").fail("library_read_only")
    assert adding.mirror.text() == "https://mirror.example.org"


def test_chooser_removes_only_models_that_may_go(client: FakeClient, qtbot: QtBot) -> None:
    chooser = ModelChooser(client.real)
    qtbot.addWidget(chooser)
    chooser.load()
    client.settle()
    menu = chooser.remove_button.menu()
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == ["Chinese-CLIP ViT-B/16", "SigLIP 2 base"]
    menu.actions()[1].trigger()
    assert client.last("models.remove").params == ModelUse("siglip2-base")
    chooser.open_adding()
    assert chooser.adding is not None
    chooser.adding.use_asked.emit("cn-clip-b16")
    assert client.last("models.use").params == ModelUse("cn-clip-b16")
    chooser.adding.close()
