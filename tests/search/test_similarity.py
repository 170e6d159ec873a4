"""The NumPy similarities against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np

from engine.search.similarity import cosine, euclidean, kl, unit


def test_cosine_of_known_pairs() -> None:
    texts = np.array([[3.0, 4.0], [1.0, 0.0]], np.float32)
    images = np.array([[4.0, 3.0], [0.0, 2.0], [-1.0, 0.0]], np.float32)
    expected = [[24 / 25, 0.8, -0.6], [0.8, 0.0, -1.0]]
    np.testing.assert_allclose(cosine(texts, images), expected, atol=1e-6)


def test_a_vector_of_zeros_is_like_nothing() -> None:
    zeros = np.zeros((1, 3), np.float32)
    assert cosine(zeros, np.ones((1, 3), np.float32))[0, 0] == 0
    assert not np.isnan(unit(zeros)).any()


def test_euclidean_is_the_negative_distance_even_for_close_vectors() -> None:
    texts = np.array([[1000.0, 0.0]], np.float32)
    images = np.array([[1000.0, 0.001], [1000.0, 0.0], [997.0, 4.0]], np.float32)
    np.testing.assert_allclose(euclidean(texts, images)[0], [-0.001, 0.0, -5.0], rtol=1e-4)


def test_kl_of_softmax_distributions() -> None:
    texts = np.log(np.array([[0.5, 0.5]], np.float32))
    images = np.log(np.array([[0.5, 0.5], [0.25, 0.75]], np.float32))
    expected = [0.0, -(0.5 * math.log(0.5 / 0.25) + 0.5 * math.log(0.5 / 0.75))]
    np.testing.assert_allclose(kl(texts, images)[0], expected, atol=1e-6)


def test_kl_is_not_symmetric_and_survives_large_numbers() -> None:
    texts = np.array([[500.0, 0.0, -500.0]], np.float32)
    images = np.array([[0.0, 1.0, 2.0]], np.float32)
    there, back = kl(texts, images)[0, 0], kl(images, texts)[0, 0]
    assert np.isfinite([there, back]).all()
    assert there != back
