"""Heads compared first find what comparing whole vectors finds, and tails are hardly read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.search import codes, rotation, scanning
from engine.search import vectors as hot
from engine.search.rotation import Rotation
from engine.search.snapshot import HEADER_SIZE
from engine.search.vectors import HotMatrix
from tests.search.held_vectors import HeldVectors, seen, view_of
from tests.search.test_scanning import all_compared, clustered, unit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.search.codes import Block
    from engine.search.vectors import HotView


@pytest.fixture(autouse=True)
def _several_pieces() -> Iterator[None]:
    """Scan some rows at a time, so that thousands take the road that a million takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanning, "CHUNK", 500)
        patch.setattr(scanning, "LOOKED_AT", 60)
        yield


def concentrated(random: np.random.Generator, count: int, dim: int, decay: float) -> NDArray[np.float32]:
    """Unit vectors (count, dim) about a mean, whose components tell less and less apart: as encoders give them."""
    turned = np.linalg.qr(random.normal(size=(dim, dim)))[0]
    drawn = random.normal(size=(count, dim)) * np.exp(-decay * np.arange(dim) / dim) + random.normal(size=dim) * 0.1
    return unit(drawn @ turned)


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(400, 2500),
    dim=st.sampled_from([128, 192, 384]),
    decay=st.sampled_from([3.0, 8.0, 20.0]),
    foreign=st.booleans(),
    k=st.sampled_from([1, 7, 50, 864]),
)
def test_nearest_are_the_same_where_heads_are_compared_first(
    seed: int, count: int, dim: int, decay: float, foreign: bool, k: int
) -> None:
    random = np.random.default_rng(seed)
    drawn = concentrated(random, count, dim, decay)
    query = drawn[random.integers(count)]
    if foreign:  # as a text's: it lies elsewhere, and is about as near to one as to another
        query = unit((query + 3 * clustered(random, 1, dim, 0.0)).astype(np.float64))[0]
    stored, matrix = HeldVectors(range(count), drawn, streamed=300), HotMatrix()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hot, "TURNED_FROM", 300)
        patch.setattr(rotation, "LEAST", 300)
        patch.setattr(codes, "MERGED_BELOW", 200)
        for left in (count, count - count // 3, max(1, count // 40)):  # some go, and then nearly all
            stored.rows = np.sort(random.permutation(stored.rows)[:left])
            rows = stored.rows - 1
            view = seen(matrix, stored)
            assert view.nearest(query, k).contents.tolist() == rows[all_compared(drawn[rows], query, k)].tolist()
            some = np.sort(random.permutation(rows)[: max(1, len(rows) // (2 if seed % 3 else 30))])
            among = view.nearest(query, k, among=some.tolist())
            assert among.contents.tolist() == some[all_compared(drawn[some], query, k)].tolist()


def test_cut_that_was_guessed_too_high_costs_a_second_scan_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evenly spread rows are looked at to guess: here they are by far the nearest."""
    random = np.random.default_rng(11)
    drawn = clustered(random, 6000, 64, 0.0)
    query = clustered(random, 1, 64, 0.0)[0]
    drawn[::100] = unit((query + 0.1 * drawn[::100]).astype(np.float64))
    scans: list[float] = []
    pooled = scanning._Scan._pooled

    def counted(scan: scanning._Scan, *given: Any) -> Any:
        scans.append(scan._cut)
        return pooled(scan, *given)

    monkeypatch.setattr(scanning._Scan, "_pooled", counted)
    view = view_of(range(6000), drawn)
    assert view.nearest(query, 200).contents.tolist() == all_compared(drawn, query, 200)
    assert len(scans) == 2
    assert scans[0] > scans[1] == -np.inf


@pytest.mark.parametrize("at", [0.0, 0.1, 0.5, 0.9])
def test_one_wrong_byte_in_a_snapshot_of_turned_vectors_is_noticed(tmp_path: Path, at: float) -> None:
    drawn = concentrated(np.random.default_rng(12), hot.TURNED_FROM, 128, 12.0)
    stored = HeldVectors(range(len(drawn)), drawn)
    assert seen(HotMatrix(tmp_path / "vectors"), stored)._codes.is_turned
    (file,) = tmp_path.iterdir()
    data = bytearray(file.read_bytes())
    data[HEADER_SIZE + round(at * (len(data) - HEADER_SIZE))] ^= 0x55
    file.write_bytes(data)
    view = seen(HotMatrix(tmp_path / "vectors"), stored)
    assert stored.times_read == 2
    assert view.nearest(drawn[3], 30).contents.tolist() == all_compared(drawn, drawn[3], 30)


def turned_view(drawn: NDArray[np.float32]) -> HotView:
    view = view_of(range(len(drawn)), drawn)
    assert view._codes.is_turned
    return view


def test_photo_that_is_like_no_other_is_found_by_what_it_shows() -> None:
    """All that it is lies in its tail: the heads of all others are nearer to the query's."""
    random = np.random.default_rng(5)
    drawn = concentrated(random, hot.TURNED_FROM, 256, 12.0)
    turned = turned_view(drawn)._codes.rotation
    assert turned is not None
    rare = turned.matrix[:, -1]
    drawn[12_345] = rare
    view = turned_view(drawn)
    query = unit((rare + drawn[7])[None])[0]
    assert 12_345 in view.nearest(query, 40).contents.tolist()
    assert view.nearest(query, 40).contents.tolist() == all_compared(drawn, query, 40)


def test_few_tails_are_read_where_heads_say_most(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = concentrated(np.random.default_rng(6), hot.TURNED_FROM, 256, 12.0)
    view = turned_view(drawn)
    read: list[int] = []
    tails = scanning._Scan._tails

    def counted(scan: scanning._Scan, block: Block, at: NDArray[np.intp]) -> NDArray[np.float32]:
        read.append(len(at))
        return tails(scan, block, at)

    monkeypatch.setattr(scanning, "CHUNK", 4096)
    monkeypatch.setattr(scanning._Scan, "_tails", counted)
    assert view.nearest(drawn[3], 10).contents.tolist() == all_compared(drawn, drawn[3], 10)
    assert 0 < sum(read) < len(drawn) // 5


def test_vectors_that_no_few_components_tell_apart_are_compared_whole() -> None:
    even = clustered(np.random.default_rng(7), hot.TURNED_FROM, 256, 0.0)
    view = view_of(range(len(even)), even)
    assert not view._codes.is_turned
    assert view.nearest(even[9], 5).contents.tolist() == all_compared(even, even[9], 5)


def test_turned_vectors_are_as_far_apart_as_before() -> None:
    drawn = concentrated(np.random.default_rng(8), 5000, 256, 8.0)
    turned = Rotation.learnt(drawn)
    head, tail = turned.parts(drawn)
    assert 0 < turned.head <= 0.6 * 256
    assert turned.head % rotation.STEP == 0
    assert head.var(axis=0).sum() >= rotation.TOLD * drawn.var(axis=0).sum()
    np.testing.assert_allclose(head[:50] @ head.T + tail[:50] @ tail.T, drawn[:50] @ drawn.T, atol=2e-6)
    np.testing.assert_allclose(turned.centre, tail.mean(axis=0), atol=1e-5)


@pytest.mark.parametrize("decay", [12.0, 0.0])
def test_snapshot_keeps_how_vectors_are_turned_and_spares_reading_them(tmp_path: Path, decay: float) -> None:
    drawn = concentrated(np.random.default_rng(9), hot.TURNED_FROM, 128, decay)
    stored = HeldVectors(range(len(drawn)), drawn)
    first, second = (seen(HotMatrix(tmp_path / "vectors"), stored) for _ in range(2))
    assert stored.times_read == 1
    assert first._codes.is_turned == second._codes.is_turned == bool(decay)
    for view in (first, second):
        assert view.nearest(drawn[3], 30).contents.tolist() == all_compared(drawn, drawn[3], 30)


def test_vectors_are_turned_as_soon_as_there_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hot, "TURNED_FROM", 300)
    monkeypatch.setattr(rotation, "LEAST", 300)
    drawn = concentrated(np.random.default_rng(10), 900, 128, 12.0)
    stored = HeldVectors(range(len(drawn)), drawn)
    matrix = HotMatrix()
    for count, is_turned in ((200, False), (500, True), (900, True)):
        stored.rows = np.arange(1, count + 1)
        view = seen(matrix, stored)
        assert (len(view), view._codes.is_turned) == (count, is_turned)
        assert view.nearest(drawn[3], 30).contents.tolist() == all_compared(drawn[:count], drawn[3], 30)
