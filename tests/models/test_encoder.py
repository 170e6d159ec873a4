"""The embedded model at work: unit vectors, the same ones in any batch and from any thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.errors import KnownError
from engine.imaging.preprocess import preprocess
from engine.models.encoder import Encoder, unit
from engine.models.image_runner import Standing, normalised
from engine.protocol import ErrorKind
from tests.models.conftest import make_package
from tests.photo_factory import scene

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TEXTS = ["a red balloon", "海上的红气球", "two dogs on a beach at night, seen from far away", "", "🎈"]


@pytest.fixture(scope="module")
def encoder(mini: Path) -> Encoder:
    return Encoder.open(mini, threads=2)


@pytest.fixture(scope="module")
def pixels(encoder: Encoder) -> NDArray[np.uint8]:
    spec = encoder.card.image.input_spec
    return np.stack([preprocess(scene((320, 240), seed), spec) for seed in range(4)])


def lengths(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = np.linalg.norm(vectors, axis=1)
    return found


def test_vectors_have_unit_length(encoder: Encoder, pixels: NDArray[np.uint8]) -> None:
    for vectors, number in ((encoder.encode_images(pixels), 4), (encoder.encode_texts(TEXTS), len(TEXTS))):
        assert vectors.shape == (number, encoder.card.dim)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(lengths(vectors), 1.0, atol=1e-5)


def test_extreme_pictures_have_vectors(encoder: Encoder) -> None:
    size = encoder.card.image.input_spec.size
    flat = np.stack([np.full((size, size, 3), value, dtype=np.uint8) for value in (0, 255)])
    np.testing.assert_allclose(lengths(encoder.encode_images(flat)), 1.0, atol=1e-5)


def test_order_of_a_batch_does_not_matter(encoder: Encoder, pixels: NDArray[np.uint8]) -> None:
    np.testing.assert_allclose(encoder.encode_images(pixels[::-1])[::-1], encoder.encode_images(pixels), atol=1e-4)
    np.testing.assert_allclose(encoder.encode_texts(TEXTS[::-1])[::-1], encoder.encode_texts(TEXTS), atol=1e-4)


def test_company_in_a_batch_hardly_matters(encoder: Encoder, pixels: NDArray[np.uint8]) -> None:
    np.testing.assert_allclose(encoder.encode_images(pixels[2:3])[0], encoder.encode_images(pixels)[2], atol=1e-3)
    # A text tower quantised on the fly takes its scale from the whole batch: the vectors are near, not the same.
    alone = np.stack([encoder.encode_texts([text])[0] for text in TEXTS])
    assert (alone * encoder.encode_texts(TEXTS)).sum(axis=1).min() > 0.93


def test_empty_batches_give_no_vectors(encoder: Encoder, pixels: NDArray[np.uint8]) -> None:
    assert encoder.encode_images(pixels[:0]).shape == (0, encoder.card.dim)
    assert encoder.encode_texts([]).shape == (0, encoder.card.dim)


def test_different_photos_and_texts_have_different_vectors(encoder: Encoder, pixels: NDArray[np.uint8]) -> None:
    for vectors in (encoder.encode_images(pixels), encoder.encode_texts(TEXTS[:3])):
        similarity = vectors @ vectors.T
        assert similarity[~np.eye(len(vectors), dtype=bool)].max() < 0.9999


def test_one_encoder_serves_many_threads(mini: Path, encoder: Encoder, pixels: NDArray[np.uint8]) -> None:
    fresh = Encoder.open(mini, threads=1)
    with ThreadPoolExecutor(4) as threads:
        texts = [threads.submit(fresh.encode_texts, TEXTS) for _ in range(6)]
        images = [threads.submit(fresh.encode_images, pixels) for _ in range(4)]
    for job in texts:
        np.testing.assert_allclose(job.result(), encoder.encode_texts(TEXTS), atol=1e-4)
    for job in images:
        np.testing.assert_allclose(job.result(), encoder.encode_images(pixels), atol=1e-4)


def test_text_tower_rests_when_nobody_asks_and_gives_the_same_vectors_again(mini: Path) -> None:
    encoder = Encoder.open(mini)
    assert not encoder.release_texts()  # nothing is loaded yet
    before = encoder.encode_texts(["a red balloon"])
    assert not encoder.release_texts(idle_s=3600)
    assert encoder.release_texts()
    assert not encoder.release_texts()
    np.testing.assert_array_equal(encoder.encode_texts(["a red balloon"]), before)


def test_provider_is_known_after_the_first_photo(mini: Path, pixels: NDArray[np.uint8]) -> None:
    fresh = Encoder.open(mini)
    assert (fresh.provider, fresh.standing) == (None, Standing())
    fresh.encode_images(pixels[:1])
    assert fresh.provider is not None
    assert fresh.provider.endswith("ExecutionProvider")


def test_mean_of_the_grid_is_the_photos_vector(encoder: Encoder, pixels: NDArray[np.uint8]) -> None:
    if encoder.card.image.grid_output is None:
        pytest.skip("the embedded model has no grid")
    grid = encoder.encode_grid(pixels[1])
    side = round(len(grid) ** 0.5)
    assert grid.shape == (side * side, encoder.card.dim)
    np.testing.assert_allclose(unit(grid.mean(axis=0)[None])[0], encoder.encode_images(pixels[1:2])[0], atol=1e-3)


def test_model_without_a_grid_says_so(tmp_path: Path) -> None:
    card = make_package(tmp_path)
    with pytest.raises(KnownError) as raised:
        Encoder(tmp_path / "tiny", card).encode_grid(np.zeros((32, 32, 3), dtype=np.uint8))
    assert raised.value.kind is ErrorKind.EXTRA_MISSING


def test_pixels_arenormalised_as_the_card_says(tmp_path: Path) -> None:
    tower = replace(make_package(tmp_path).image, mean=(0.5, 0.0, 0.25), std=(0.5, 1.0, 0.25))
    pixels = np.zeros((1, 2, 3, 3), dtype=np.uint8)
    pixels[0, 1, 2] = (255, 51, 255)
    found = normalised(pixels, tower.mean, tower.std)
    assert found.shape == (1, 3, 2, 3)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[0, :, 1, 2], [1.0, 0.2, 3.0], atol=1e-6)
    np.testing.assert_allclose(found[0, :, 0, 0], [-1.0, 0.0, -1.0], atol=1e-6)


def test_zero_vector_cannot_pass_for_a_vector() -> None:
    scaled = unit(np.array([[3, 4], [0, 0]], dtype=np.float32))
    np.testing.assert_allclose(scaled[0], [0.6, 0.8], atol=1e-6)
    assert np.isnan(scaled[1]).all()
