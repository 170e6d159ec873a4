"""Questions of a widget: only what is still wanted is delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThreadPool
from PySide6.QtGui import QImage

from desktop.asking import Asker
from desktop.picture_loader import PictureLoader
from engine.protocol.methods import PhotoRequest
from tests.desktop import panel_data as data
from tests.desktop.panel_client import FakeClient

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.usefixtures("qapp")


def test_a_newer_question_cancels_the_older_and_drops_its_answer() -> None:
    client, owner = FakeClient(), QObject()
    asker, got = Asker(client.real, owner), list[Any]()
    asker.ask_anew("photo", PhotoRequest(1), got.append)
    asker.ask_anew("photo", PhotoRequest(2), got.append)
    first, second = client.all_of("photo")
    assert first.was_cancelled
    second.answer(data.details(2))
    first.answer(data.details(1))
    assert [details.photo_id for details in got] == [2]
    assert not asker.is_waiting


def test_questions_asked_side_by_side_are_all_answered() -> None:
    client, owner = FakeClient(), QObject()
    asker, got, failures = Asker(client.real, owner), list[Any](), list[Any]()
    asker.ask("photo", PhotoRequest(1), got.append, failures.append)
    asker.ask("photo", PhotoRequest(2), got.append, failures.append)
    first, second = client.all_of("photo")
    second.fail("not_found")
    first.answer(data.details(1))
    assert (len(got), failures[0].kind) == (1, "not_found")


def test_nothing_is_delivered_to_an_owner_that_is_gone() -> None:
    client, owner, got = FakeClient(), QObject(), list[Any]()
    Asker(client.real, owner).ask("photo", PhotoRequest(1), got.append, got.append)
    owner.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    client.last("photo").answer(data.details(1))
    assert got == []


def test_a_failure_nobody_asked_words_for_is_silent() -> None:
    client, owner, got = FakeClient(), QObject(), list[Any]()
    asker = Asker(client.real, owner)
    asker.ask("photo", PhotoRequest(1), got.append)
    client.last("photo").fail()
    assert got == []
    assert not asker.is_waiting


def test_only_the_picture_wanted_last_arrives(qtbot: QtBot, tmp_path: Path) -> None:
    owner = QObject()
    loader, got = PictureLoader(owner), list[tuple[object, QImage]]()
    loader.loaded.connect(lambda key, image: got.append((key, image)))
    loader.load(1, data.picture(tmp_path, "one.jpg"))
    with qtbot.waitSignal(loader.loaded, timeout=5000):
        loader.load(2, data.picture(tmp_path, "two.jpg", (800, 400)), 200)
    QThreadPool.globalInstance().waitForDone()
    QCoreApplication.processEvents()
    assert [(key, image.width(), image.height()) for key, image in got] == [(2, 200, 100)]
    assert QThreadPool.globalInstance().activeThreadCount() == 0


def test_a_file_that_is_no_picture_is_said_to_be_none(qtbot: QtBot, tmp_path: Path) -> None:
    owner = QObject()
    loader = PictureLoader(owner)
    (tmp_path / "no.jpg").write_bytes(b"no picture")
    with qtbot.waitSignal(loader.failed, timeout=5000) as failed:
        loader.load(3, str(tmp_path / "no.jpg"))
    assert failed.args == [3]
