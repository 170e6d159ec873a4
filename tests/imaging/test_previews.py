"""Previews: kept within a limit, and removed without touching anything else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from engine.imaging.previews import PreviewStore

if TYPE_CHECKING:
    from pathlib import Path

DIGESTS = [bytes([number]) * 32 for number in range(4)]


def written(root: Path, count: int, max_bytes: int) -> PreviewStore:
    """Previews of 100 bytes, each used an hour after the one before."""
    store = PreviewStore(root, max_bytes)
    for number, digest in enumerate(DIGESTS[:count]):
        store.write(digest, 640, b"x" * 100)
        used_ns = (number + 1) * 3600 * 10**9
        os.utime(store.path_of(digest, 640), ns=(used_ns, used_ns))
    return store


def held(store: PreviewStore) -> list[int]:
    return [number for number, digest in enumerate(DIGESTS) if store.path_of(digest, 640).is_file()]


def test_longest_unused_previews_make_room_for_a_new_one(tmp_path: Path) -> None:
    store = written(tmp_path, 3, max_bytes=300)
    assert store.has(DIGESTS[0], 640), "looked at again"
    store.write(DIGESTS[3], 640, b"x" * 100)
    assert held(store) == [0, 2, 3]


def test_previews_of_all_sizes_share_the_limit(tmp_path: Path) -> None:
    store = written(tmp_path, 2, max_bytes=300)
    store.write(DIGESTS[0], 1280, b"x" * 150)
    assert held(store) == [1]
    assert store.path_of(DIGESTS[0], 1280).is_file()


def test_preview_larger_than_the_limit_is_still_shown(tmp_path: Path) -> None:
    store = written(tmp_path, 2, max_bytes=250)
    store.write(DIGESTS[3], 640, b"x" * 400)
    assert held(store) == [3]


def test_clearing_frees_every_preview_and_nothing_else(tmp_path: Path) -> None:
    store = written(tmp_path, 3, max_bytes=10_000)
    foreign = [tmp_path / "mine.jpg", tmp_path / "640" / "mine.jpg", tmp_path / "640" / "00" / "00" / "mine.jpg"]
    for file in foreign:
        file.write_bytes(b"mine")
    assert store.clear() == 300
    assert held(store) == []
    assert all(file.is_file() for file in foreign)
    assert store.clear() == 0


def test_folder_that_is_a_link_is_left_alone(tmp_path: Path) -> None:
    elsewhere = written(tmp_path / "elsewhere", 2, max_bytes=10_000)
    root = tmp_path / "previews"
    root.mkdir()
    try:
        (root / "640").symlink_to(tmp_path / "elsewhere" / "640", target_is_directory=True)
    except OSError:
        pytest.skip("links cannot be made here")
    assert PreviewStore(root).clear() == 0
    assert held(elsewhere) == [0, 1]


def test_nothing_to_clear_where_no_preview_was_ever_made(tmp_path: Path) -> None:
    assert PreviewStore(tmp_path / "none").clear() == 0
