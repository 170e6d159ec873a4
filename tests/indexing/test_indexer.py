from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.imaging.thumbnails import ThumbnailStore
from engine.indexing.indexer import Indexer
from engine.indexing.pipeline import DecodeOptions
from engine.library.contents import Contents
from engine.library.folders import Folders
from engine.protocol import FolderState, IndexProgress
from tests.conftest import sqlite_alone
from tests.fakes import FakeEncoder
from tests.photo_factory import scene, write_empty, write_photo, write_png_bomb, write_text_as, write_truncated

if TYPE_CHECKING:
    from tests.indexing.conftest import Bench


def test_every_photo_of_a_folder_becomes_searchable(bench: Bench) -> None:
    for seed in range(1, 6):
        bench.photo(f"trip/{seed}.jpg", seed)
    report = bench.index()
    assert (report.added, report.decoded, report.embedded, report.issues) == (5, 5, 5, 0)
    assert sorted(bench.searchable()) == [f"{seed}.jpg" for seed in range(1, 6)]


def test_second_run_decodes_and_embeds_nothing(bench: Bench) -> None:
    bench.photo("a.jpg")
    bench.index()
    encoded = bench.encoder.encoded
    report = bench.index()
    assert (report.unchanged, report.added, report.decoded) == (1, 0, 0)
    assert bench.encoder.encoded == encoded


def test_folder_that_went_unnoticed_is_offline_when_another_is_indexed(bench: Bench, tmp_path: Path) -> None:
    bench.photo("a.jpg")
    bench.index()
    bench.database.run("DELETE FROM embedding")  # as after a new model: everything is pending again
    bench.root.rename(tmp_path / "unplugged")
    other = tmp_path / "other"
    other.mkdir()
    write_photo(other / "b.jpg", scene((64, 48), seed=2))
    report = bench.index(other)
    assert (report.embedded, report.issues, bench.issues()) == (1, 0, {})
    assert {folder.path: folder.state for folder in Folders(bench.database).all()} == {
        bench.root: FolderState.OFFLINE,
        other: FolderState.ONLINE,
    }
    (tmp_path / "unplugged").rename(bench.root)
    bench.index()
    assert sorted(bench.searchable()) == ["a.jpg", "b.jpg"]


def test_moved_photo_keeps_its_row_and_its_vector(bench: Bench) -> None:
    bench.photo("a.jpg")
    bench.index()
    before = bench.rows()
    (bench.root / "sub").mkdir()
    (bench.root / "a.jpg").rename(bench.root / "sub" / "b.jpg")
    report = bench.index()
    assert (report.moved, report.decoded, report.added) == (1, 0, 0)
    assert [(id_, content) for id_, _, content, _ in bench.rows()] == [(id_, content) for id_, _, content, _ in before]
    assert list(bench.searchable()) == ["b.jpg"]


def test_photo_moved_without_its_inode_is_known_by_its_digest(bench: Bench) -> None:
    original = bench.photo("a.jpg")
    bench.index()
    (id_, _, content, _) = bench.rows()[0]
    shutil.copyfile(original, bench.root / "other.jpg")  # new inode, new time
    original.unlink()
    report = bench.index()
    assert report.decoded == 0
    assert bench.rows() == [(id_, b"other.jpg", content, False)]


def test_copied_photo_is_not_decoded_again_and_shows_once(bench: Bench) -> None:
    original = bench.photo("a.jpg")
    bench.index()
    shutil.copyfile(original, bench.root / "copy.jpg")
    report = bench.index()
    assert (report.added, report.decoded) == (1, 0)
    assert len(bench.rows()) == 2
    assert len(bench.searchable()) == 1


def test_changed_photo_is_decoded_and_embedded_again(bench: Bench) -> None:
    path = bench.photo("a.jpg", seed=1)
    bench.index()
    before = bench.searchable()
    write_photo(path, scene((80, 60), seed=9))
    report = bench.index()
    assert (report.changed, report.decoded) == (1, 1)
    assert bench.searchable() != before


def test_deleted_photo_leaves_the_results_at_the_next_scan(bench: Bench) -> None:
    bench.photo("a.jpg", 1)
    bench.photo("b.jpg", 2).unlink()
    gone = bench.photo("c.jpg", 3)
    bench.index()
    gone.unlink()
    assert bench.index().missing == 1
    assert list(bench.searchable()) == ["a.jpg"]


def test_deleted_photo_that_comes_back_needs_no_decoding(bench: Bench, tmp_path: Path) -> None:
    path = bench.photo("a.jpg")
    bench.photo("b.jpg", 2)
    bench.index()
    path.rename(tmp_path / "away.jpg")
    bench.index()
    (tmp_path / "away.jpg").rename(path)
    report = bench.index()
    assert (report.decoded, sorted(bench.searchable())) == (0, ["a.jpg", "b.jpg"])


def test_two_photos_that_swap_names_swap_their_vectors(bench: Bench) -> None:
    a, b = bench.photo("a.jpg", 1), bench.photo("b.jpg", 2)
    bench.index()
    before = bench.searchable()
    a.rename(bench.root / "t")
    b.rename(a)
    (bench.root / "t").rename(b)
    assert bench.index().decoded == 0
    assert bench.searchable() == {"a.jpg": before["b.jpg"], "b.jpg": before["a.jpg"]}


def test_each_bad_file_is_one_issue_and_the_rest_is_indexed(bench: Bench) -> None:
    bench.photo("good.jpg")
    write_truncated(bench.root / "cut.jpg")
    write_text_as(bench.root / "text.jpg")
    write_empty(bench.root / "empty.jpg")
    write_png_bomb(bench.root / "bomb.png")
    (bench.root / "self.jpg").symlink_to("self.jpg")
    (bench.root / "up").symlink_to("..")
    odd = os.fsdecode(b"caf\xe9.jpg")
    bench.photo(odd, 4)
    report = bench.index()
    assert bench.issues() == {
        "cut.jpg": "damaged", "text.jpg": "not_an_image", "empty.jpg": "empty", "bomb.png": "too_large",
        "self.jpg": "link_loop", "up": "link_loop",
    }  # fmt: skip
    assert sorted(bench.searchable()) == sorted(["good.jpg", odd])
    assert report.embedded == 2


def test_bad_file_is_not_tried_again_until_it_changes(bench: Bench) -> None:
    bad = write_text_as(bench.root / "a.jpg")
    bench.index()
    assert bench.index().issues == 0
    write_photo(bad, scene())
    assert bench.index().embedded == 1
    assert bench.issues() == {}


def test_copy_of_a_bad_file_is_an_issue_without_being_decoded(bench: Bench) -> None:
    bad = write_truncated(bench.root / "a.jpg")
    bench.index()
    shutil.copyfile(bad, bench.root / "b.jpg")
    report = bench.index()
    assert report.decoded == 0
    assert bench.issues() == {"a.jpg": "damaged", "b.jpg": "damaged"}


def test_file_that_vanishes_between_scan_and_reading_is_an_issue(bench: Bench) -> None:
    gone = bench.photo("gone.jpg", 1)
    bench.photo("here.jpg", 2)
    with bench.database.transaction():
        folder = Folders(bench.database).add(bench.root)
    indexer = Indexer(bench.database, bench.encoder, ThumbnailStore(bench.library.thumbnails), DecodeOptions(workers=1))

    def unlink_after_scan(progress: IndexProgress) -> None:
        if progress.phase == "scan":
            real_scan = indexer._reconciler.scan

            def scan_then_lose(*args: object) -> object:
                changes = real_scan(*args)  # type: ignore[arg-type]
                gone.unlink()
                return changes

            indexer._reconciler.scan = scan_then_lose  # type: ignore[method-assign,assignment]

    indexer.run([folder], unlink_after_scan)
    assert bench.issues() == {"gone.jpg": "vanished"}
    assert list(bench.searchable()) == ["here.jpg"]


def test_folder_that_disappears_goes_offline_and_loses_nothing(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.photo("a.jpg")
    bench.index()
    bench.root.rename(bench.root.with_name("unplugged"))
    bench.index()
    caplog.clear()
    assert Folders(bench.database).all()[0].state is FolderState.OFFLINE
    assert not bench.rows()[0][3]
    assert len(bench.searchable()) == 1


def test_empty_mount_point_of_an_unplugged_disk_is_no_deletion(bench: Bench) -> None:
    bench.photo("a.jpg")
    bench.index()
    bench.root.rename(bench.root.with_name("unplugged"))
    bench.root.mkdir()
    bench.index()
    assert Folders(bench.database).all()[0].state is FolderState.OFFLINE
    assert len(bench.searchable()) == 1


def test_folder_that_was_really_emptied_shows_nothing(bench: Bench) -> None:
    bench.photo("a.jpg").unlink()
    bench.photo("b.jpg")
    bench.index()
    (bench.root / "b.jpg").unlink()
    assert bench.index().missing == 1
    assert bench.searchable() == {}


def test_stopping_keeps_what_was_done_and_the_next_run_does_the_rest(bench: Bench) -> None:
    for seed in range(1, 31):
        bench.photo(f"{seed}.jpg", seed)
    with bench.database.transaction():
        folder = Folders(bench.database).add(bench.root)
    indexer = Indexer(bench.database, bench.encoder, ThumbnailStore(bench.library.thumbnails), DecodeOptions(workers=1))
    report = indexer.run([folder], lambda progress: indexer.stop() if progress.phase == "index" else None)
    assert report.interrupted
    assert bench.index().embedded == 30 - report.embedded
    assert len(bench.searchable()) == 30


def test_no_thread_or_worker_is_left_behind(bench: Bench) -> None:
    bench.photo("a.jpg")
    before = set(threading.enumerate())
    bench.index()
    assert set(threading.enumerate()) == before


@sqlite_alone
def test_metadata_captions_are_stored_and_found_by_text(bench: Bench) -> None:
    from tests.photo_factory import Metadata

    write_photo(bench.root / "a.jpg", scene(), Metadata(description="a red balloon over the sea"))
    bench.index()
    rows = bench.database.rows("SELECT text, source FROM caption")
    assert rows == [("a red balloon over the sea", "exif")]
    assert bench.database.value("SELECT count(*) FROM text_index WHERE text_index MATCH 'balloon'") == 1


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="needs Unix permissions")
def test_directory_without_permission_is_an_issue_and_keeps_its_photos(bench: Bench) -> None:
    if os.getuid() == 0:
        pytest.skip("root may read everything: the same test runs without root's rights in test_cli")
    locked = bench.photo("locked/a.jpg").parent
    bench.photo("b.jpg", 2)
    bench.index()
    locked.chmod(0)
    try:
        bench.index()
        assert bench.issues() == {"locked": "unreadable"}
        assert len(bench.searchable()) == 2
    finally:
        locked.chmod(0o700)


def test_killed_run_is_completed_by_the_next_without_loss_or_doubles(bench: Bench) -> None:
    for seed in range(1, 41):
        bench.photo(f"{seed}.jpg", seed)
    bench.database.close()
    script = Path(__file__).with_name("index_and_die.py")
    for photos in (3, 11, 25):
        given = (str(bench.library.root), str(bench.root), str(photos), bench.library.address or "")
        command = [sys.executable, str(script), *given]
        assert subprocess.run(command, check=False, timeout=120).returncode == -9
    from engine.library import opening

    bench.database = opening.open_writer(bench.library)
    bench.index()
    assert len(bench.rows()) == 40
    assert len(bench.searchable()) == 40
    assert bench.embeddings.version()[1] == 40
    assert Contents(bench.database).count_without_embedding(bench.embeddings.model) == 0


def test_library_inside_the_folder_is_not_indexed(bench: Bench) -> None:
    bench.photo("a.jpg")
    bench.database.close()
    from engine.config import LibraryPaths
    from engine.library import opening

    bench.library = LibraryPaths(bench.root / "library")
    bench.database = opening.open_writer(bench.library)
    bench.index()
    assert bench.index().added == 0
    assert list(bench.searchable()) == ["a.jpg"]


@sqlite_alone
def test_disk_that_fills_up_while_thumbnails_are_written_is_one_sentence(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from engine.errors import KnownError
    from engine.protocol import ErrorKind

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    bench.photo("a.jpg")
    monkeypatch.setattr(ThumbnailStore, "write", full)
    with pytest.raises(KnownError) as caught:
        bench.index()
    assert caught.value.kind is ErrorKind.DISK_FULL
    monkeypatch.undo()
    assert bench.index().embedded == 1


def test_excluded_names_and_paths_leave_the_results_and_come_back(bench: Bench) -> None:
    from engine.library.settings import Settings

    for seed, name in enumerate(["a.jpg", "Screens/b.jpg", "trip/raw/c.jpg", "trip/d.png"], start=1):
        bench.photo(name, seed)
    bench.index()
    key = f"folder.{Folders(bench.database).all()[0].id}.exclude"
    Settings(bench.database).set(key, "screens\n# not these\ntrip/raw/*\n*.PNG\n")
    assert bench.index().missing == 3
    assert list(bench.searchable()) == ["a.jpg"]
    Settings(bench.database).set(key, None)
    assert bench.index().decoded == 0
    assert sorted(bench.searchable()) == ["a.jpg", "b.jpg", "c.jpg", "d.png"]


def test_what_other_programs_keep_for_themselves_is_not_indexed(bench: Bench) -> None:
    for place in (".thumbnails", "@eaDir/a.jpg", "Previews.lrdata", "cache/deep", "node_modules", "__MACOSX"):
        bench.photo(f"{place}/junk.jpg", 1)
    bench.photo("._a.jpg", 2)
    (bench.root / "cache" / "CACHEDIR.TAG").write_bytes(
        b"Signature: 8a477f597d28d172789f06886806bc55\n# by a browser\n"
    )
    bench.photo("mine/a.jpg", 3)
    (bench.root / "mine" / "CACHEDIR.TAG").write_bytes(b"not what it says it is")
    bench.index()
    assert bench.searchable().keys() == {"a.jpg"}


def test_photo_is_embedded_from_another_folder_where_its_first_has_gone_unseen(bench: Bench, tmp_path: Path) -> None:
    other = tmp_path / "copies"
    other.mkdir()
    shutil.copyfile(bench.photo("a.jpg"), other / "b.jpg")
    bench.index()
    bench.encoder = FakeEncoder(24)  # another model: everything is pending again
    (bench.root / "a.jpg").unlink()
    report = bench.index(other)
    assert (report.embedded, report.issues) == (1, 1)  # the file that is gone is named
