"""Which build is at work is told from the stamp that packaging left; a checkout has none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from engine.version import Build, build

if TYPE_CHECKING:
    from pathlib import Path


def test_stamp_names_commit_date_and_flavour(tmp_path: Path) -> None:
    stamp = {"commit": "1a2b3c4", "date": "2026-11-26", "flavour": "cuda", "feed": "https://example.org/latest"}
    (tmp_path / "build.json").write_text(json.dumps(stamp), encoding="utf-8")

    found = build(tmp_path)
    assert str(found) == "1a2b3c4 (2026-11-26, cuda)"
    assert found.feed == "https://example.org/latest"


@pytest.mark.parametrize("content", [None, "", "[]", "{", "{}"])
def test_without_a_stamp_it_is_a_build_from_source(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "build.json").write_text(content, encoding="utf-8")

    assert build(tmp_path) == Build()
    assert str(build(tmp_path)) == "from source"
