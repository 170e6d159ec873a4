"""One search at a time: the newest wins, earlier ones are cancelled, and the library's growth is followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from desktop.engine_client import EngineClient, EngineState
from desktop.search_query import Query
from desktop.search_session import Browsed, Found, SearchSession

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.desktop.conftest import Fake


@pytest.fixture
def session(client: EngineClient, qtbot: QtBot) -> SearchSession:
    return SearchSession(client, client)


@pytest.fixture
def found(session: SearchSession) -> list[Found]:
    answers: list[Found] = []
    session.found.connect(answers.append)
    return answers


def _ready(client: EngineClient, session: SearchSession, qtbot: QtBot) -> None:
    client.start()
    qtbot.waitUntil(lambda: client.state == EngineState.READY)
    qtbot.waitUntil(lambda: not session.is_busy)


def test_start_shows_all_photos(client: EngineClient, session: SearchSession, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.browsed) as browsed:
        client.start()
    (answer,) = browsed.args or [None]
    assert isinstance(answer, Browsed)
    assert (answer.total, len(answer.hits)) == (12, 12)


def test_newest_search_wins_and_the_earlier_one_is_cancelled(
    client: EngineClient, session: SearchSession, found: list[Found], fake: Fake, qtbot: QtBot
) -> None:
    fake.plan(slow_s={"d": 30, "do": 30})
    _ready(client, session, qtbot)
    for text in ("d", "do", "dog"):
        session.ask(Query(text))
    qtbot.waitUntil(lambda: bool(found))
    assert [answer.query.text for answer in found] == ["dog"]
    searched = {message["params"]["text"]: message["id"] for message in fake.heard("search")}
    cancelled = [message["params"]["request"] for message in fake.heard("cancel")]
    assert cancelled == [searched["d"], searched["do"]]


def test_better_order_replaces_the_first_answer(
    client: EngineClient, session: SearchSession, found: list[Found], fake: Fake, qtbot: QtBot
) -> None:
    fake.plan(improves=["dog"])
    _ready(client, session, qtbot)
    session.ask(Query("dog"))
    qtbot.waitUntil(lambda: len(found) == 2)
    first, better = (tuple(hit.photo_id for hit in answer.result.hits) for answer in found)
    assert better == first[::-1]
    assert [answer.is_fresh for answer in found] == [True, False]


def test_entered_search_is_remembered_by_the_engine(
    client: EngineClient, session: SearchSession, found: list[Found], fake: Fake, qtbot: QtBot
) -> None:
    _ready(client, session, qtbot)
    session.ask(Query("dog"), remember=True)
    qtbot.waitUntil(lambda: bool(found))
    session.refresh()
    qtbot.waitUntil(lambda: len(found) == 2)
    assert [message["params"]["remember"] for message in fake.heard("search")] == [True, False]


def test_failure_of_an_asked_search_is_told(
    client: EngineClient, session: SearchSession, fake: Fake, qtbot: QtBot
) -> None:
    fake.plan(fails={"search": "model_missing"})
    _ready(client, session, qtbot)
    with qtbot.waitSignal(session.failed) as failed:
        session.ask(Query("dog"))
    assert failed.args is not None
    assert failed.args[0].kind == "model_missing"
    assert not session.is_busy


def test_failure_of_a_background_search_is_not(
    client: EngineClient, session: SearchSession, fake: Fake, qtbot: QtBot
) -> None:
    fake.plan(fails={"browse": "internal"})
    client.start()
    with qtbot.assertNotEmitted(session.failed):
        qtbot.waitUntil(lambda: bool(fake.heard("browse")))
        qtbot.waitUntil(lambda: not session.is_busy)


def test_search_that_died_with_the_engine_is_asked_again(
    client: EngineClient, session: SearchSession, found: list[Found], fake: Fake, qtbot: QtBot
) -> None:
    fake.plan(die_once=["search"])
    _ready(client, session, qtbot)
    with qtbot.assertNotEmitted(session.failed):
        session.ask(Query("dog"))
        qtbot.waitUntil(lambda: bool(found))
    assert found[0].query.text == "dog"
    assert found[0].is_fresh
    assert len(fake.heard("search")) == 2


def test_new_photos_are_asked_for_when_the_library_changes(
    client: EngineClient, session: SearchSession, fake: Fake, qtbot: QtBot
) -> None:
    _ready(client, session, qtbot)
    from engine.protocol import PhotoPath
    from engine.protocol.methods import FolderAdd

    with qtbot.waitSignal(session.browsed) as browsed:
        client.request("folders.add", FolderAdd(PhotoPath("/more")))
    assert browsed.args is not None
    assert not browsed.args[0].is_fresh
