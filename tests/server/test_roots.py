"""Folders whose root goes and comes back are noticed without file events and without anybody asking."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING

import pytest

from engine.library.folders import Folder, FolderId
from engine.protocol import FolderState
from engine.server.roots import RootsThread
from tests.engine_process import PATIENCE_S, EngineProcess
from tests.photo_factory import scene, write_photo

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


@pytest.fixture
def folders(tmp_path: Path) -> list[Folder]:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    return [Folder(FolderId(id_), tmp_path / name, FolderState.ONLINE, None) for id_, name in ((1, "a"), (2, "b"))]


def following(folders: list[Folder]) -> RootsThread:
    roots = RootsThread(lambda _: None)
    roots.follow(folders, folders)
    return roots


def test_folder_that_went_and_came_back_is_told_once_each(folders: list[Folder]) -> None:
    roots = following(folders)
    away = folders[1].path.rename(folders[1].path.with_name("unplugged"))
    assert (roots.look(), roots.look()) == ({2}, set())
    away.rename(folders[1].path)
    assert (roots.look(), roots.look()) == ({2}, set())


def test_mount_point_left_behind_is_another_folder(folders: list[Folder]) -> None:
    roots = following(folders)
    folders[0].path.rename(folders[0].path.with_name("unplugged"))
    folders[0].path.mkdir()
    assert roots.look() == {1}


def test_change_inside_a_folder_is_left_to_file_events(folders: list[Folder]) -> None:
    roots = following(folders)
    (folders[0].path / "new.jpg").write_bytes(b"x")
    (folders[0].path / "sub").mkdir()
    assert roots.look() == set()


def test_loss_before_the_next_look_is_told_though_the_folders_were_named_again(folders: list[Folder]) -> None:
    roots = following(folders)
    folders[0].path.rmdir()
    roots.follow(folders, to_scan=folders[1:])
    assert roots.look() == {1}


def test_return_before_the_next_look_is_told_when_a_scan_saw_the_loss(folders: list[Folder]) -> None:
    roots = following(folders)
    away = folders[1].path.rename(folders[1].path.with_name("unplugged"))
    roots.follow(folders, to_scan=folders[1:])
    away.rename(folders[1].path)
    assert roots.look() == {2}


def test_folder_that_is_not_followed_any_more_is_not_told(folders: list[Folder]) -> None:
    roots = following(folders)
    roots.follow(folders[:1], to_scan=())
    folders[1].path.rmdir()
    assert roots.look() == set()


def test_thread_tells_and_ends_when_asked(folders: list[Folder]) -> None:
    asked: queue.Queue[Collection[int]] = queue.Queue()
    roots = RootsThread(asked.put, look_every_s=0.01)
    roots.follow(folders, folders)
    roots.start()
    try:
        folders[0].path.rmdir()
        assert asked.get(timeout=PATIENCE_S) == {1}
    finally:
        roots.stop()
        roots.thread.join(PATIENCE_S)
    assert not roots.thread.is_alive()


@pytest.mark.usefixtures("mini")
def test_unplugged_folder_turns_offline_and_back_online_by_itself(tmp_path: Path) -> None:
    folder, away = tmp_path / "photos", tmp_path / "unplugged"
    write_photo(folder / "1.jpg", scene((160, 120), 1))
    with EngineProcess(tmp_path / "library", log=tmp_path / "engine.log", command=("-m", "engine")) as engine:
        engine.hello()
        engine.result("folders.add", {"path": str(folder)})
        engine.notified("index.finished", lambda report: report["added"] > 0)
        since = len(engine.heard)
        folder.rename(away)
        assert missing_once(engine, "offline", since) == 0
        since = len(engine.heard)
        away.rename(folder)
        assert missing_once(engine, "online", since) == 0


def missing_once(engine: EngineProcess, state: str, since: int) -> int:
    """How many photos are missing once the engine, unasked, told of a change and the folder is in ``state``."""
    engine.notified("library.changed", since=since)
    while True:
        so_far = len(engine.heard)
        (row,) = engine.result("folders.list")["folders"]
        if row["state"] == state:
            missing: int = row["missing"]
            return missing
        engine.notified("library.changed", since=so_far)
