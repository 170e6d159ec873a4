"""Thumbnails: small, never enlarged, written whole or not at all, for the owner only."""

from __future__ import annotations

import hashlib
import io
import stat
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from engine.imaging.thumbnails import ThumbnailStore, encode_thumbnail
from tests.photo_factory import scene

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = hashlib.blake2b(b"a photo", digest_size=32).digest()


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1000, 500), (320, 160)), ((500, 1000), (160, 320)), ((200, 100), (200, 100)), ((9000, 2), (320, 1))],
)
def test_the_longer_side_is_at_most_the_one_given(size: tuple[int, int], expected: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(encode_thumbnail(Image.new("RGB", size)))) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("JPEG", expected)


def test_a_thumbnail_is_small() -> None:
    assert len(encode_thumbnail(scene((1200, 900), seed=2))) < 20_000


def test_written_thumbnails_are_found_listed_and_removed(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path / "library" / "thumbnails")
    assert store.found(DIGEST) is None
    assert list(store.digests()) == []
    store.write(DIGEST, b"first")
    store.write(DIGEST, b"second")
    assert store.path_of(DIGEST).read_bytes() == b"second"
    assert store.path_of(DIGEST).relative_to(tmp_path).parts[2:4] == (DIGEST.hex()[:2], DIGEST.hex()[2:4])
    assert list(store.digests()) == [DIGEST]
    store.remove(DIGEST)
    store.remove(DIGEST)
    assert store.found(DIGEST) is None


def test_thumbnails_are_for_the_owner_only(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path / "thumbnails")
    store.write(DIGEST, b"data")
    path = store.path_of(DIGEST)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in path.parents[:3]] == [0o700] * 3


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path / "thumbnails")
    store.path_of(DIGEST).mkdir(parents=True)  # a folder is in the way of the last step
    with pytest.raises(OSError, match="directory"):
        store.write(DIGEST, b"data")
    assert [path for path in store.path_of(DIGEST).parent.iterdir() if path.is_file()] == []


def test_foreign_files_are_passed_over(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)
    store.write(DIGEST, b"data")
    folder = store.path_of(DIGEST).parent
    for name in ("notes.jpg", ".abc.part", "abcd.jpg", f"{DIGEST.hex()}.txt"):
        (folder / name).write_bytes(b"")
    assert list(store.digests()) == [DIGEST]
