"""Reordering the first hits: what may move, and what never does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.protocol import Confidence, Hit, PhotoPath
from engine.search.reranking import GridShelf, is_movable, reorder

MATCH, POSSIBLE = Confidence.MATCH, Confidence.POSSIBLE


def hit(photo: int, score: float, level: Confidence = POSSIBLE, channels: tuple[str, ...] = ("vectors",)) -> Hit:
    return Hit(photo, PhotoPath.of(Path(f"/{photo}.jpg")), score, level, photo, channels)


def ids(hits: tuple[Hit, ...]) -> list[int]:
    return [one.photo_id for one in hits]


def test_what_is_added_decides_and_ranks_count_anew() -> None:
    better = reorder([hit(1, 0.5), hit(2, 0.4), hit(3, 0.3)], {1: 0.0, 2: 0.0, 3: 0.3})
    assert ids(better) == [3, 1, 2]
    assert [one.rank for one in better] == [1, 2, 3]
    assert [one.score for one in better] == [0.3, 0.5, 0.4], "a hit keeps its own score"


def test_nothing_crosses_the_confidence_line() -> None:
    hits = [hit(1, 0.9, MATCH), hit(2, 0.8, MATCH), hit(3, 0.4), hit(4, 0.3)]
    assert ids(reorder(hits, {1: 0.0, 2: 0.2, 3: 0.0, 4: 5.0})) == [2, 1, 4, 3]


def test_hits_that_are_not_named_keep_their_places() -> None:
    assert ids(reorder([hit(1, 0.5), hit(2, 0.4), hit(3, 0.3)], {1: 0.0, 3: 1.0})) == [3, 2, 1]


def test_only_what_was_found_by_its_looks_alone_may_move() -> None:
    assert is_movable(hit(1, 0.5))
    assert not is_movable(hit(1, 0.5, channels=("vectors", "captions")))
    assert not is_movable(hit(1, 0.0, channels=("filters",)))


@given(st.lists(st.tuples(st.floats(-1, 1), st.sampled_from([MATCH, POSSIBLE]), st.none() | st.floats(-1, 1))))
def test_no_hit_is_lost_and_the_levels_stand_as_before(rows: list[tuple[float, Confidence, float | None]]) -> None:
    hits = [hit(number, score, level) for number, (score, level, _) in enumerate(rows)]
    added = {number: value for number, (_, _, value) in enumerate(rows) if value is not None}
    better = reorder(hits, added)
    assert sorted(ids(better)) == ids(tuple(hits))
    assert [one.confidence for one in better] == [one.confidence for one in hits]


def test_shelf_keeps_the_last_grids() -> None:
    shelf = GridShelf(most=2)
    for content in (1, 2):
        shelf.put(content, np.full((4, 3), content, dtype=np.float32))
    assert shelf.get(1) is not None, "used once more"
    shelf.put(3, np.zeros((4, 3), dtype=np.float32))
    assert shelf.get(2) is None
    grid = shelf.get(1)
    assert grid is not None
    assert grid.dtype == np.float32
    np.testing.assert_array_equal(grid, np.ones((4, 3)))
