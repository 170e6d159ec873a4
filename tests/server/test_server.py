"""The server with a fake engine: who is answered, with what, and what is said unasked."""

from __future__ import annotations

import importlib.util
import io
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import KnownError
from engine.protocol import ErrorKind
from engine.protocol.methods import MAX_LINE_BYTES, PROTOCOL_VERSION, CaptionAdd, CheckRequest, SearchRequest
from engine.protocol.registry import METHODS
from engine.server.routes import ROUTES
from engine.server.service import Opened, Server
from tests.server.fakes import FakeEngine, as_engine, talking

if TYPE_CHECKING:
    from tests.server.fakes import FakeLibrary, Talk

BUSY = KnownError(ErrorKind.LIBRARY_BUSY, "Balloon is already indexing this library.")


def test_every_method_of_the_contract_has_a_route() -> None:
    assert ROUTES.keys() == METHODS.keys()


def test_hello_is_answered_with_library_and_model(talk: Talk) -> None:
    welcome = talk.peer.hello()
    assert welcome["protocol_version"] == PROTOCOL_VERSION
    assert (welcome["library"], welcome["model"]) == (str(talk.library.root), "fake")
    assert welcome["reads_text"] is (importlib.util.find_spec("rapidocr") is not None)
    assert welcome["read_only"] is False


def test_another_protocol_version_is_refused(talk: Talk) -> None:
    assert talk.peer.error("hello", {"protocol_version": 99})["data"]["kind"] == "usage"


def test_search_is_answered_under_its_id(talk: Talk) -> None:
    first, second = (talk.peer.ask("search", SearchRequest(text)) for text in ("one", "二"))
    assert talk.peer.answer(second)["result"]["query"] == "二"
    assert talk.peer.answer(first)["result"]["query"] == "one"


def test_slow_search_does_not_keep_others_waiting(talk: Talk) -> None:
    slow = talk.peer.ask("search", SearchRequest("hold one"))
    talk.library.gate.wait_until_reached()
    assert talk.peer.result("search", SearchRequest("quick"))["query"] == "quick"
    talk.library.gate.let_through()
    assert talk.peer.answer(slow)["result"]["query"] == "hold one"


@pytest.mark.parametrize(
    ("line", "code", "id_"),
    [
        (b"nonsense", -32700, None),
        (b"\xff\xfe{}", -32700, None),
        (b"[" * 100_000, -32700, None),
        (b'{"jsonrpc": "2.0", "id": NaN}', -32700, None),
        (b'{"jsonrpc":"2.0","id":1,"method":"search","params":{"text":"\\ud83c"}}', -32700, None),
        (b'{"id": ' + b"9" * 5000 + b"}", -32700, None),
        (b"[]", -32600, None),
        (b"7", -32600, None),
        (b'{"id": 7, "method": "status"}', -32600, 7),
        (b'{"jsonrpc": "2.0", "id": 7}', -32600, 7),
        (b'{"jsonrpc": "2.0", "id": 7, "method": 3}', -32600, 7),
        (b'{"jsonrpc": "2.0", "id": "seven", "method": "status"}', -32600, None),
        (b'{"jsonrpc": "2.0", "id": true, "method": "status"}', -32600, None),
        (b'{"jsonrpc": "2.0", "id": null, "method": "status"}', -32600, None),
        (b'{"jsonrpc": "2.0", "id": 7, "result": {}}', -32600, 7),
        (b'{"jsonrpc": "2.0", "id": 7, "method": "no.such"}', -32601, 7),
        (b'{"jsonrpc": "2.0", "id": 7, "method": "cancel", "params": {"request": 1}}', -32601, 7),
        (b'{"jsonrpc": "2.0", "id": 7, "method": "search", "params": []}', -32602, 7),
        (b'{"jsonrpc": "2.0", "id": 7, "method": "search", "params": {"limit": "many"}}', -32602, 7),
        (b'{"jsonrpc": "2.0", "id": 7, "method": "photo"}', -32602, 7),
    ],
)
def test_bad_line_is_refused_and_the_engine_keeps_serving(
    talk: Talk, caplog: pytest.LogCaptureFixture, line: bytes, code: int, id_: int | None
) -> None:
    talk.peer.send_bytes(line + b"\n")
    error = talk.peer.answer(id_)["error"]
    assert (error["code"], error["data"]["kind"]) == (code, "usage")
    assert talk.peer.answer(talk.peer.ask("search", SearchRequest("fine")))["result"]["query"] == "fine"
    caplog.clear()


def test_line_longer_than_agreed_is_refused_and_the_engine_keeps_serving(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    chunk = b"x" * (1 << 20)
    for _ in range(MAX_LINE_BYTES // len(chunk) + 1):
        talk.peer.send_bytes(chunk)
    talk.peer.send_bytes(b"\n")
    assert talk.peer.answer(None)["error"]["code"] == -32600
    assert talk.peer.hello()
    caplog.clear()


def test_empty_lines_are_passed_over(talk: Talk) -> None:
    talk.peer.send_bytes(b"\n\r\n  \n")
    talk.peer.hello()
    assert len(talk.peer.heard) == 1


@pytest.mark.parametrize("method", ["cancel", "no.such", "search"])
def test_bad_notification_is_never_answered(talk: Talk, caplog: pytest.LogCaptureFixture, method: str) -> None:
    talk.peer.send({"jsonrpc": "2.0", "method": method, "params": {"request": "x"}})
    talk.peer.hello()
    assert len(talk.peer.heard) == 1
    caplog.clear()


def test_id_in_use_is_refused_without_touching_the_first_request(talk: Talk) -> None:
    message = {"jsonrpc": "2.0", "id": 50, "method": "search", "params": {"text": "hold"}}
    talk.peer.send(message)
    talk.library.gate.wait_until_reached()
    talk.peer.send(message)
    assert talk.peer.answer(None)["error"]["code"] == -32600
    talk.library.gate.let_through()
    assert talk.peer.answer(50)["result"]["query"] == "hold"


def test_known_trouble_is_answered_with_its_kind_and_sentence(talk: Talk) -> None:
    error = talk.peer.error("search", SearchRequest("known"))
    assert error["code"] == -32000
    assert error["data"] == {"kind": "model_missing", "message": "There is no such model."}


@pytest.mark.parametrize("text", ["bug", "nan"])
def test_bug_is_answered_as_internal_and_leaves_a_traceback(
    talk: Talk, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    error = talk.peer.error("search", SearchRequest(text))
    assert (error["code"], error["data"]["kind"]) == (-32603, "internal")
    assert talk.peer.hello()
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.exc_info is not None
    caplog.clear()


def test_cancelled_waiting_request_is_answered_once_and_never_run(talk: Talk) -> None:
    held = [talk.peer.ask("search", SearchRequest(f"hold {number}")) for number in range(2)]
    for _ in held:
        talk.library.gate.wait_until_reached()
    waiting = talk.peer.ask("search", SearchRequest("bug"))  # would leave a traceback if it ran
    talk.peer.cancel(waiting)
    assert talk.peer.answer(waiting)["error"]["data"]["kind"] == "cancelled"
    talk.library.gate.let_through(2)
    assert all("result" in talk.peer.answer(id_) for id_ in held)


def test_cancelled_running_search_is_answered_at_once_and_interrupted(talk: Talk) -> None:
    running = talk.peer.ask("search", SearchRequest("hold"))
    talk.library.gate.wait_until_reached()
    talk.peer.cancel(running)
    assert talk.peer.answer(running)["error"]["data"]["kind"] == "cancelled"
    assert len(talk.library.interrupted) == 1
    talk.library.gate.let_through()
    talk.peer.result("search", SearchRequest("next"))
    assert sum(message.get("id") == running for message in talk.peer.heard) == 1


def test_cancelled_running_edit_is_answered_with_what_it_did(talk: Talk) -> None:
    edit = talk.peer.ask("captions.add", CaptionAdd(1, "hold this"))
    talk.library.gate.wait_until_reached()
    talk.peer.cancel(edit)
    talk.peer.hello()
    talk.library.gate.let_through()
    assert talk.peer.answer(edit)["result"]["text"] == "hold this"
    assert not talk.library.interrupted


def test_cancelling_what_is_unknown_or_answered_says_nothing(talk: Talk) -> None:
    done = talk.peer.ask("search", SearchRequest("done"))
    talk.peer.answer(done)
    talk.peer.cancel(done)
    talk.peer.cancel(12345)
    talk.peer.hello()
    assert len(talk.peer.heard) == 2


def test_better_order_follows_the_answer(talk: Talk) -> None:
    search = talk.peer.ask("search", SearchRequest("make it better"))
    assert talk.peer.answer(search)["result"]["took_ms"] == 0.5
    talk.library.improvement_gate.let_through()
    improved = talk.peer.notified("search.improved")
    assert (improved["request"], improved["result"]["took_ms"]) == (search, 2.0)


@pytest.mark.parametrize("newer", [True, False], ids=["newer search", "cancel"])
def test_improvement_nobody_waits_for_is_dropped(talk: Talk, newer: bool) -> None:
    search = talk.peer.ask("search", SearchRequest("old better"))
    talk.peer.answer(search)
    talk.library.improvement_gate.wait_until_reached()
    if newer:
        talk.peer.result("search", SearchRequest("new"))
    else:
        talk.peer.cancel(search)
        talk.peer.hello()
    talk.library.improvement_gate.let_through()
    for _ in range(2):  # both reader threads have been through their queue
        talk.peer.result("search", SearchRequest("last"))
    talk.peer.hang_up()
    talk.peer.wait_for_end()
    assert not any(message.get("method") == "search.improved" for message in talk.peer.heard)


def test_search_to_be_remembered_goes_into_the_history_through_the_edits_thread(talk: Talk) -> None:
    talk.peer.result("search", SearchRequest("sunset", remember=True))
    talk.peer.result("search", SearchRequest("passing by"))
    talk.peer.result("captions.add", CaptionAdd(1, "behind it in the queue"))
    assert talk.peer.result("history.list") == {"items": [{"text": "sunset", "name": None}]}


def test_edit_tells_that_the_library_changed(talk: Talk) -> None:
    talk.peer.result("captions.add", CaptionAdd(1, "red balloon"))
    assert talk.peer.notified("library.changed")["status"]["model"] == "fake"


def test_slow_edit_does_not_keep_searches_waiting(talk: Talk) -> None:
    edit = talk.peer.ask("captions.add", CaptionAdd(1, "hold"))
    talk.library.gate.wait_until_reached()
    assert talk.peer.result("search", SearchRequest("quick"))["query"] == "quick"
    talk.library.gate.let_through()
    assert talk.peer.answer(edit)["result"]["text"] == "hold"


def test_each_thread_opens_and_closes_an_engine_of_its_own(fake_library: FakeLibrary) -> None:
    with talking(fake_library) as talk:
        talk.peer.result("captions.add", CaptionAdd(1, "x"))
        held = [talk.peer.ask("search", SearchRequest("hold")) for _ in range(2)]
        for _ in held:
            fake_library.gate.wait_until_reached()
    own = {"reader-1", "reader-2", "edits", "indexer"}
    assert own <= set(fake_library.opened)
    assert own == set(fake_library.closed)


def test_read_only_library_is_searched_but_not_edited(fake_library: FakeLibrary) -> None:
    with talking(fake_library, BUSY) as talk:
        assert talk.peer.hello()["read_only"] is True
        assert talk.peer.result("search", SearchRequest("x", remember=True))["query"] == "x"
        edits: list[tuple[str, Any]] = [
            ("captions.add", CaptionAdd(1, "x")), ("index.pause", {}), ("folders.rescan", {"folder_id": 1}),
            ("check", CheckRequest(repair=True)),
        ]  # fmt: skip
        assert {talk.peer.error(*edit)["data"]["kind"] for edit in edits} == {"library_busy"}
        assert talk.peer.result("index.state") == {"paused": False, "progress": None, "provider": None, "waiting": None}
    assert not fake_library.captions
    assert not fake_library.remembered
    assert not fake_library.runs


def test_library_that_cannot_be_opened_is_the_answer_to_everything(fake_library: FakeLibrary) -> None:
    newer = KnownError(ErrorKind.LIBRARY_NEWER, "This library was made by a newer Balloon.")
    with talking(fake_library, newer, has_engine=False) as talk:
        asked: list[tuple[str, Any]] = [
            ("hello", {"protocol_version": PROTOCOL_VERSION}), ("search", SearchRequest("x")),
            ("captions.add", CaptionAdd(1, "x")), ("index.state", {}),
        ]  # fmt: skip
        assert {talk.peer.error(*each)["data"]["kind"] for each in asked} == {"library_newer"}
        assert talk.peer.result("shutdown") == {}


def test_shutdown_is_answered_and_ends_the_server(talk: Talk) -> None:
    assert talk.peer.result("shutdown") == {}
    talk.peer.wait_for_end()


def test_end_of_input_answers_what_was_still_open(talk: Talk) -> None:
    ids = [talk.peer.ask("search", SearchRequest(f"hold {number}")) for number in range(5)]
    for _ in range(2):
        talk.library.gate.wait_until_reached()
    talk.peer.hang_up()
    kinds = [talk.peer.answer(id_)["error"]["data"]["kind"] for id_ in ids]
    assert kinds == ["cancelled"] * 5


def test_all_threads_have_ended_when_the_server_has(talk: Talk) -> None:
    talk.peer.result("search", SearchRequest("x"))
    talk.peer.result("captions.add", CaptionAdd(1, "x"))
    assert talk.hang_up() is True


def test_thread_that_hangs_does_not_keep_the_server(
    talk: Talk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.server.service.END_WITHIN_S", 0.05)
    talk.peer.ask("captions.add", CaptionAdd(1, "hold"))
    talk.library.gate.wait_until_reached()
    assert talk.hang_up() is False
    caplog.clear()


class NobodyReads(io.RawIOBase):
    """What a pipe is like when its reader has gone."""

    def write(self, _: object, /) -> int:
        raise BrokenPipeError


def test_peer_that_stops_reading_ends_the_server_quietly(fake_library: FakeLibrary) -> None:
    source, to_engine = os.pipe()
    with open(source, "rb", buffering=0) as stream, open(to_engine, "wb", buffering=0) as peer:
        server = Server(Opened(as_engine(FakeEngine(fake_library))), stream, NobodyReads())
        peer.write(b'{"jsonrpc":"2.0","id":1,"method":"search","params":{"text":"x"}}\n')
        assert server.serve()  # though the peer's writing end is still open


def test_file_name_that_is_not_unicode_does_not_break_the_line(talk: Talk) -> None:
    added = talk.peer.result("folders.add", {"path": "/photos/?", "path_b64": "L3Bob3Rvcy//"})
    assert added["path_b64"] == "L3Bob3Rvcy//"
    json.dumps(added)


@pytest.mark.parametrize("encoded", ["!", "AAA", "AA=="])
def test_folder_name_that_cannot_be_one_is_refused(talk: Talk, caplog: pytest.LogCaptureFixture, encoded: str) -> None:
    error = talk.peer.error("folders.add", {"path": "x", "path_b64": encoded})
    assert error["data"]["kind"] == "usage"
    caplog.clear()
