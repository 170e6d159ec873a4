"""Camera RAW files: the preview is shown upright; without a good one the mosaic is developed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.errors import PhotoError
from engine.imaging.decoding import decode
from engine.protocol import IssueReason
from tests.imaging.raw_factory import write_dng
from tests.photo_factory import CORNERS, as_stored, scene, write_photo

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image


def corners_of(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture)[[3, 3, -4, -4], [3, -4, 3, -4]].astype(int)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_preview_is_turned_as_the_raw_file_says(tmp_path: Path, orientation: int) -> None:
    stored = as_stored(scene((800, 600)), orientation)
    preview = stored.resize((stored.width // 2, stored.height // 2))
    picture, facts = decode(
        write_dng(tmp_path / "a.dng", stored, orientation=orientation, preview=preview), min_edge=224
    )
    assert picture.size == (400, 300)
    assert np.abs(corners_of(picture) - CORNERS).max() < 15
    assert (facts.format, facts.width, facts.height) == ("DNG", 800, 600)
    assert (facts.camera, facts.taken_at) == ("Balloon Test Camera", "2022-02-02T02:02:02")


@pytest.mark.parametrize("orientation", [6, 8])
def test_a_preview_that_is_upright_already_is_not_turned_again(tmp_path: Path, orientation: int) -> None:
    stored = as_stored(scene((800, 600)), orientation)
    path = write_dng(tmp_path / "a.dng", stored, orientation=orientation, preview=scene((400, 300)))
    assert np.abs(corners_of(decode(path, min_edge=224)[0]) - CORNERS).max() < 15


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("preview_edge", [None, 40])
def test_without_a_good_preview_the_mosaic_is_developed(
    tmp_path: Path, orientation: int, preview_edge: int | None
) -> None:
    stored = as_stored(scene((800, 600)), orientation)
    preview = None if preview_edge is None else stored.resize((preview_edge, preview_edge))
    path = write_dng(tmp_path / "a.dng", stored, orientation=orientation, preview=preview)
    picture, _ = decode(path, min_edge=224)
    assert picture.size == (400, 300)
    assert corners_of(picture)[:3].argmax(axis=1).tolist() == [0, 1, 2]  # red, green, blue; colours as a camera's are


def test_a_cut_raw_file_is_damaged(tmp_path: Path) -> None:
    path = write_dng(tmp_path / "a.dng", scene((800, 600)))
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(PhotoError) as caught:
        decode(path, min_edge=224)
    assert caught.value.reason is IssueReason.DAMAGED


@pytest.mark.parametrize(("written", "named"), [("jpg", "nef"), ("tif", "dng"), ("png", "cr2")])
def test_another_format_under_a_raw_name_is_decoded(tmp_path: Path, written: str, named: str) -> None:
    path = write_photo(tmp_path / f"a.{written}").rename(tmp_path / f"a.{named}")
    picture, facts = decode(path, min_edge=224)
    assert np.abs(corners_of(picture) - CORNERS).max() < 15
    assert facts.format == {"jpg": "JPEG", "tif": "TIFF", "png": "PNG"}[written]
