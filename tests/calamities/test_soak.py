"""The short form of ``make soak``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.calamities.soak import soak

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.usefixtures("mini")
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_engine_leaks_nothing_and_loses_nothing_while_photos_come_move_and_go(tmp_path: Path) -> None:
    outcome = soak(tmp_path, 60, 4.0, seed=3)
    assert outcome.is_fine, dict(outcome.rows())
    assert len(outcome.changes) == 4
    assert len(outcome.waits_ms) > 5
