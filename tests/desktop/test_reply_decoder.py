"""Lines of the engine become typed values, and nonsense becomes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from desktop.reply_decoder import Answer, EngineFailure, Nonsense, Notification, decode_line
from engine.protocol import IndexProgress
from engine.protocol.json_values import to_json
from engine.protocol.methods import Welcome


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode()


def test_answer_has_the_type_of_its_method() -> None:
    welcome = Welcome(1, "1.0", "/library", "mini", False)
    answer = decode_line(_line({"id": 3, "result": to_json(welcome)}), {3: "hello"})
    assert answer == Answer(3, welcome)


def test_error_keeps_its_kind() -> None:
    line = _line({"id": 3, "error": {"code": -1, "message": "full", "data": {"kind": "disk_full"}}})
    assert decode_line(line, {3: "search"}) == Answer(3, EngineFailure("disk_full", "full"))


@pytest.mark.parametrize("error", ["words", {"message": "no data"}, {"data": {"kind": 3}}, {"data": None}])
def test_error_without_a_kind_is_internal(error: Any) -> None:
    answer = decode_line(_line({"id": 3, "error": error}), {3: "search"})
    assert isinstance(answer, Answer)
    assert answer.value.kind == "internal"


def test_answer_of_the_wrong_form_is_a_failure_not_a_crash() -> None:
    answer = decode_line(_line({"id": 3, "result": {"protocol_version": "one"}}), {3: "hello"})
    assert isinstance(answer, Answer)
    assert answer.value.kind == "internal"


def test_notification_is_typed() -> None:
    progress = IndexProgress("index", 1, 2, 0, 3.5)
    line = _line({"method": "index.progress", "params": to_json(progress)})
    assert decode_line(line, {}) == Notification("index.progress", progress)


@pytest.mark.parametrize(
    "line",
    [
        b"words",
        b"[1]",
        b"\xff\xfe",
        b"{}",
        b'{"id": 9, "result": {}}',
        b'{"id": "a", "result": {}}',
        b'{"method": "no.such", "params": {}}',
        b'{"method": ["x"]}',
        b'{"method": "index.progress", "params": {"done": "x"}}',
        b"[" * 100_000,
    ],
)
def test_nonsense_is_told_apart(line: bytes) -> None:
    assert isinstance(decode_line(line, {}), Nonsense)
