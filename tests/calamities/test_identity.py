"""The short form of ``make identity``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tests.calamities.identity import try_sequences

if TYPE_CHECKING:
    import pytest


def test_photos_keep_their_captions_and_vectors_whatever_happens_to_their_files(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):  # that a folder is offline is said, and expected
        try_sequences(examples=25, steps=25)
