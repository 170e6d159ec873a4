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
    outcome = soak(tmp_path, 30, 2.5, seed=3, pause_s=0.1)
    assert outcome.is_fine, dict(outcome.rows())
    assert outcome.changes
    assert len(outcome.waits_ms) > 2
