from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from engine.indexing.watcher import Watcher
from engine.library.folders import Folder, FolderId
from engine.protocol import FolderState
from tests.photo_factory import scene, write_photo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ID = FolderId(7)
SOON_S = 15.0
NEVER_S = 1.5


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


@pytest.fixture
def watcher(root: Path) -> Iterator[Watcher]:
    with Watcher([Folder(ID, root, FolderState.ONLINE, None)]) as watching:
        yield watching


def test_new_photo_is_worth_a_scan_once(root: Path, watcher: Watcher) -> None:
    write_photo(root / "a.jpg", scene((64, 48)))
    assert watcher.wait(SOON_S) == {ID}
    assert watcher.wait(NEVER_S) == set()


@pytest.mark.parametrize("name", ["notes.doc", ".hidden.jpg", "library.db-wal", ".cache/a.jpg", "@eaDir/a.jpg"])
def test_what_no_scan_would_look_at_is_not_worth_one(root: Path, name: str) -> None:
    (root / name).parent.mkdir(exist_ok=True)
    with Watcher([Folder(ID, root, FolderState.ONLINE, None)]) as watcher:
        (root / name).write_bytes(b"x")
        assert watcher.wait(NEVER_S) == set()


def test_library_inside_a_watched_folder_does_not_wake_it(root: Path) -> None:
    (root / "library").mkdir()
    (root / "library" / ".nomedia").touch()
    with Watcher([Folder(ID, root, FolderState.ONLINE, None)]) as watcher:
        (root / "library" / "thumbnail.jpg").write_bytes(b"x")
        assert watcher.wait(NEVER_S) == set()


def test_directory_moved_in_or_out_is_worth_a_scan(root: Path, watcher: Watcher, tmp_path: Path) -> None:
    write_photo(tmp_path / "trip" / "a.jpg", scene((64, 48)))
    shutil.move(tmp_path / "trip", root / "trip")
    assert watcher.wait(SOON_S) == {ID}
    shutil.move(root / "trip", tmp_path / "elsewhere")
    assert watcher.wait(SOON_S) == {ID}


def test_sidecar_is_worth_a_scan(root: Path, watcher: Watcher) -> None:
    (root / "a.jpg.xmp").write_text("<x/>", encoding="utf-8")
    assert watcher.wait(SOON_S) == {ID}


def test_closing_ends_the_wait(watcher: Watcher) -> None:
    watcher.close()
    assert watcher.wait(SOON_S) == set()
