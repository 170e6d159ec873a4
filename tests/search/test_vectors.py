"""The hot matrix: always what the library holds, and the nearest in a stable order."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import LibraryPaths
from engine.library.database import Database
from engine.library.embeddings import Embeddings
from engine.search.vectors import HotMatrix
from tests.library.conftest import DIM, Shelf, vector_of
from tests.search.held_vectors import HeldVectors, seen, view_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.search.vectors import HotView


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """A library with 30 contents, 1 to 30, whose vectors come and go."""
    paths = LibraryPaths(tmp_path_factory.mktemp("hot") / "library")
    database = Database.open_writer(paths)
    shelf = Shelf(paths, database)
    for number in range(30):
        shelf.photo(f"{number}.jpg")
    yield shelf
    database.close()


def held(view: HotView) -> dict[int, list[float]]:
    codes = view._codes
    places = codes.places_of(np.unique(np.concatenate([np.zeros(0, np.int64), *(b.contents for b in codes.blocks)])))
    contents, vectors = view._exact(places)
    assert len(contents) == len(codes), "every content is found by its id, once"
    return dict(zip(contents.tolist(), vectors.tolist(), strict=True))


steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sets(st.integers(1, 30), max_size=5)),
        st.tuples(st.just("remove"), st.sets(st.integers(1, 30), max_size=5)),
        st.tuples(st.just("refresh"), st.just(set[int]())),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(steps)
def test_refreshed_matrix_holds_what_a_full_load_gives(shelf: Shelf, steps: list[tuple[str, set[int]]]) -> None:
    embeddings = shelf.embeddings
    embeddings.remove(range(1, 31))
    matrix = HotMatrix()
    for number, (step, contents) in enumerate(steps):
        if step == "add" and contents:
            embeddings.add(sorted(contents), np.stack([vector_of(100 * number + one) for one in sorted(contents)]))
        elif step == "remove":
            embeddings.remove(contents)
        else:
            seen(matrix, embeddings)
    view = seen(matrix, embeddings)
    ids, vectors = embeddings.load()
    assert held(view) == dict(zip(ids.tolist(), vectors.tolist(), strict=True))
    assert len(view) == len(ids)


def test_view_without_news_reads_nothing() -> None:
    stored = HeldVectors([1], vector_of(1)[None])
    matrix = HotMatrix()
    seen(matrix, stored)
    seen(matrix, stored)
    assert stored.times_read == 1


def test_removed_vectors_are_taken_out_without_reading_the_others() -> None:
    vectors = np.stack([vector_of(seed) for seed in range(30)])
    stored = HeldVectors(range(100, 130), vectors)
    matrix = HotMatrix()
    seen(matrix, stored)
    stored.remove([3, 30])  # contents 102 and 129
    view = seen(matrix, stored)
    assert stored.times_read == 1
    assert len(view) == 28
    order = 100 + np.argsort(-(vectors @ vectors[2]), kind="stable")
    assert view.nearest(vectors[2], 40).contents.tolist() == [one for one in order.tolist() if one not in {102, 129}]
    assert view.scores(vectors[2], [102, 103]).keys() == {103}
    assert len(view.sample(100)) == 28


def test_rows_of_a_restored_library_that_hold_other_contents_are_read_anew() -> None:
    vectors = np.stack([vector_of(seed) for seed in range(10)])
    stored = HeldVectors(range(10), vectors)
    matrix = HotMatrix()
    seen(matrix, stored)
    stored.contents = np.array([0, 1, 2, 3, 4, 5, 60, 70, 8, 9])
    stored.remove([10])
    assert seen(matrix, stored).nearest(vectors[6], 1).contents.tolist() == [60]
    assert stored.times_read == 2


def test_interrupted_reading_goes_on_where_it_was() -> None:
    stored = HeldVectors(range(10), np.stack([vector_of(seed) for seed in range(10)]), streamed=3)
    matrix = HotMatrix()
    given: list[list[int]] = []

    class Interrupted(HeldVectors):
        def stream(self, after: int) -> Iterator[Any]:
            for part in stored.stream(after):
                if given:
                    raise InterruptedError
                given.append(part[0].tolist())
                yield part

    with pytest.raises(InterruptedError):
        seen(matrix, Interrupted(stored.contents.tolist(), stored.vectors))
    read = [rows.tolist() for rows, _, _ in stored.stream(matrix._codes.newest())]  # type: ignore[union-attr]  # it is there
    assert read == [[4, 5, 6], [7, 8, 9], [10]]
    assert len(seen(matrix, stored)) == 10


def test_nearest_are_those_a_full_sort_gives() -> None:
    vectors = np.stack([vector_of(seed) for seed in range(200)])
    matrix = view_of(range(1000, 1200), vectors)
    scores = vectors @ vector_of(999)
    order = np.argsort(-scores, kind="stable")
    for k in (1, 7, 199, 200, 5000):
        found = matrix.nearest(vector_of(999), k)
        assert found.contents.tolist() == (order[:k] + 1000).tolist()
        np.testing.assert_allclose(found.scores, scores[order[:k]], atol=1e-6)


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=40), st.integers(0, 45))
def test_ties_keep_the_order_of_the_rows_and_fewer_are_the_first_of_more(levels: list[int], k: int) -> None:
    angles = np.array(levels, dtype=np.float32)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    matrix = view_of(range(len(levels)), vectors)
    query = np.array([1.0, 0.0], dtype=np.float32)
    expected = sorted(range(len(levels)), key=lambda row: (-float(vectors[row, 0]), row))
    assert matrix.nearest(query, k).contents.tolist() == expected[:k]


def test_among_narrows_the_choice_to_contents_that_have_a_vector() -> None:
    vectors = np.stack([vector_of(seed) for seed in range(10)])
    matrix = view_of([5, 3, 9, 1, 7, 2, 8, 4, 6, 0], vectors)
    found = matrix.nearest(vector_of(3), 4, among=[1, 2, 77, -5, 9])
    assert set(found.contents.tolist()) == {1, 2, 9}
    assert found.contents[0] == 1, "row 3 holds content 1"
    assert matrix.nearest(vector_of(3), 4, among=[]).contents.tolist() == []
    assert matrix.scores(vector_of(3), [1, 77]) == {1: pytest.approx(1.0)}


def test_empty_matrix_answers_with_nothing() -> None:
    matrix = view_of([], np.zeros((0, DIM), dtype=np.float32))
    for among in (None, [], [1, 2]):
        assert matrix.nearest(vector_of(1), 5, among).contents.tolist() == []
    assert matrix.scores(vector_of(1), [1]) == {}
    assert matrix.vectors_of_photos({1: 1}) == {}
    assert len(matrix) == 0


def test_query_that_is_no_vector_finds_nothing() -> None:
    matrix = view_of([1, 2], np.stack([vector_of(1), vector_of(2)]))
    assert matrix.nearest(np.full(DIM, np.nan, dtype=np.float32), 2).contents.tolist() == []


def test_vectors_of_photos_are_those_of_their_contents() -> None:
    matrix = view_of([10, 20], np.stack([vector_of(1), vector_of(2)]))
    found = matrix.vectors_of_photos({1: 20, 2: 10, 3: 20, 4: 30})
    assert sorted(found) == [1, 2, 3]
    np.testing.assert_array_equal(found[1], vector_of(2))
    np.testing.assert_array_equal(found[3], vector_of(2))


def test_searches_go_on_while_another_thread_refreshes(shelf: Shelf) -> None:
    embeddings = shelf.embeddings
    embeddings.remove(range(1, 31))
    matrix, failures = HotMatrix(), []
    done = threading.Event()

    def search() -> None:
        database = Database.open_reader(shelf.paths)
        mine = Embeddings(database, embeddings.model, DIM)
        while not done.is_set():
            view = seen(matrix, mine)
            found = view.nearest(vector_of(1), 5)
            scores = view.scores(vector_of(1), found.contents.tolist())
            if len(found.contents) != len(set(found.contents.tolist())) or len(scores) > 5:
                failures.append(found)
        database.close()

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(1, 31):
        embeddings.add([number], vector_of(number)[None])
        if number % 7 == 0:
            embeddings.remove([number - 1])
        seen(matrix, embeddings)
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
