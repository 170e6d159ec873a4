"""The short form of ``make kills``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.calamities.kills import kill_often

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ("index command", "decode worker", "migration")


@pytest.mark.usefixtures("mini")
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_kills_lose_no_photo_and_no_caption(tmp_path: Path) -> None:
    tally = kill_often(tmp_path, 3, seed=5, kinds=KINDS)
    assert tally.lost == []
    assert tally.tried.total() == 3
