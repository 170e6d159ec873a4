"""Vectors are stored exactly, bad ones never get in, and a copy of them can tell whether it is up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.library import opening
from engine.library.embeddings import Embeddings, usable
from tests.library.conftest import DIM, vector_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.library.conftest import Shelf


def fill(shelf: Shelf, number: int) -> list[int]:
    contents = [int(shelf.photo(f"{seed}.jpg")[1]) for seed in range(number)]
    vectors = [vector_of(seed) for seed in range(number)]
    shelf.embeddings.add(contents, np.array(vectors, dtype=np.float32).reshape(-1, DIM))
    return contents


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf"), 1e30, 0.4])
def test_vector_that_is_no_unit_vector_is_refused_with_its_whole_batch(shelf: Shelf, value: float) -> None:
    _, content = shelf.photo("a.jpg")
    _, other = shelf.photo("b.jpg")
    batch = np.array([vector_of(1), np.full(DIM, value)], dtype=np.float32)
    with pytest.raises(ValueError, match="unit length"):
        shelf.embeddings.add([content, other], batch)
    assert shelf.embeddings.version() == (0, 0)


def test_usable_tells_row_by_row() -> None:
    rows = np.array([[1, 0], [0, 0], [np.nan, 1], [np.inf, 0], [0.6, 0.8]], dtype=np.float32)
    assert usable(rows).tolist() == [True, False, False, False, True]
    assert usable(np.zeros((0, 3), dtype=np.float32)).tolist() == []


def test_vectors_come_back_as_they_were_stored_oldest_first(shelf: Shelf) -> None:
    contents = fill(shelf, 5)
    ids, vectors = shelf.embeddings.load()
    assert ids.tolist() == contents
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, [vector_of(seed) for seed in range(5)])
    one = shelf.embeddings.get(contents[3])
    assert one is not None
    np.testing.assert_array_equal(one, vector_of(3))
    assert shelf.embeddings.get(999) is None


def test_nothing_stored_loads_as_nothing(shelf: Shelf) -> None:
    ids, vectors = shelf.embeddings.load()
    assert (ids.shape, vectors.shape) == ((0,), (0, DIM))
    assert shelf.embeddings.count() == 0


def test_load_after_gives_only_what_is_new(shelf: Shelf) -> None:
    contents = fill(shelf, 3)
    newest, count = shelf.embeddings.version()
    assert (newest, count) == (3, 3)
    _, content = shelf.photo("new.jpg")
    shelf.embeddings.add([content], vector_of(7)[None])
    assert shelf.embeddings.load(after=newest)[0].tolist() == [content]
    assert shelf.embeddings.load()[0].tolist() == [*contents, content]


def test_version_changes_with_every_addition_and_removal(shelf: Shelf) -> None:
    contents = fill(shelf, 3)
    seen = {shelf.embeddings.version()}
    for step in range(4):
        shelf.embeddings.remove(contents[-1:])
        assert shelf.embeddings.version() == (2, 2)
        shelf.embeddings.add(contents[-1:], vector_of(step)[None])
        assert shelf.embeddings.version() not in seen, "a removed newest row must not give its id away"
        seen.add(shelf.embeddings.version())


def test_second_vector_for_a_content_changes_nothing(shelf: Shelf) -> None:
    (content,) = fill(shelf, 1)
    shelf.embeddings.add([content], vector_of(5)[None])
    assert shelf.embeddings.version() == (1, 1)


def test_models_live_side_by_side(shelf: Shelf) -> None:
    (content,) = fill(shelf, 1)
    other = Embeddings.of_model(shelf.database, "other", "other-fingerprint", 2)
    other.add([content], np.array([[0.6, 0.8]], dtype=np.float32))
    assert (other.count(), shelf.embeddings.count()) == (1, 1)
    assert shelf.embeddings.counts() == {"fake-fingerprint": 1, "other-fingerprint": 1}
    shelf.embeddings.remove([content])
    assert shelf.embeddings.counts() == {"fake-fingerprint": 0, "other-fingerprint": 1}


def test_model_is_known_by_its_fingerprint_not_its_key(shelf: Shelf) -> None:
    fill(shelf, 1)
    assert Embeddings.of_model(shelf.database, "renamed", "fake-fingerprint", DIM).count() == 1
    assert Embeddings.of_model(shelf.database, "fake", "learned-anew", DIM).count() == 0


def test_model_that_two_connections_register_at_once_is_one(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine indexes while it answers: both threads may look for the model before either has written it."""
    other = opening.open_writer(shelf.paths)
    registered: list[int] = []
    look = other.value

    def look_and_be_late(sql: str, bindings: Sequence[object] = ()) -> object:
        found = look(sql, bindings)
        if not registered:
            registered.append(shelf.embeddings.model)
        return found

    monkeypatch.setattr(other, "value", look_and_be_late)
    late = Embeddings.of_model(other, "fake", "fake-fingerprint", DIM)
    other.close()
    assert registered == [late.model]
    assert shelf.embeddings.counts() == {"fake-fingerprint": 0}


def test_reader_of_an_unknown_model_has_no_vectors_and_writes_nothing(shelf: Shelf) -> None:
    fill(shelf, 1)
    reader = opening.open_reader(shelf.paths)
    unknown = Embeddings.of_model(reader, "unknown", "unknown", DIM)
    assert (unknown.count(), unknown.version(), unknown.load()[0].tolist()) == (0, (0, 0), [])
    reader.close()


def test_vectors_of_missing_photos_are_kept_but_not_counted(shelf: Shelf) -> None:
    photo, content = shelf.photo("a.jpg")
    shelf.embeddings.add([content], vector_of(1)[None])
    shelf.photos.mark_missing([photo])
    assert shelf.embeddings.count() == 0
    assert shelf.embeddings.get(content) is not None
