"""Preprocessing: always a square of the size asked for, showing the right part of the picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.imaging.preprocess import InputSpec, min_edge, preprocess
from tests.photo_factory import scene

specs = st.builds(
    InputSpec,
    size=st.integers(1, 130),
    resize=st.sampled_from(["shortest", "squash"]),
    interpolation=st.sampled_from(["bilinear", "bicubic", "lanczos"]),
    crop_fraction=st.floats(0.5, 1.0),
)


@settings(deadline=None, max_examples=150)
@given(specs, st.integers(1, 300), st.integers(1, 300))
def test_any_picture_becomes_a_square_of_the_size_asked_for(spec: InputSpec, width: int, height: int) -> None:
    pixels = preprocess(Image.new("RGB", (width, height), (10, 200, 90)), spec)
    assert pixels.shape == (spec.size, spec.size, 3)
    assert pixels.dtype == np.uint8
    assert (pixels == (10, 200, 90)).all()


@pytest.mark.parametrize("size", [(60_000, 3), (3, 60_000)])
def test_a_strip_is_not_blown_up(size: tuple[int, int]) -> None:
    assert preprocess(Image.new("RGB", size, "white"), InputSpec(224)).shape == (224, 224, 3)


def test_shortest_cuts_the_centre_and_squash_keeps_everything() -> None:
    picture = Image.new("RGB", (400, 200), "red")
    picture.paste((0, 0, 255), (100, 0, 300, 200))
    cut, squashed = (preprocess(picture, InputSpec(100, resize)) for resize in ("shortest", "squash"))
    assert (cut == (0, 0, 255)).mean() > 0.97
    assert squashed[50, 5].tolist() == [255, 0, 0]
    assert squashed[50, 50].tolist() == [0, 0, 255]


def test_crop_fraction_leaves_out_the_rim() -> None:
    picture = Image.new("RGB", (100, 100), "red")
    picture.paste((0, 0, 255), (10, 10, 90, 90))
    assert (preprocess(picture, InputSpec(50, crop_fraction=0.75)) == (0, 0, 255)).all()
    assert preprocess(picture, InputSpec(50))[1, 1].tolist() == [255, 0, 0]


def test_preprocessing_is_what_pillow_does_step_by_step() -> None:
    """The canonical way of CLIP: scale the shorter side, then cut; computed here with nothing but Pillow."""
    picture = scene((301, 200), seed=5)
    by_hand = picture.resize((96, 64), Image.Resampling.BICUBIC).crop((16, 0, 80, 64))
    assert (preprocess(picture, InputSpec(64)) == np.asarray(by_hand)).all()


@pytest.mark.parametrize(
    ("spec", "edge"),
    [
        (InputSpec(224, crop_fraction=0.875), 256),
        (InputSpec(384, "squash", crop_fraction=0.5), 384),
    ],
)
def test_the_edge_needed_is_that_before_cutting(spec: InputSpec, edge: int) -> None:
    assert min_edge(spec) == edge


def test_the_pixels_belong_to_the_caller() -> None:
    pixels = preprocess(scene(), InputSpec(32))
    pixels[:] = 0
    assert pixels.flags.c_contiguous
