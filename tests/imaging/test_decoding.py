"""Decoding: every format, orientation, colour and depth comes out upright, in sRGB, on white; every lie is found."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageCms

from engine.errors import PhotoError
from engine.imaging.decoding import PHOTO_SUFFIXES, DecodeLimits, decode
from engine.protocol import IssueReason
from tests.photo_factory import (
    CORNERS,
    Metadata,
    as_stored,
    scene,
    swapped_profile,
    write_animation,
    write_deep,
    write_empty,
    write_photo,
    write_png_bomb,
    write_text_as,
    write_truncated,
)

if TYPE_CHECKING:
    from pathlib import Path

RED, GREEN, BLUE, YELLOW = CORNERS


def corner_colours(picture: Image.Image) -> list[tuple[int, int, int]]:
    """The four corners, in the order of CORNERS."""
    right, bottom = picture.width - 2, picture.height - 2
    places = ((1, 1), (right, 1), (1, bottom), (right, bottom))
    return [picture.convert("RGB").getpixel(place) for place in places]  # type: ignore[misc]


def assert_scene(picture: Image.Image, tolerance: int = 12) -> None:
    assert picture.mode == "RGB"
    assert np.abs(np.subtract(corner_colours(picture), CORNERS)).max() <= tolerance


def reason_of(path: Path, limits: DecodeLimits | None = None) -> IssueReason:
    with pytest.raises(PhotoError) as caught:
        decode(path, min_edge=224, limits=limits or DecodeLimits())
    return caught.value.reason


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "gif", "bmp", "tif", "jp2", "j2k", "avif"])
def test_every_format_comes_out_right(tmp_path: Path, suffix: str) -> None:
    picture, facts = decode(write_photo(tmp_path / f"a.{suffix}", size=(200, 120)), min_edge=224)
    assert_scene(picture, tolerance=30 if suffix == "gif" else 12)
    assert (picture.size, facts.width, facts.height) == ((200, 120), 200, 120)
    expected = {"jpg": "JPEG", "tif": "TIFF", "jp2": "JPEG2000", "j2k": "JPEG2000"}
    assert facts.format == expected.get(suffix, suffix.upper())
    assert f".{suffix}" in PHOTO_SUFFIXES


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "avif"])
def test_every_orientation_is_turned_upright(tmp_path: Path, suffix: str, orientation: int) -> None:
    stored = as_stored(scene((200, 120)), orientation)
    path = write_photo(tmp_path / f"a.{suffix}", stored, Metadata(orientation=orientation))
    picture, facts = decode(path, min_edge=50)
    assert_scene(picture)
    assert picture.width > picture.height
    assert (facts.width, facts.height) == (200, 120)


def test_a_name_may_lie_about_the_format(tmp_path: Path) -> None:
    write_photo(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    picture, facts = decode(tmp_path / "a.jpg", min_edge=224)
    assert facts.format == "PNG"
    assert_scene(picture)


def test_draft_scaling_shows_the_same_picture(tmp_path: Path) -> None:
    path = write_photo(tmp_path / "a.jpg", size=(2000, 1500), seed=3, quality=92)
    small, facts = decode(path, min_edge=224)
    whole, _ = decode(path, min_edge=1500)
    assert small.size == (500, 375)
    assert (whole.size, facts.width, facts.height) == ((2000, 1500), 2000, 1500)
    expected = np.asarray(whole.resize(small.size, Image.Resampling.BOX), dtype=np.float32)
    assert np.abs(np.asarray(small, dtype=np.float32) - expected).mean() < 2


def test_a_large_png_is_averaged_down(tmp_path: Path) -> None:
    picture, facts = decode(write_photo(tmp_path / "a.png", size=(2400, 1600)), min_edge=224)
    assert (picture.size, facts.width) == ((800, 534), 2400)
    assert_scene(picture)


def test_a_colour_profile_is_obeyed(tmp_path: Path) -> None:
    colour = (200, 60, 30)
    path = write_photo(tmp_path / "a.png", Image.new("RGB", (300, 200), colour), icc_profile=swapped_profile())
    assert decode(path, min_edge=50)[0].getpixel((9, 9)) == pytest.approx((60, 200, 30), abs=3)


def test_an_srgb_profile_changes_nothing(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture, _ = decode(write_photo(tmp_path / "a.png", icc_profile=profile), min_edge=480)
    assert np.abs(np.asarray(picture, dtype=int) - np.asarray(scene(), dtype=int)).max() <= 2


@pytest.mark.parametrize("profile", [b"no profile at all", swapped_profile()[:300], b"\0" * 128])
def test_a_broken_profile_is_ignored(tmp_path: Path, profile: bytes) -> None:
    assert_scene(decode(write_photo(tmp_path / "a.jpg", icc_profile=profile), min_edge=224)[0])


def test_a_profile_for_another_mode_is_ignored(tmp_path: Path) -> None:
    path = write_photo(tmp_path / "a.png", Image.new("L", (60, 40), 130), icc_profile=swapped_profile())
    assert decode(path, min_edge=20)[0].getpixel((5, 5)) == (130, 130, 130)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_is_shown_on_white(tmp_path: Path, mode: str) -> None:
    picture = Image.new(mode, (60, 40), (0,) * (len(mode) - 1) + (0,))
    picture.paste((0,) * (len(mode) - 1) + (128,), (30, 0, 60, 40))
    shown, _ = decode(write_photo(tmp_path / "a.png", picture), min_edge=40)
    assert shown.getpixel((5, 5)) == (255, 255, 255)
    assert shown.getpixel((50, 5)) == pytest.approx((127, 127, 127), abs=1)


def test_transparent_palette_and_colour_key_are_shown_on_white(tmp_path: Path) -> None:
    palette = Image.new("P", (60, 40), 0)
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.paste(1, (30, 0, 60, 40))
    keyed = Image.new("RGB", (60, 40), (255, 0, 0))
    keyed.paste((0, 0, 255), (30, 0, 60, 40))
    for name, picture, key in (("p.gif", palette, 0), ("p.png", palette, 0), ("k.png", keyed, (255, 0, 0))):
        shown, _ = decode(write_photo(tmp_path / name, picture, transparency=key), min_edge=40)
        assert (shown.getpixel((5, 5)), shown.getpixel((50, 5))) == ((255, 255, 255), (0, 0, 255)), name


@pytest.mark.parametrize("suffix", ["png", "tif", "jp2"])
def test_sixteen_bits_keep_their_greys(tmp_path: Path, suffix: str) -> None:
    pixels = np.asarray(decode(write_deep(tmp_path / f"a.{suffix}"), min_edge=48)[0])
    assert np.abs(pixels[5, :, 0] - np.linspace(0, 255, 64)).max() <= 1
    assert (pixels[..., 0] == pixels[..., 2]).all()


def test_big_endian_sixteen_bit_tiff_keeps_its_greys(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, 65535, 64).astype(">u2"), (48, 1))
    path = write_photo(tmp_path / "a.tif", Image.frombytes("I;16B", (64, 48), ramp.tobytes()))
    assert np.abs(np.asarray(decode(path, min_edge=48)[0])[5, :, 0] - np.linspace(0, 255, 64)).max() <= 1


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_values_without_a_white_are_stretched(tmp_path: Path, dtype: type) -> None:
    picture = Image.fromarray(np.tile(np.linspace(-3, 700, 64).astype(dtype), (48, 1)))
    pixels = np.asarray(decode(write_photo(tmp_path / "a.tif", picture), min_edge=48)[0])
    assert (pixels[0, 0, 0], pixels[0, -1, 0]) == (0, 255)


def test_constant_and_unreal_values_do_no_harm(tmp_path: Path) -> None:
    picture = Image.fromarray(np.array([[np.nan, np.inf], [-np.inf, 0]], dtype=np.float32))
    assert decode(write_photo(tmp_path / "a.tif", picture), min_edge=1)[0].size == (2, 2)


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_cmyk_becomes_rgb(tmp_path: Path, suffix: str) -> None:
    path = write_photo(tmp_path / f"a.{suffix}", Image.new("CMYK", (300, 200), (0, 255, 255, 0)))
    red, green, blue = decode(path, min_edge=50)[0].getpixel((9, 9))  # type: ignore[misc]
    assert red > 200
    assert green < 80
    assert blue < 80


@pytest.mark.parametrize(("mode", "value", "shown"), [("L", 77, 77), ("1", 1, 255), ("P", 0, 0)])
def test_grey_black_and_white_and_palette(tmp_path: Path, mode: str, value: int, shown: int) -> None:
    picture, _ = decode(write_photo(tmp_path / "a.png", Image.new(mode, (60, 40), value)), min_edge=40)
    assert picture.getpixel((5, 5)) == (shown,) * 3


def test_lab_becomes_rgb(tmp_path: Path) -> None:
    path = write_photo(tmp_path / "a.tif", Image.new("LAB", (60, 40), (138, 128, 128)))
    assert decode(path, min_edge=40)[0].getpixel((5, 5)) == pytest.approx((130, 130, 130), abs=6)


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "avif"])
def test_of_an_animation_the_first_frame_is_taken(tmp_path: Path, suffix: str) -> None:
    red, _, blue = decode(write_animation(tmp_path / f"a.{suffix}"), min_edge=48)[0].getpixel((9, 9))  # type: ignore[misc]
    assert red > 245
    assert blue < 10


def test_the_picture_carries_no_metadata(tmp_path: Path) -> None:
    path = write_photo(tmp_path / "a.jpg", metadata=Metadata(model="X100"), comment="secret", xmp=b"<x/>")
    assert decode(path, min_edge=224)[0].info == {}


def test_a_multi_picture_jpeg_is_a_jpeg(tmp_path: Path) -> None:
    path = tmp_path / "a.mpo"
    scene().save(path, save_all=True, append_images=[Image.new("RGB", (640, 480), "blue")])
    picture, facts = decode(path, min_edge=224)
    assert facts.format == "JPEG"
    assert_scene(picture)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "gif", "bmp", "tif", "jp2", "avif"])
@pytest.mark.parametrize("keep", [0.05, 0.5, 0.9])
def test_a_truncated_photo_is_damaged(tmp_path: Path, suffix: str, keep: float) -> None:
    assert reason_of(write_truncated(tmp_path / f"a.{suffix}", keep)) is IssueReason.DAMAGED


def test_every_kind_of_unusable_file_has_its_reason(tmp_path: Path) -> None:
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    reasons = {
        write_empty(tmp_path / "empty.jpg"): IssueReason.EMPTY,
        write_text_as(tmp_path / "text.jpg"): IssueReason.NOT_AN_IMAGE,
        write_text_as(tmp_path / "text.nef"): IssueReason.NOT_AN_IMAGE,
        tmp_path / "folder.jpg": IssueReason.NOT_AN_IMAGE,
        tmp_path / "pipe.jpg": IssueReason.NOT_AN_IMAGE,
        tmp_path / "gone.jpg": IssueReason.VANISHED,
        write_empty(tmp_path / "x") / "inside-a-file.jpg": IssueReason.VANISHED,
        write_png_bomb(tmp_path / "bomb.png"): IssueReason.TOO_LARGE,
        write_png_bomb(tmp_path / "short.png", edge=400): IssueReason.DAMAGED,
    }
    assert {path: reason_of(path) for path in reasons} == reasons


def test_postscript_is_never_tried(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n")
    assert reason_of(path) is IssueReason.NOT_AN_IMAGE


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_unreadable(tmp_path: Path) -> None:
    path = write_photo(tmp_path / "a.jpg")
    path.chmod(0)
    assert reason_of(path) is IssueReason.UNREADABLE


def test_limits_are_checked_before_decoding(tmp_path: Path) -> None:
    path = write_photo(tmp_path / "a.jpg", size=(200, 100))
    assert reason_of(path, DecodeLimits(max_pixels=19_999)) is IssueReason.TOO_LARGE
    assert reason_of(path, DecodeLimits(max_byte_size=100)) is IssueReason.TOO_LARGE
    assert decode(path, min_edge=50, limits=DecodeLimits(max_pixels=20_000))[1].width == 200


def test_pillows_own_limit_is_left_as_it_was(tmp_path: Path) -> None:
    before = Image.MAX_IMAGE_PIXELS
    decode(write_photo(tmp_path / "a.jpg"), min_edge=50)
    assert before == Image.MAX_IMAGE_PIXELS
    assert before is not None


def test_a_name_that_is_not_utf_8_is_decoded(tmp_path: Path) -> None:
    path = write_photo(tmp_path / "a.jpg").rename(tmp_path / os.fsdecode(b"caf\xe9.jpg"))
    assert_scene(decode(path, min_edge=224)[0])
