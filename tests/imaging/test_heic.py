"""HEIC, as telephones write it: upright, with its facts; turned by its own box and never again by EXIF."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.errors import PhotoError
from engine.imaging.decoding import decode
from engine.protocol import IssueReason
from tests.imaging.heic_factory import SIZE, write_heic
from tests.photo_factory import CORNERS, Metadata, scene

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image


def corners_of(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture)[[1, 1, -2, -2], [1, -2, 1, -2]].astype(int)


def test_a_heic_comes_out_right(tmp_path: Path) -> None:
    picture, facts = decode(write_heic(tmp_path / "a.heic", scene(SIZE)), min_edge=50)
    assert np.abs(corners_of(picture) - CORNERS).max() < 12
    assert (facts.format, facts.width, facts.height) == ("HEIC", *SIZE)


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_turned_heic_is_turned_once(tmp_path: Path, quarter_turns: int) -> None:
    exif = Metadata(orientation=6, model="iPhone", taken_at="2023:07:14 12:34:56").exif().tobytes()
    path = write_heic(tmp_path / "a.heic", scene(SIZE), quarter_turns=quarter_turns, exif=exif)
    picture, facts = decode(path, min_edge=50)
    expected = corners_of(scene(SIZE).rotate(90 * quarter_turns, expand=True))
    assert np.abs(corners_of(picture) - expected).max() < 12
    assert (facts.width, facts.height) == picture.size
    assert (facts.camera, facts.taken_at) == ("iPhone", "2023-07-14T12:34:56")


@pytest.mark.parametrize("keep", [0.005, 0.5, 0.98])
def test_a_cut_heic_is_damaged(tmp_path: Path, keep: float) -> None:
    path = write_heic(tmp_path / "a.heic", scene(SIZE))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(PhotoError) as caught:
        decode(path, min_edge=50)
    assert caught.value.reason is IssueReason.DAMAGED
