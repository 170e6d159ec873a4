"""The manual and the completions are made from the parser: they know every command and option."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from engine.cli.parser import build_parser
from tests.packaging.loading import PACKAGING, load

if TYPE_CHECKING:
    from pathlib import Path

words = load("linux/words.py")
TEMPLATE = (PACKAGING / "linux" / "balloon.1.in").read_text(encoding="utf-8")


def options() -> set[str]:
    every = words.commands(build_parser())
    return {name for command in every for action in (*command.own, *command.common) for name in action.option_strings}


def test_manual_tells_every_command_and_option() -> None:
    page = words.man_page(build_parser(), TEMPLATE, "9.9", "2026-01-02")

    for command in words.commands(build_parser()):
        if command.common:
            assert f"balloon {' '.join(command.words)}\\fR" in page
    assert not [name for name in options() if words.roff(name) not in page]
    assert '2026-01-02 "Balloon 9.9"' in page
    assert not re.search("@[A-Z]+@", page)


@pytest.mark.skipif(shutil.which("man") is None, reason="needs man")
def test_manual_is_sound_roff(tmp_path: Path) -> None:
    page = tmp_path / "balloon.1"
    page.write_text(words.man_page(build_parser(), TEMPLATE, "9.9", "2026-01-02"), encoding="utf-8")
    done = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(page)],
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "MANWIDTH": "80"}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip

    assert not done.stderr


def test_fish_completes_every_command_and_option() -> None:
    script = words.fish(build_parser())

    for command in words.commands(build_parser()):
        assert f"-a {command.words[-1]} " in script
    assert not [name for name in options() if f"-l {name.removeprefix('--')}" not in script]


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
def test_fish_offers_the_commands_of_a_group(tmp_path: Path) -> None:
    script = tmp_path / "balloon.fish"
    script.write_text(words.fish(build_parser()), encoding="utf-8")
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"source {script}; complete -C 'balloon caption '"],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    offered = {line.split("\t")[0] for line in done.stdout.splitlines()}
    assert offered >= {"add", "list", "remove", "import", "export"}
