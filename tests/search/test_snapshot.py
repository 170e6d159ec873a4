"""A snapshot saves reading the library; damaged, stale, foreign or impossible, it costs nothing but that."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.search import snapshot
from engine.search.vectors import HotMatrix
from tests.search.held_vectors import HeldVectors, seen
from tests.search.test_scanning import clustered

if TYPE_CHECKING:
    from pathlib import Path

COUNT, DIM = 500, 32


@pytest.fixture(autouse=True)
def _kept_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "KEPT_FROM", 100)


def held(seed: int = 1, count: int = COUNT) -> HeldVectors:
    return HeldVectors(range(count), clustered(np.random.default_rng(seed), count, DIM, 1.0))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "vectors-0123"


def files(place: Path) -> list[Path]:
    return sorted(place.parent.iterdir()) if place.parent.is_dir() else []


def nearest(matrix: HotMatrix, stored: HeldVectors) -> list[int]:
    found: list[int] = seen(matrix, stored).nearest(stored.vectors[7], 20).contents.tolist()
    return found


def test_second_start_reads_the_snapshot_and_finds_the_same(place: Path) -> None:
    stored = held()
    first = nearest(HotMatrix(place), stored)
    (file,) = files(place)
    assert file.stat().st_mode & 0o077 == 0, "for the owner's eyes only"
    assert stored.times_read == 1
    assert nearest(HotMatrix(place), stored) == first
    assert stored.times_read == 1


def test_what_was_stored_since_is_read_and_no_more(place: Path) -> None:
    stored = held()
    whole = held()
    stored.remove(range(COUNT - 9, COUNT + 1))
    seen(HotMatrix(place), stored)
    matrix = HotMatrix(place)
    assert nearest(matrix, whole) == nearest(HotMatrix(), whole)
    assert len(seen(matrix, whole)) == COUNT


def test_removed_vectors_are_not_found_after_a_start(place: Path) -> None:
    stored = held()
    first = nearest(HotMatrix(place), stored)
    gone = first[0]
    stored.remove([gone + 1])
    assert nearest(HotMatrix(place), stored) == nearest(HotMatrix(), stored)
    assert gone not in nearest(HotMatrix(place), stored)


def test_snapshot_of_a_library_that_lost_some_photos_is_read_all_the_same(place: Path) -> None:
    stored = held()
    seen(HotMatrix(place), stored)
    stored.remove([3, 77, 499, 500])
    assert nearest(HotMatrix(place), stored) == nearest(HotMatrix(), stored)
    assert stored.times_read == 2, "the second by the one that has no snapshot"


def test_snapshot_is_written_anew_without_what_was_removed_when_that_is_much(place: Path) -> None:
    stored = held()
    matrix = HotMatrix(place)
    seen(matrix, stored)
    (old,) = files(place)
    size = old.stat().st_size
    stored.remove(range(50, 160))
    expected = nearest(matrix, stored)
    (new,) = files(place)
    assert new != old
    assert new.stat().st_size < size
    assert nearest(HotMatrix(place), stored) == expected == nearest(HotMatrix(), stored)
    assert len(seen(HotMatrix(place), stored)) == COUNT - 110


def test_outgrown_snapshot_is_written_anew_and_the_old_one_goes(place: Path) -> None:
    stored = held()
    stored.remove(range(201, COUNT + 1))
    matrix = HotMatrix(place)
    seen(matrix, stored)
    (old,) = files(place)
    stored.rows = np.arange(1, COUNT + 1)
    assert nearest(matrix, stored) == nearest(HotMatrix(), stored)
    (new,) = files(place)
    assert new != old


@pytest.mark.parametrize("at", [0.0, 0.001, 0.3, 0.7, 0.9999])
def test_one_wrong_byte_anywhere_is_noticed(place: Path, at: float) -> None:
    stored = held()
    first = nearest(HotMatrix(place), stored)
    (file,) = files(place)
    data = bytearray(file.read_bytes())
    row = round(at * (len(data) - snapshot.HEADER_SIZE)) + snapshot.HEADER_SIZE if at else 3
    data[row] ^= 0x55
    file.write_bytes(data)
    assert nearest(HotMatrix(place), stored) == first
    assert stored.times_read == 2


@pytest.mark.parametrize("keep", [0, 10, 70_000])
def test_cut_off_snapshot_is_noticed(place: Path, keep: int) -> None:
    stored = held()
    first = nearest(HotMatrix(place), stored)
    (file,) = files(place)
    os.truncate(file, keep)
    assert nearest(HotMatrix(place), stored) == first
    assert stored.times_read == 2


def test_snapshot_of_another_library_with_as_many_rows_is_noticed(place: Path) -> None:
    seen(HotMatrix(place), held(seed=1))
    other = held(seed=2)
    assert nearest(HotMatrix(place), other) == nearest(HotMatrix(), other)


def test_library_whose_last_rows_alone_differ_is_noticed(place: Path) -> None:
    stored = held()
    seen(HotMatrix(place), stored)
    restored = held()
    restored.vectors[-1] = restored.vectors[0]
    matrix = HotMatrix(place)
    assert seen(matrix, restored).nearest(restored.vectors[0], 2).contents.tolist() == [0, COUNT - 1]


def test_place_that_cannot_be_written_is_searched_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    stored = held()
    matrix = HotMatrix(tmp_path / "cache" / "vectors-0123")
    assert nearest(matrix, stored) == nearest(HotMatrix(), stored)


def test_small_library_keeps_none(place: Path) -> None:
    seen(HotMatrix(place), held(count=99))
    assert files(place) == []


def test_part_left_by_a_killed_process_goes_when_it_is_old(place: Path) -> None:
    place.parent.mkdir()
    left = place.with_name("vectors-0123-5-5.codes.77.part")
    fresh = place.with_name("vectors-0123-6-6.codes.78.part")
    left.touch()
    fresh.touch()
    os.utime(left, (1, 1))
    seen(HotMatrix(place), held())
    assert not left.exists()
    assert fresh.exists(), "another process may be writing it"
