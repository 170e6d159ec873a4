"""The engine process seen from the desktop: answers, cancelling, dying, coming back, going away."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import pytest

from desktop.engine_client import ENGINE_GONE, EngineClient, EngineFailure, EngineState, Reply
from engine.protocol import SearchResult
from engine.protocol.methods import BrowseRequest, PhotoRequest, SearchImproved, SearchRequest

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.desktop.conftest import Fake


class Outcome:
    """What came of a reply."""

    def __init__(self, reply: Reply) -> None:
        self.values: list[Any] = []
        reply.finished.connect(self.values.append)
        reply.failed.connect(self.values.append)

    @property
    def value(self) -> Any:
        assert len(self.values) == 1
        return self.values[0]


def _ready(client: EngineClient, qtbot: QtBot) -> None:
    client.start()
    qtbot.waitUntil(lambda: client.state == EngineState.READY)


def test_request_made_before_the_start_waits_for_it(client: EngineClient, fake: Fake, qtbot: QtBot) -> None:
    reply = client.request("status")
    with qtbot.waitSignal(reply.finished):
        client.start()


def test_request_is_answered_with_its_result_type(client: EngineClient, qtbot: QtBot) -> None:
    _ready(client, qtbot)
    outcome = Outcome(client.request("search", SearchRequest("dog")))
    qtbot.waitUntil(lambda: bool(outcome.values))
    assert isinstance(outcome.value, SearchResult)
    assert outcome.value.query == "dog"


def test_request_made_before_the_engine_is_up_waits_for_it(client: EngineClient, qtbot: QtBot) -> None:
    client.start()
    outcome = Outcome(client.request("status"))
    qtbot.waitUntil(lambda: bool(outcome.values))
    assert outcome.value.photos == 12


def test_wrong_request_type_is_refused_here(client: EngineClient) -> None:
    with pytest.raises(TypeError, match="search takes SearchRequest"):
        client.request("search", PhotoRequest(1))


def test_failure_keeps_its_kind(client: EngineClient, fake: Fake, qtbot: QtBot) -> None:
    fake.plan(fails={"search": "disk_full"})
    _ready(client, qtbot)
    outcome = Outcome(client.request("search", SearchRequest("dog")))
    qtbot.waitUntil(lambda: bool(outcome.values))
    assert outcome.value == EngineFailure("disk_full", "planned")


def test_cancelled_request_is_told_to_the_engine_and_stays_silent(
    client: EngineClient, fake: Fake, qtbot: QtBot
) -> None:
    fake.plan(slow_s={"slow": 30})
    _ready(client, qtbot)
    reply = client.request("search", SearchRequest("slow"))
    outcome = Outcome(reply)
    reply.cancel()
    reply.cancel()
    done = Outcome(client.request("search", SearchRequest("quick")))
    qtbot.waitUntil(lambda: bool(done.values))
    assert [message["params"] for message in fake.heard("cancel")] == [{"request": reply.request_id}]
    assert not outcome.values


def test_request_cancelled_before_the_start_is_never_sent(client: EngineClient, fake: Fake, qtbot: QtBot) -> None:
    client.start()
    client.request("search", SearchRequest("early")).cancel()
    later = Outcome(client.request("status"))
    qtbot.waitUntil(lambda: bool(later.values))
    assert not fake.heard("search")


def test_death_fails_pending_requests_gently_and_the_engine_comes_back(
    client: EngineClient, fake: Fake, qtbot: QtBot
) -> None:
    fake.plan(die_once=["search"])
    _ready(client, qtbot)
    states: list[EngineState] = []
    client.state_changed.connect(states.append)
    outcome = Outcome(client.request("search", SearchRequest("dog")))
    qtbot.waitUntil(lambda: states[-1:] == [EngineState.READY])
    assert outcome.value == EngineFailure(ENGINE_GONE)
    assert states == [EngineState.RESTARTING, EngineState.READY]
    again = Outcome(client.request("search", SearchRequest("dog")))
    qtbot.waitUntil(lambda: bool(again.values))
    assert isinstance(again.value, SearchResult)


def test_killed_engine_comes_back(client: EngineClient, qtbot: QtBot) -> None:
    _ready(client, qtbot)
    first = client.pid
    with qtbot.waitSignal(client.welcomed):
        client.kill_engine()
    assert client.pid not in (0, first)


def test_request_made_while_restarting_is_answered_afterwards(client: EngineClient, qtbot: QtBot) -> None:
    _ready(client, qtbot)
    client.kill_engine()
    qtbot.waitUntil(lambda: client.state == EngineState.RESTARTING)
    outcome = Outcome(client.request("browse", BrowseRequest()))
    qtbot.waitUntil(lambda: bool(outcome.values))
    assert outcome.value.total == 12


def test_engine_that_keeps_dying_is_given_up(
    client: EngineClient, fake: Fake, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    fake.plan(die_at_start=True)
    outcome = None
    client.start()
    outcome = Outcome(client.request("status"))
    qtbot.waitUntil(lambda: client.state == EngineState.STOPPED)
    assert len(fake.pids()) == 5
    assert outcome.value == EngineFailure(ENGINE_GONE)
    late = Outcome(client.request("status"))
    qtbot.waitUntil(lambda: bool(late.values))
    assert late.value.kind == ENGINE_GONE
    caplog.clear()


def test_person_can_try_again_after_giving_up(
    client: EngineClient, fake: Fake, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    fake.plan(die_at_start=True)
    client.start()
    qtbot.waitUntil(lambda: client.state == EngineState.STOPPED)
    caplog.clear()
    fake.plan(die_at_start=False)
    _ready(client, qtbot)


def test_engine_that_refuses_the_library_is_not_restarted(
    client: EngineClient, fake: Fake, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    fake.plan(refusal="library_newer")
    client.start()
    qtbot.waitUntil(lambda: client.state == EngineState.STOPPED)
    assert client.failure == EngineFailure("library_newer", "planned")
    assert len(fake.pids()) == 1
    caplog.clear()


def test_program_that_is_not_there_is_given_up(fake: Fake, qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    from dataclasses import replace

    client = EngineClient(replace(fake.command(), program="/no/such/engine"))
    client.start()
    qtbot.waitUntil(lambda: client.state == EngineState.STOPPED)
    client.close()
    caplog.clear()


def test_garbage_lines_are_ignored(client: EngineClient, fake: Fake, qtbot: QtBot) -> None:
    fake.plan(garbage=True)
    _ready(client, qtbot)
    outcome = Outcome(client.request("status"))
    qtbot.waitUntil(lambda: bool(outcome.values))
    assert outcome.value.folders == 1


def test_notification_names_its_request(client: EngineClient, fake: Fake, qtbot: QtBot) -> None:
    fake.plan(improves=["dog"])
    _ready(client, qtbot)
    improved: list[SearchImproved] = []
    client.search_improved.connect(improved.append)
    reply = client.request("search", SearchRequest("dog"))
    number = reply.request_id
    qtbot.waitUntil(lambda: bool(improved))
    assert improved[0].request == number


def test_closing_says_so_and_ends_the_process(fake: Fake, qtbot: QtBot) -> None:
    client = EngineClient(fake.command())
    _ready(client, qtbot)
    outcome = Outcome(client.request("search", SearchRequest("dog")))
    client.close()
    assert client.pid == 0
    assert fake.heard("shutdown")
    assert not outcome.values


def test_engine_that_does_not_leave_is_killed(fake: Fake, qtbot: QtBot) -> None:
    fake.plan(stays_after_eof=True)
    client = EngineClient(fake.command(farewell_s=0.1))
    _ready(client, qtbot)
    client.close()
    assert client.pid == 0


def test_client_that_never_started_closes(fake: Fake, qtbot: QtBot) -> None:
    EngineClient(fake.command()).close()
    assert not fake.pids()


def test_client_dropped_with_an_answered_request_unswept_goes_quietly(fake: Fake, qtbot: QtBot) -> None:
    client = EngineClient(fake.command())
    reply = client.request("status")
    reply.cancel()
    client.close()
    gone = weakref.ref(client)
    del reply, client
    qtbot.waitUntil(lambda: gone() is None)
