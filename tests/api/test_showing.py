"""Details, previews and explanations of one photo."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from engine.errors import KnownError
from engine.imaging.thumbnails import ThumbnailStore
from engine.library.folders import Folders
from engine.protocol import ErrorKind, FolderState
from engine.protocol.methods import CaptionAdd, ExplainRequest, PreviewRequest
from tests.photo_factory import Metadata, scene, write_photo

if TYPE_CHECKING:
    from tests.api.conftest import Desk


def go_offline(desk: Desk) -> None:
    database = desk.engine._parts.database
    with database.transaction():
        Folders(database).set_state(desk.engine.folders()[0].id, FolderState.OFFLINE)


@pytest.fixture
def large(desk: Desk) -> Desk:
    write_photo(desk.root / "large.jpg", scene((900, 600)), Metadata(taken_at="2023:07:14 12:34:56", model="X100"))
    desk.index()
    return desk


def test_details_list_every_path_of_the_same_bytes_this_photos_first(large: Desk) -> None:
    copy = large.root / "sub" / "copy.jpg"
    copy.parent.mkdir()
    copy.write_bytes((large.root / "large.jpg").read_bytes())
    large.index()
    first = large.engine.photo_details(large.hit("large").photo_id)
    large.engine.add_caption(CaptionAdd(first.photo_id, "sea"))
    assert [path.to_path() for path in first.paths] == [large.root / "large.jpg", copy]
    assert (first.format, first.width, first.height) == ("JPEG", 900, 600)
    assert (first.taken_at, first.byte_size) == ("2023-07-14T12:34:56", copy.stat().st_size)
    second = large.engine.photo_details(first.photo_id + 1)
    assert [path.to_path() for path in second.paths] == [copy, large.root / "large.jpg"]
    assert [caption.text for caption in second.captions] == ["sea"]
    assert Path(second.thumbnail or "").is_file()


def test_photo_that_went_is_not_found(large: Desk) -> None:
    photo = large.hit("large").photo_id
    (large.root / "large.jpg").unlink()
    (large.root / "other.txt").write_text("the folder is not empty")
    large.index()
    for ask in (
        lambda: large.engine.photo_details(photo),
        lambda: large.engine.preview(PreviewRequest(photo)),
        lambda: large.engine.explain(ExplainRequest(photo, "red")),
    ):
        with pytest.raises(KnownError) as raised:
            ask()
        assert raised.value.kind is ErrorKind.NOT_FOUND


def edge_of(path: str) -> int:
    with Image.open(path) as picture:
        return max(picture.size)


def test_preview_is_written_once_for_each_size(large: Desk) -> None:
    photo = large.hit("large").photo_id
    small = large.engine.preview(PreviewRequest(photo, 200))
    stamp = Path(small.path).stat().st_mtime_ns
    assert edge_of(small.path) == 200
    again = large.engine.preview(PreviewRequest(photo, 200))
    assert (again, Path(again.path).stat().st_mtime_ns) == (small, stamp)
    sharper = large.engine.preview(PreviewRequest(photo, 800))
    assert edge_of(sharper.path) == 800
    assert edge_of(large.engine.preview(PreviewRequest(photo)).path) == 900, "never enlarged"
    assert Path(small.path).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("edge", [-5, 0, 1, 10**9])
def test_preview_of_an_odd_size_is_still_a_picture(large: Desk, edge: int) -> None:
    found = large.engine.preview(PreviewRequest(large.hit("large").photo_id, edge))
    assert 64 <= edge_of(found.path) <= 900


def test_preview_of_an_offline_photo_is_there_if_it_was_made_before(large: Desk) -> None:
    photo = large.hit("large").photo_id
    made = large.engine.preview(PreviewRequest(photo, 300))
    go_offline(large)
    assert large.engine.preview(PreviewRequest(photo, 300)) == made
    with pytest.raises(KnownError, match="offline") as raised:
        large.engine.preview(PreviewRequest(photo, 301))
    assert raised.value.kind is ErrorKind.PHOTO_UNUSABLE


def test_preview_of_a_file_that_broke_meanwhile_is_a_sentence(large: Desk) -> None:
    (large.root / "large.jpg").write_bytes(b"no longer a photo")
    with pytest.raises(KnownError, match="cannot be used as a photo") as raised:
        large.engine.preview(PreviewRequest(large.hit("large").photo_id))
    assert raised.value.kind is ErrorKind.PHOTO_UNUSABLE


@pytest.mark.parametrize(("code", "kind"), [(errno.ENOSPC, "disk_full"), (errno.EACCES, "library_read_only")])
def test_preview_that_cannot_be_written_is_a_sentence(
    large: Desk, monkeypatch: pytest.MonkeyPatch, code: int, kind: str
) -> None:
    def write(store: ThumbnailStore, digest: bytes, data: bytes) -> None:
        raise OSError(code, "as planted")

    monkeypatch.setattr(ThumbnailStore, "write", write)
    with pytest.raises(KnownError) as raised:
        large.engine.preview(PreviewRequest(large.hit("large").photo_id))
    assert raised.value.kind == kind


def test_cleared_caches_free_space_and_keep_thumbnails_and_captions(large: Desk) -> None:
    photo = large.hit("large").photo_id
    large.engine.add_caption(CaptionAdd(photo, "sea"))
    made = [Path(large.engine.preview(PreviewRequest(photo, edge)).path) for edge in (300, 600)]
    size = sum(path.stat().st_size for path in made)
    assert large.engine.clear_caches().byte_size == size
    assert not any(path.exists() for path in made)
    details = large.engine.photo_details(photo)
    assert Path(details.thumbnail or "").is_file()
    assert [caption.text for caption in details.captions] == ["sea"]
    assert edge_of(large.engine.preview(PreviewRequest(photo, 300)).path) == 300, "made again"


def test_explanation_points_at_the_part_that_shows_the_word(desk: Desk) -> None:
    picture = Image.new("RGB", (200, 200), (230, 30, 30))
    picture.paste((40, 60, 220), (100, 0, 200, 200))
    write_photo(desk.root / "halves.png", picture)
    desk.index()
    photo = desk.hit("halves").photo_id
    found = desk.engine.explain(ExplainRequest(photo, "photos of red -yellow 2020"))
    assert [word.word for word in found.words] == ["red", "red"]
    assert found.score == pytest.approx(0.707, abs=0.05)
    whole = found.words[0]
    assert (whole.rows, whole.columns, len(whole.relevance)) == (5, 5, 25)
    assert all(0.0 <= value <= 1.0 for value in whole.relevance)
    rows = [whole.relevance[start : start + 5] for start in range(0, 25, 5)]
    assert min(row[0] for row in rows) > 0.8
    assert max(row[4] for row in rows) < 0.2
    with pytest.raises(KnownError) as raised:
        desk.engine.explain(ExplainRequest(photo, "-red 2020"))
    assert raised.value.kind is ErrorKind.USAGE


def test_offline_photo_is_explained_from_its_thumbnail(large: Desk) -> None:
    photo = large.hit("large").photo_id
    go_offline(large)
    (large.root / "large.jpg").unlink()
    assert large.engine.explain(ExplainRequest(photo, "red")).words
