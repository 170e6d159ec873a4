"""Filters are exact: each field's alternatives, all fields together, wildcards taken as letters."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.library.folders import Folders
from engine.library.selection import Selection, Selector
from engine.protocol import FolderState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.library.conftest import Shelf


@pytest.fixture(autouse=True)
def _far_from_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Dates of files are local: a test at noon UTC would not see a mistake."""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def album(shelf: Shelf) -> Shelf:
    shelf.photo("2019 Italy/IMG_1.JPG", taken_at="2019-07-01T10:00:00", camera="Canon EOS R5")
    shelf.photo("2019 Italy/sea_100%.jpg", taken_at="2019-12-31T23:59:59", camera="Apple iPhone 12")
    shelf.photo("杭州/西湖.heic", taken_at="2020-01-01T00:00:00", image_format="HEIF", camera="Apple iPhone 12")
    shelf.photo("scan.png", modified="2021-03-01T00:30:00", image_format="PNG")
    return shelf


def names(shelf: Shelf, selection: Selection) -> list[str]:
    """Names of the photos that fit, by both ways of asking."""
    selector = Selector(shelf.database)
    listed = selector.by_date(selection, offset=0, limit=100)
    assert sorted(selector.contents(selection)) == sorted(photo.content for photo in listed)
    return sorted(photo.path.name for photo in listed)


ALL = ["IMG_1.JPG", "scan.png", "sea_100%.jpg", "西湖.heic"]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), ALL),
        (Selection(folders=("italy",)), ["IMG_1.JPG", "sea_100%.jpg"]),
        (Selection(folders=("杭州",)), ["西湖.heic"]),
        (Selection(folders=("pictures/2019 italy",)), ["IMG_1.JPG", "sea_100%.jpg"]),
        (Selection(folders=("italy", "杭州")), ["IMG_1.JPG", "sea_100%.jpg", "西湖.heic"]),
        (Selection(names=("img",)), ["IMG_1.JPG"]),
        (Selection(names=("%",)), ["sea_100%.jpg"]),
        (Selection(names=("_",)), ["IMG_1.JPG", "sea_100%.jpg"]),
        (Selection(names=("a_1",)), ["sea_100%.jpg"]),
        (Selection(names=("\\",)), []),
        (Selection(formats=("HEIF", "PNG")), ["scan.png", "西湖.heic"]),
        (Selection(cameras=("iphone",)), ["sea_100%.jpg", "西湖.heic"]),
        (Selection(cameras=("iphone",), formats=("JPEG",)), ["sea_100%.jpg"]),
        (Selection(periods=(("2019-01-01", "2020-01-01"),)), ["IMG_1.JPG", "sea_100%.jpg"]),
        (Selection(periods=(("2020-01-01", None),)), ["scan.png", "西湖.heic"]),
        (Selection(periods=((None, "2019-12-31"),)), ["IMG_1.JPG"]),
        (Selection(periods=(("2019-07-01", "2019-07-02"), ("2021-01-01", "2022-01-01"))), ["IMG_1.JPG", "scan.png"]),
        (Selection(periods=(("2021-03-01", "2021-03-02"),)), ["scan.png"]),
        (Selection(periods=((None, None),)), ALL),
        (Selection(periods=()), []),
        (Selection(periods=(("2019-01-01", "2020-01-01"),), cameras=("canon",)), ["IMG_1.JPG"]),
    ],
)
def test_filters_are_exact(album: Shelf, selection: Selection, expected: list[str]) -> None:
    assert names(album, selection) == expected
    assert selection.is_empty == (selection == Selection())


def test_exact_text_stands_in_a_name_a_folder_a_caption_or_recognised_text(album: Shelf) -> None:
    album.caption(1, "Anna says: 100_% sure, 'yes'")
    album.caption(4, "INVOICE 2021", source="ocr")
    expected = {
        "西湖": ["西湖.heic"], "2019 Italy": ["IMG_1.JPG", "sea_100%.jpg"], "invoice 2021": ["scan.png"],
        "100_%": ["IMG_1.JPG"], "100%": ["sea_100%.jpg"], "'yes'": ["IMG_1.JPG"], "湖": ["西湖.heic"],
        "anna": ["IMG_1.JPG"], "annas": [],
    }  # fmt: skip
    assert {text: names(album, Selection(exact=(text,))) for text in expected} == expected
    assert names(album, Selection(exact=("anna", "italy"))) == ["IMG_1.JPG"]
    assert names(album, Selection(exact=("anna", "西湖"))) == []


def test_photos_come_newest_first_and_page_by_page(album: Shelf) -> None:
    selector = Selector(album.database)
    pages = [selector.by_date(Selection(), offset=offset, limit=2) for offset in (0, 2, 4)]
    assert [[photo.path.name for photo in page] for page in pages] == [
        ["scan.png", "西湖.heic"],
        ["sea_100%.jpg", "IMG_1.JPG"],
        [],
    ]


def test_missing_photos_are_left_out_and_offline_ones_are_marked(album: Shelf) -> None:
    album.photos.mark_missing(photo.id for photo in album.photos.known(album.folder()) if photo.path == b"scan.png")
    Folders(album.database).set_state(album.folder(), FolderState.OFFLINE)
    found = Selector(album.database).by_date(Selection(), offset=0, limit=9)
    assert [(photo.path.name, photo.is_offline) for photo in found] == [
        ("西湖.heic", True), ("sea_100%.jpg", True), ("IMG_1.JPG", True),
    ]  # fmt: skip


@pytest.mark.parametrize("older_first", [True, False])
def test_of_two_files_with_the_same_bytes_one_is_shown_whole(shelf: Shelf, *, older_first: bool) -> None:
    times = ("2020-01-01T00:00:00", "2022-01-01T00:00:00")
    root, other = Path("/a"), Path("/b")
    first, _ = shelf.photo("first.png", "same", modified=times[not older_first], root=root)
    shelf.photo("second.png", "same", modified=times[older_first], root=other)
    Folders(shelf.database).set_state(shelf.folder(other), FolderState.OFFLINE)
    (shown,) = Selector(shelf.database).by_date(Selection(), offset=0, limit=9)
    assert (shown.id, shown.path, shown.is_offline) == (first, root / "first.png", False)
    (also,) = shelf.contents.present([shown.content]).values()
    assert also == shown


def test_remembered_selection_is_forgotten_when_the_library_changes(shelf: Shelf) -> None:
    shelf.photo("italy/a.jpg")
    selector = Selector(shelf.database)
    italy = Selection(folders=("italy",))
    assert len(selector.contents(italy)) == 1
    for number in range(10):
        assert selector.contents(Selection(folders=(f"nowhere {number}",))) == []
    _, content = shelf.photo("italy/b.jpg")
    assert content in selector.contents(italy)
