"""The nearest by codes and exact cosines are those that comparing every vector gives, whatever the vectors are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.search import scanning
from engine.search.codes import LEVELS, Block, Codes, quantised, reach
from engine.search.scanning import candidates
from tests.search.held_vectors import view_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


@pytest.fixture(autouse=True)
def _several_pieces() -> Iterator[None]:
    """Scan 100 rows at a time, so that a few thousand take the road that a million takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanning, "CHUNK", 100)
        patch.setattr(scanning, "LOOKED_AT", 60)
        yield


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def clustered(random: np.random.Generator, count: int, dim: int, nearness: float) -> NDArray[np.float32]:
    """Unit vectors (count, dim) about a few centres; a nearness of 0 is none, of 10 very near."""
    centres = random.normal(size=(5, dim))
    return unit(nearness * centres[random.integers(5, size=count)] + random.normal(size=(count, dim)))


def all_compared(vectors: NDArray[np.float32], query: NDArray[np.float32], k: int) -> list[int]:
    scores = cosines(vectors, query)
    order: list[int] = np.lexsort((np.arange(len(scores)), -scores))[:k].tolist()
    return order


def cosines(vectors: NDArray[np.float32], query: NDArray[np.float32]) -> NDArray[np.float32]:
    return (vectors.astype(np.float64) @ query.astype(np.float64)).astype(np.float32)


@settings(max_examples=120, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(1, 1500),
    dim=st.sampled_from([2, 3, 16, 64, 256, 512]),
    nearness=st.sampled_from([0.0, 0.5, 2.0, 10.0]),
    repeated=st.booleans(),
    k=st.sampled_from([1, 7, 50, 864, 5000]),
)
def test_nearest_are_those_that_comparing_all_vectors_gives(
    seed: int, count: int, dim: int, nearness: float, repeated: bool, k: int
) -> None:
    random = np.random.default_rng(seed)
    vectors = clustered(random, count, dim, nearness)
    if repeated:  # the same picture many times: ties by the hundred
        vectors = vectors[random.integers(max(1, count // 50), size=count)]
    query = vectors[random.integers(count)] if seed % 2 else clustered(random, 1, dim, nearness)[0]
    view = view_of(range(count), vectors)
    found = view.nearest(query, k)
    expected = all_compared(vectors, query, k)
    assert found.contents.tolist() == expected
    np.testing.assert_array_equal(found.scores, cosines(vectors, query)[expected])

    some = random.permutation(count)[: max(1, count // (2 if seed % 3 else 30))]
    among = view.nearest(query, k, among=some.tolist())
    rows = np.sort(some)
    assert among.contents.tolist() == rows[all_compared(vectors[rows], query, k)].tolist()


@given(st.integers(0, 2**32), st.sampled_from([2, 8, 64, 512]))
def test_no_cosine_of_codes_is_further_off_than_reach_says(seed: int, dim: int) -> None:
    random = np.random.default_rng(seed)
    vectors, query = clustered(random, 300, dim, 1.0), clustered(random, 1, dim, 0.0)
    codes, scales = quantised(vectors)
    code, scale = quantised(query)
    rough = (codes.astype(np.int64) @ code[0].astype(np.int64)) * scales.astype(np.float64) * scale[0]
    off = np.abs(rough - vectors.astype(np.float64) @ query[0].astype(np.float64))
    assert (off <= 2 * np.array([reach(float(scale[0]), float(one), dim) for one in scales])).all()


def test_codes_of_a_vector_are_within_half_a_step_of_it() -> None:
    vectors = clustered(np.random.default_rng(1), 50, 32, 1.0)
    codes, scales = quantised(vectors)
    assert np.abs(codes).max(axis=1).tolist() == [LEVELS] * 50
    assert (np.abs(codes * scales[:, None] - vectors) <= scales[:, None] / 2 + 1e-7).all()


def test_of_thousands_that_are_all_alike_the_first_are_found() -> None:
    vectors = np.repeat(clustered(np.random.default_rng(1), 1, 32, 0.0), 9000, axis=0)
    assert view_of(range(9000), vectors).nearest(vectors[0], 20).contents.tolist() == list(range(20))


def test_blocks_grow_together_and_keep_every_row_in_its_place() -> None:
    vectors = clustered(np.random.default_rng(2), 300, 16, 0.0)
    codes = Codes()
    for first in range(0, 300, 3):
        rows = np.arange(first, first + 3)
        codes = codes.with_block(Block.of(1000 - rows, rows + 1, vectors[rows]))
    assert len(codes.blocks) < 10
    places = codes.places_of(np.array([1000, 701, 850, 5]))
    assert sorted(codes.contents_at(places).tolist()) == [701, 850, 1000]
    assert sorted(codes.rows_at(places).tolist()) == [1, 151, 300]
    assert (codes.newest(), len(codes)) == (300, 300)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_vector_has_no_candidates(value: float) -> None:
    codes = Codes([Block.of(np.arange(3), np.arange(3), clustered(np.random.default_rng(1), 3, 8, 0.0))])
    assert candidates(codes, np.full(8, value, dtype=np.float32), 2).tolist() == []
