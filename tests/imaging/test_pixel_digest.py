"""Pixel digests: the same for the same picture whatever its file says besides, another for every other picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PIL import ImageCms

from engine.imaging.jobs import DecodeJob, Packed
from engine.imaging.preprocess import InputSpec
from engine.imaging.worker import answer
from tests.photo_factory import Metadata, scene, swapped_profile, write_photo, write_rating

if TYPE_CHECKING:
    from pathlib import Path

SPECS = (InputSpec(32),)


def digest(path: Path, spec: InputSpec = SPECS[0]) -> bytes:
    answered = answer(DecodeJob(1, path, (spec,)))
    assert isinstance(answered, Packed)
    assert answered.decoded.pixel_digest is not None
    return answered.decoded.pixel_digest


@pytest.mark.parametrize("size", [(64, 48), (1500, 1100), (4000, 3000)])
def test_rating_leaves_the_pixels_of_a_jpeg_what_they_are_however_far_it_is_scaled_down(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    photo = write_photo(tmp_path / "a.jpg", scene(size, seed=3))
    before = digest(photo)
    assert digest(write_rating(photo)) == before
    assert digest(write_rating(photo, 1)) == before


@pytest.mark.parametrize("suffix", ["png", "tiff", "webp", "bmp"])
def test_pixels_are_the_same_in_every_format_that_keeps_them(tmp_path: Path, suffix: str) -> None:
    reference = write_photo(tmp_path / "a.png", scene((640, 480), seed=3))
    options: dict[str, Any] = {"lossless": True} if suffix == "webp" else {}
    described = None if suffix == "bmp" else Metadata(description="with words", make="Camera")
    other = write_photo(tmp_path / f"b.{suffix}", scene((640, 480), seed=3), described, **options)
    assert digest(other) == digest(reference)


def test_retouched_spot_is_another_picture_even_in_a_large_photo(tmp_path: Path) -> None:
    plain = scene((4000, 3000), seed=3)
    retouched = plain.copy()
    retouched.paste((0, 0, 0), (2000, 1500, 2012, 1512))
    first = write_photo(tmp_path / "a.jpg", plain, quality=90)
    assert digest(write_photo(tmp_path / "b.jpg", retouched, quality=90)) != digest(first)


def test_turned_photo_is_another_picture(tmp_path: Path) -> None:
    upright = write_photo(tmp_path / "a.jpg", scene(seed=3), Metadata(orientation=1))
    turned = write_photo(tmp_path / "b.jpg", scene(seed=3), Metadata(orientation=6))
    assert digest(turned) != digest(upright)


def test_other_colour_profile_is_another_picture(tmp_path: Path) -> None:
    plain = write_photo(tmp_path / "a.jpg", scene(seed=3))
    swapped = write_photo(tmp_path / "b.jpg", scene(seed=3), icc_profile=swapped_profile())
    same = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert digest(swapped) != digest(plain)
    assert digest(write_photo(tmp_path / "c.png", scene(seed=3), icc_profile=same)) == digest(
        write_photo(tmp_path / "d.png", scene(seed=3))
    )


def test_enlarged_copy_is_another_picture_though_one_colour_fills_both(tmp_path: Path) -> None:
    small = write_photo(tmp_path / "a.jpg", colour="red", size=(640, 480))
    assert digest(write_photo(tmp_path / "b.jpg", colour="red", size=(1280, 960))) != digest(small)


def test_pixels_decoded_for_a_larger_model_are_never_taken_for_those_of_a_smaller_one(tmp_path: Path) -> None:
    photo = write_photo(tmp_path / "a.jpg", scene((64, 48), seed=3))
    assert digest(photo, InputSpec(512)) != digest(photo)
    assert digest(photo, InputSpec(64)) == digest(photo), "the thumbnail asks for more than both"


def test_preview_needs_no_pixel_digest(tmp_path: Path) -> None:
    answered = answer(DecodeJob(1, write_photo(tmp_path / "a.jpg", scene()), ()))
    assert isinstance(answered, Packed)
    assert answered.decoded.pixel_digest is None
