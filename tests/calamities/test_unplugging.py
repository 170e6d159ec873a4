"""Disks that are really mounted and unmounted: nothing on them is taken for deleted."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from engine.imaging.thumbnails import ThumbnailStore
from engine.library.captions import Caption, Captions
from engine.library.contents import Contents
from engine.library.folders import Folders
from engine.protocol import FolderState
from tests.calamities.disks import disk, mount, unmount

if TYPE_CHECKING:
    from pathlib import Path

    from tests.indexing.conftest import Bench


def state(bench: Bench) -> FolderState:
    return Folders(bench.database).get(bench.root).state


def test_unmounted_disk_turns_its_folder_offline_and_loses_nothing(bench: Bench, tmp_path: Path) -> None:
    with disk(bench.root):
        bench.photo("a.jpg", 1)
        bench.photo("trip/b.jpg", 2)
        shutil.copytree(bench.root, tmp_path / "backup")
        bench.index()
        before = bench.searchable()
        unmount(bench.root)
        report = bench.index()
        assert (report.missing, state(bench)) == (0, FolderState.OFFLINE)
        assert bench.searchable() == before
        found = Contents(bench.database).present(list(before.values()))
        assert all(photo.is_offline for photo in found.values())
        assert all(ThumbnailStore(bench.library.thumbnails).found(photo.digest) for photo in found.values())
        mount(bench.root)
        shutil.copytree(tmp_path / "backup", bench.root, dirs_exist_ok=True)  # tmpfs forgets: the disk's own files
        report = bench.index()
        assert (report.missing, report.decoded, state(bench)) == (0, 0, FolderState.ONLINE)
        assert bench.searchable() == before


def test_another_empty_disk_in_the_same_place_is_no_deletion(bench: Bench) -> None:
    with disk(bench.root):
        bench.photo("a.jpg", 1)
        bench.index()
        unmount(bench.root)
        mount(bench.root)  # formatted alike: its root has the same inode on another file system
        assert bench.index().missing == 0
        assert state(bench) is FolderState.OFFLINE
        assert list(bench.searchable()) == ["a.jpg"]


def test_photos_of_one_disk_wait_while_another_disk_with_photos_lies_in_its_place(bench: Bench, tmp_path: Path) -> None:
    with disk(bench.root):
        shutil.copy(bench.photo("a.jpg", 1), tmp_path / "a.jpg")
        bench.index()
        with bench.database.transaction():
            Captions(bench.database).add(bench.searchable()["a.jpg"], [Caption("the old disk", "en", "user")])
        unmount(bench.root)
        mount(bench.root)
        bench.photo("other.jpg", 9)
        bench.index()
        assert list(bench.searchable()) == ["other.jpg"]
        unmount(bench.root)
        mount(bench.root)
        shutil.copy(tmp_path / "a.jpg", bench.root / "a.jpg")
        report = bench.index()
        assert report.decoded == 0
        assert [caption.text for caption in Captions(bench.database).of(bench.searchable()["a.jpg"])] == [
            "the old disk"
        ]


def test_photo_gone_for_more_than_a_month_takes_its_thumbnail_along(bench: Bench) -> None:
    bench.photo("a.jpg", 1)
    bench.photo("b.jpg", 2)
    bench.index()
    thumbnails = ThumbnailStore(bench.library.thumbnails)
    assert len(list(thumbnails.digests())) == 2
    (bench.root / "a.jpg").unlink()
    bench.index()
    bench.database.run("UPDATE photo SET missing_since = '2020-01-01T00:00:00Z' WHERE missing_since NOT NULL")
    bench.database.run("DELETE FROM setting WHERE key = 'retention.looked_at'")
    bench.index()
    assert len(list(thumbnails.digests())) == 1
    assert len(bench.rows()) == 1
    assert bench.photo("a.jpg", 1).is_file()
    assert bench.index().decoded == 1
