"""The stamp of a build comes from git, or from the source archive it was made from."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from tests.packaging.loading import load

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

stamp = load("stamp.py")


def git(folder: Path, *words: str) -> None:
    author = ("-c", "user.name=x", "-c", "user.email=x@localhost")
    subprocess.run(["git", "-C", str(folder), *author, *words], check=True, capture_output=True)


def test_commit_and_its_day_are_told_and_changes_on_top(tmp_path: Path) -> None:
    git(tmp_path, "init")
    (tmp_path / "a").write_text("1", encoding="ascii")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-m", "x", "--date", "2026-01-02T03:04:05Z")
    facts = stamp.stamp(tmp_path, "cpu")
    (tmp_path / "a").write_text("2", encoding="ascii")

    assert facts["flavour"] == "cpu"
    assert len(facts["date"]) == len("2026-01-02")
    assert stamp.stamp(tmp_path, "cpu")["commit"] == facts["commit"] + "+changes"


def test_source_archive_keeps_the_stamp_of_its_making(tmp_path: Path) -> None:
    kept = {"commit": "1a2b3c4", "date": "2026-01-02", "flavour": "sdist", "feed": "https://example.org/latest"}
    stamp.write(tmp_path / "build.json", kept)

    assert stamp.stamp(tmp_path, "wheel") == kept | {"flavour": "wheel"}


def test_address_for_updates_comes_from_who_publishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BALLOON_UPDATE_FEED", "https://example.org/latest")
    stamp.write(tmp_path / "out" / "build.json", stamp.stamp(tmp_path, "cpu"))

    written = json.loads((tmp_path / "out" / "build.json").read_text(encoding="utf-8"))
    assert written == {"commit": "", "date": "", "flavour": "cpu", "feed": "https://example.org/latest"}
