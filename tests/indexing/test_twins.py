"""Photos whose files differ and whose pixels do not: one embedding serves them, and captions stay with the picture."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.imaging.thumbnails import ThumbnailStore
from engine.library.captions import Caption, Captions
from engine.library.contents import Contents
from tests.conftest import sqlite_alone
from tests.fakes import FakeEncoder
from tests.photo_factory import Metadata, scene, write_photo, write_rating

if TYPE_CHECKING:
    from pathlib import Path

    from tests.indexing.conftest import Bench


@pytest.fixture
def photo(bench: Bench) -> Path:
    path = bench.photo("a.jpg", 1)
    bench.index()
    with bench.database.transaction():
        Captions(bench.database).add(bench.searchable()["a.jpg"], [Caption("our balloon", "en", "user")])
    bench.index()  # the fake encoder counts captions too
    return path


def texts(bench: Bench, name: str) -> list[str]:
    return [caption.text for caption in Captions(bench.database).of(bench.searchable()[name])]


@sqlite_alone
def test_rating_by_another_program_costs_no_embedding_and_no_caption(bench: Bench, photo: Path) -> None:
    before = bench.embeddings.get(bench.searchable()["a.jpg"])
    encoded = bench.encoder.encoded
    write_rating(photo)
    report = bench.index()
    assert (report.changed, report.decoded, bench.encoder.encoded) == (1, 1, encoded)
    content = bench.searchable()["a.jpg"]
    after = bench.embeddings.get(content)
    assert before is not None
    assert after is not None
    assert np.array_equal(after, before)
    digest = bench.database.value("SELECT digest FROM content WHERE id = ?", (content,))
    assert ThumbnailStore(bench.library.thumbnails).found(digest)
    assert texts(bench, "a.jpg") == ["our balloon"]


def test_turned_photo_is_embedded_again_and_keeps_its_captions(bench: Bench, photo: Path) -> None:
    encoded = bench.encoder.encoded
    write_photo(photo, scene((64, 48), seed=1), Metadata(orientation=6))
    bench.index()
    assert bench.encoder.encoded == encoded + 1
    assert texts(bench, "a.jpg") == ["our balloon"]


def test_photo_that_was_rated_and_moved_between_two_scans_keeps_its_captions(bench: Bench, photo: Path) -> None:
    encoded = bench.encoder.encoded
    (bench.root / "sub").mkdir()
    write_rating(photo).rename(bench.root / "sub" / "b.jpg")
    bench.index()
    assert texts(bench, "b.jpg") == ["our balloon"]
    assert bench.encoder.encoded == encoded


def test_photo_rated_and_moved_to_a_folder_that_is_scanned_first_keeps_its_captions(
    bench: Bench, photo: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write_rating(photo).rename(other / "b.jpg")
    bench.index(other)
    assert texts(bench, "b.jpg") == [], "as far as is known the photo lies where it lay"
    bench.index(bench.root)
    assert texts(bench, "b.jpg") == ["our balloon"]


def test_rated_copy_has_captions_of_its_own(bench: Bench, photo: Path) -> None:
    encoded = bench.encoder.encoded
    shutil.copyfile(photo, bench.root / "b.jpg")
    write_rating(bench.root / "b.jpg")
    bench.index()
    assert bench.encoder.encoded == encoded
    assert (texts(bench, "a.jpg"), texts(bench, "b.jpg")) == (["our balloon"], [])


def test_captions_come_back_with_the_photo_as_it_was(bench: Bench, photo: Path, tmp_path: Path) -> None:
    shutil.copyfile(photo, tmp_path / "before")
    write_rating(photo)
    bench.index()
    photo.unlink()
    shutil.copyfile(tmp_path / "before", bench.root / "b.jpg")
    bench.index()
    assert texts(bench, "b.jpg") == ["our balloon"]


def test_same_picture_in_new_files_is_encoded_once(bench: Bench) -> None:
    for stars in range(1, 6):
        write_rating(bench.photo(f"{stars}.jpg", 1), stars)
    assert bench.index().embedded == 5
    assert bench.encoder.encoded == 1
    assert len(bench.searchable()) == 5


def test_rating_costs_no_embedding_under_a_second_model_either(bench: Bench, photo: Path) -> None:
    first, bench.encoder = bench.encoder, FakeEncoder(24)
    bench.index()
    encoded = (first.encoded, bench.encoder.encoded)
    write_rating(photo)
    bench.index()
    bench.encoder, second = first, bench.encoder
    bench.index()
    assert (first.encoded, second.encoded) == encoded
    assert Contents(bench.database).count_without_embedding(bench.embeddings.model) == 0


def test_text_that_was_read_in_a_photo_is_not_read_again_after_a_rating(bench: Bench, photo: Path) -> None:
    content = bench.searchable()["a.jpg"]
    with bench.database.transaction():
        Captions(bench.database).add(content, [Caption("EXIT", None, "ocr")])
        Contents(bench.database).mark_recognized(content)
    write_rating(photo)
    bench.index()
    assert sorted(texts(bench, "a.jpg")) == ["EXIT", "our balloon"]
    assert Contents(bench.database).count_unrecognized(bench.embeddings.model) == 0


def test_photo_of_an_older_library_is_embedded_once_more_and_never_after(bench: Bench, photo: Path) -> None:
    bench.database.run("UPDATE content SET pixel_digest = NULL")
    encoded = bench.encoder.encoded
    for stars in (1, 2, 3):
        write_rating(photo, stars)
        bench.index()
    assert bench.encoder.encoded == encoded + 1
    assert texts(bench, "a.jpg") == ["our balloon"]


@sqlite_alone
def test_damaged_vector_is_not_handed_on(bench: Bench, photo: Path) -> None:
    encoded = bench.encoder.encoded
    bench.database.run("UPDATE embedding SET vector = zeroblob(length(vector))")
    write_rating(photo)
    assert bench.index().issues == 0
    assert bench.encoder.encoded == encoded + 1


def test_real_photos_that_get_a_rating_are_not_encoded_again(bench: Bench, shared_photos: Path) -> None:
    chosen = sorted(path for path in shared_photos.rglob("*.jpg"))[:24]
    for path in chosen:
        shutil.copyfile(path, bench.root / path.name)
    bench.index()
    encoded = bench.encoder.encoded
    for path in chosen:
        write_rating(bench.root / path.name)
    report = bench.index()
    assert (report.changed, report.decoded, report.issues) == (len(chosen), len(chosen), 0)
    assert bench.encoder.encoded == encoded
