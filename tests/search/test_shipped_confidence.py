"""What the embedded model's confidence is worth on real photos: queries that nothing fits, and real ones.

The thresholds come from captions held out of the training; these photos only check them. ``pytest -s`` prints the
shares.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from engine.api import Engine
from engine.config import LibraryPaths
from engine.protocol import Confidence
from tests.search.gallery import names_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST = 10


@pytest.fixture(scope="module")
def engine(shared_photos: Path, mini: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The shared photos, indexed with the embedded model."""
    with Engine.open_writer(LibraryPaths(tmp_path_factory.mktemp("shipped") / "library"), mini.name) as engine:
        engine.index([engine.add_folder(shared_photos)])
        yield engine


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_absent_queries_are_answered_none_and_real_ones_are_not(
    engine: Engine, shared_photos: Path, language: str
) -> None:
    field = f"query_{language}"
    absent = [engine.search(row[field], FIRST).confidence for row in lines(shared_photos / "absent_queries.jsonl")]
    real = [(row["file"], engine.search(row[field], FIRST)) for row in lines(shared_photos / "captions.jsonl")]
    found = [result.confidence for file, result in real if file in names_of(result)]
    absent_none, real_none = (levels.count(Confidence.NONE) / len(levels) for levels in (absent, found))
    shares = (
        f"{language}: of {len(absent)} absent queries {absent_none:.1%} are answered none, "
        f"of {len(found)} real ones {real_none:.1%}"
    )
    print(f"\n{shares}")  # noqa: T201 - what it is at, for whoever asks with -s
    assert absent_none >= 0.8, shares
    assert real_none <= 0.15, shares
