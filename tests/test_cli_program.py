"""`balloon open`, `update` and `--version`: what the program says of itself and hands to the window."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import Namespace
from typing import TYPE_CHECKING

import pytest

from engine.cli import program
from engine.cli.output import Output
from engine.cli.parser import build_parser
from engine.protocol.methods import UpdateResult

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NEWER = UpdateResult("0.1.0", "0.2.0", "https://example.org/v0.2.0", is_newer=True, answered=True)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """The command lines that were to be started."""
    lines: list[Sequence[str]] = []

    def call(words: Sequence[str]) -> int:
        lines.append(words)
        return 0

    monkeypatch.setattr(subprocess, "call", call)
    return lines


def run(*words: str) -> int:
    options = build_parser().parse_args(words)
    function = getattr(program, options.run.partition(":")[2])
    return int(function(options, Output(as_json=options.json, quiet=options.quiet)))


def test_pictures_and_folders_go_to_the_window_by_their_whole_names(started: list[Sequence[str]]) -> None:
    assert run("open", "照片/a b.jpg", "b.png") == 0

    (line,) = started
    assert line == [
        sys.executable, "-m", "desktop", "--", os.path.abspath("照片/a b.jpg"), os.path.abspath("b.png"),
    ]  # fmt: skip


def test_window_opens_with_the_library_named(started: list[Sequence[str]], tmp_path: Path) -> None:
    assert run("open", "--library", str(tmp_path)) == 0

    assert started == [[sys.executable, "-m", "desktop", "--library", str(tmp_path)]]


def test_window_opens_with_a_shared_library_by_its_address(started: list[Sequence[str]]) -> None:
    assert run("open", "--library", "postgresql://me@server/photos") == 0

    assert started == [[sys.executable, "-m", "desktop", "--library", "postgresql://me@server/photos"]]


@pytest.mark.parametrize(
    ("found", "code", "says"),
    [
        (NEWER, 0, "Balloon 0.2.0 is there; you have 0.1.0. https://example.org/v0.2.0"),
        (UpdateResult("0.2.0", "0.2.0", answered=True), 0, "You have the latest version, 0.2.0."),
        (UpdateResult("0.1.0"), 1, "Balloon could not ask for a newer version. You have 0.1.0."),
    ],
)
def test_update_says_one_sentence(
    found: UpdateResult, code: int, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("engine.updates.check_for_update", lambda: found)

    assert run("update") == code
    assert "".join(capsys.readouterr()).strip() == says


def test_update_with_json_is_one_document(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("engine.updates.check_for_update", lambda: NEWER)

    run("update", "--json")
    assert json.loads(capsys.readouterr().out)["latest"] == "0.2.0"


@pytest.mark.usefixtures("mini")
def test_version_tells_version_build_and_model(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(["--version"])

    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert said.startswith("Balloon ")
    assert ", build " in said
    assert ", model balloon-mini " in said


def test_without_a_window_open_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.errors import KnownError

    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    with pytest.raises(KnownError, match="no window"):
        program.open_window(Namespace(paths=[], library=None), Output(as_json=False, quiet=False))
