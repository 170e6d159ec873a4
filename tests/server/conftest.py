"""A fake library, and a talk between a server and a peer over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.server.fakes import FakeLibrary, Talk, talking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def fake_library(tmp_path: Path) -> FakeLibrary:
    return FakeLibrary(tmp_path)


@pytest.fixture
def talk(fake_library: FakeLibrary) -> Iterator[Talk]:
    with talking(fake_library) as both:
        yield both
