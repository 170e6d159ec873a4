"""People's own captions through edits: they stay with the photo, whatever its bytes and its path became."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from engine.library.captions import Caption, Captions
from tests.conftest import sqlite_alone
from tests.photo_factory import Metadata, scene, write_photo

if TYPE_CHECKING:
    from pathlib import Path

    from tests.indexing.conftest import Bench


def caption(bench: Bench, name: str, text: str, source: str = "user") -> None:
    with bench.database.transaction():
        Captions(bench.database).add(bench.searchable()[name], [Caption(text, "en", source)])


def captions(bench: Bench) -> dict[str, list[str]]:
    """Texts by file name, of present photos."""
    held = Captions(bench.database)
    return {
        os.fsdecode(path): [item.text for item in held.of(content)]
        for _, path, content, missing in bench.rows()
        if content is not None and not missing
    }


def found(bench: Bench, word: str) -> list[str]:
    sql = "SELECT name FROM text_index WHERE text_index MATCH ? ORDER BY name"
    return [name for (name,) in bench.database.rows(sql, (word,))]


def waiting(bench: Bench) -> int:
    return int(bench.database.value("SELECT count(*) FROM earlier_content"))


@pytest.fixture
def photo(bench: Bench) -> Path:
    path = bench.photo("a.jpg", 1)
    bench.index()
    caption(bench, "a.jpg", "our balloon")
    return path


@sqlite_alone
def test_edited_photo_keeps_its_own_captions_and_is_found_by_them(bench: Bench, photo: Path) -> None:
    caption(bench, "a.jpg", "from a list", "imported")
    write_photo(photo, scene((40, 30), seed=9))
    assert bench.index().changed == 1
    assert captions(bench) == {"a.jpg": ["our balloon", "from a list"]}
    assert found(bench, "balloon") == ["a.jpg"]
    assert waiting(bench) == 0


def test_photo_that_another_program_wrote_metadata_into_keeps_its_own_captions(bench: Bench, photo: Path) -> None:
    write_photo(photo, scene((64, 48), seed=1), Metadata(description="rated five stars"))
    bench.index()
    assert captions(bench) == {"a.jpg": ["our balloon", "rated five stars"]}


def test_photo_saved_through_a_new_file_keeps_its_own_captions(bench: Bench, photo: Path) -> None:
    beside = write_photo(bench.root / "new.jpg", scene((64, 48), seed=9))
    beside.replace(photo)
    bench.index()
    assert captions(bench) == {"a.jpg": ["our balloon"]}


def test_undone_edit_brings_its_own_captions_back(bench: Bench, photo: Path, tmp_path: Path) -> None:
    shutil.copyfile(photo, tmp_path / "before")
    write_photo(photo, scene((40, 30), seed=9))
    bench.index()
    shutil.copyfile(tmp_path / "before", photo)
    bench.index()
    assert captions(bench) == {"a.jpg": ["our balloon"]}


def test_own_captions_stay_with_the_unedited_copy(bench: Bench, photo: Path) -> None:
    shutil.copyfile(photo, bench.root / "b.jpg")
    write_photo(photo, scene((64, 48), seed=9))
    bench.index()
    assert captions(bench) == {"a.jpg": [], "b.jpg": ["our balloon"]}


@sqlite_alone
def test_edited_copy_takes_its_captions_along_and_leaves_them_to_the_other(bench: Bench, photo: Path) -> None:
    shutil.copyfile(photo, bench.root / "b.jpg")
    bench.index()
    write_photo(photo, scene((64, 48), seed=9))
    bench.index()
    assert captions(bench) == {"a.jpg": ["our balloon"], "b.jpg": ["our balloon"]}
    write_photo(photo, scene((64, 48), seed=10))
    write_photo(bench.root / "b.jpg", scene((64, 48), seed=11))
    bench.index()
    assert captions(bench) == {"a.jpg": ["our balloon"], "b.jpg": ["our balloon"]}
    assert found(bench, "balloon") == ["a.jpg", "b.jpg"]


def test_two_copies_that_are_both_edited_both_keep_their_captions(bench: Bench, photo: Path) -> None:
    shutil.copyfile(photo, bench.root / "b.jpg")
    bench.index()
    write_photo(photo, scene((64, 48), seed=9))
    write_photo(bench.root / "b.jpg", scene((64, 48), seed=10))
    bench.index()
    assert captions(bench) == {"a.jpg": ["our balloon"], "b.jpg": ["our balloon"]}


def test_photo_whose_copy_was_deleted_keeps_its_captions_when_it_is_edited(bench: Bench, photo: Path) -> None:
    shutil.copyfile(photo, bench.root / "b.jpg")
    bench.index()
    (bench.root / "b.jpg").unlink()
    bench.index()
    write_photo(photo, scene((64, 48), seed=9))
    bench.index()
    assert captions(bench) == {"a.jpg": ["our balloon"]}


def test_swap_with_a_photo_that_has_a_copy_brings_nobody_wrong_captions(bench: Bench, photo: Path) -> None:
    other = bench.photo("b.jpg", 2)
    shutil.copyfile(photo, bench.root / "c.jpg")
    bench.index()
    photo.rename(bench.root / "t")
    other.rename(photo)
    (bench.root / "t").rename(other)
    bench.index()
    assert captions(bench) == {"a.jpg": [], "b.jpg": ["our balloon"], "c.jpg": ["our balloon"]}


def test_own_captions_swap_with_the_photos_that_swap_names(bench: Bench, photo: Path) -> None:
    other = bench.photo("b.jpg", 2)
    bench.index()
    caption(bench, "b.jpg", "the other one")
    photo.rename(bench.root / "t")
    other.rename(photo)
    (bench.root / "t").rename(other)
    bench.index()
    assert captions(bench) == {"a.jpg": ["the other one"], "b.jpg": ["our balloon"]}


def test_own_captions_follow_a_photo_whose_old_name_another_took(bench: Bench, photo: Path) -> None:
    photo.rename(bench.root / "z.jpg")
    bench.photo("a.jpg", 7)
    bench.index()
    assert captions(bench) == {"a.jpg": [], "z.jpg": ["our balloon"]}


def test_newcomer_under_the_name_of_a_deleted_photo_gets_no_captions(bench: Bench, photo: Path) -> None:
    bench.photo("keep.jpg", 3)
    photo.unlink()
    bench.index()
    bench.photo("a.jpg", 7)
    bench.index()
    assert captions(bench) == {"a.jpg": [], "keep.jpg": []}
    kept = [item.text for item in Captions(bench.database).all()]
    assert kept == ["our balloon"]


def test_own_captions_wait_while_an_edited_photo_cannot_be_read(bench: Bench, photo: Path) -> None:
    photo.write_bytes(b"")
    bench.index()
    write_photo(photo, scene((64, 48), seed=9))
    bench.index()
    assert captions(bench) == {"a.jpg": ["our balloon"]}


def test_caption_removed_from_a_photo_stays_removed_when_the_photo_is_edited(bench: Bench) -> None:
    path = write_photo(bench.root / "a.jpg", scene((64, 48), seed=1), Metadata(description="made by a camera"))
    bench.index()
    (only,) = Captions(bench.database).all()
    with bench.database.transaction():
        Captions(bench.database).remove(only.id)
    write_photo(path, scene((40, 30), seed=9), Metadata(description="made by a camera"))
    bench.index()
    assert captions(bench) == {"a.jpg": []}


def test_photos_of_equal_size_and_time_that_swap_names_are_noticed(bench: Bench) -> None:
    a, b = (write_photo(bench.root / name, scene((64, 48), seed)) for seed, name in enumerate(("a.bmp", "b.bmp"), 1))
    assert a.stat().st_size == b.stat().st_size
    for path in (a, b):
        os.utime(path, ns=(10**18, 10**18))
    bench.index()
    caption(bench, "a.bmp", "our balloon")
    a.rename(bench.root / "t")
    b.rename(a)
    (bench.root / "t").rename(b)
    report = bench.index()
    assert (report.changed, report.decoded) == (2, 0)
    assert captions(bench) == {"a.bmp": [], "b.bmp": ["our balloon"]}
