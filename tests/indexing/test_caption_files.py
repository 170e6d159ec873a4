from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.api.caption_exchange import CaptionExchange, ImportRequest
from engine.api.caption_export import ExportRequest
from engine.api.parts import Parts, Shared
from engine.config import LibraryPaths
from engine.errors import KnownError
from engine.imaging.metadata_captions import LONGEST_CAPTION, clean_text, read_xmp
from engine.imaging.thumbnails import ThumbnailStore
from engine.indexing.caption_files import BadRow, CaptionRow, CaptionText, read_caption_file
from engine.indexing.caption_writing import is_own_packet, whole_file, xmp_packet
from engine.library import opening
from engine.library.captions import OWN_SOURCES, Caption, StoredCaption
from engine.library.photos import FileStamp
from engine.search.vectors import HotMatrix
from tests.fakes import FakeEncoder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ("a.jpg", "b, c.jpg", '说 "明".png', "sub/a.jpg", os.fsdecode(b"caf\xe9.jpg"))


def read(path: Path, raw: bytes | str, text_field: str | None = None) -> list[Any]:
    """What a file of these bytes says: (file, [texts]) for a good row, (place, why) for a bad one."""
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return [
        (row.place, row.why) if isinstance(row, BadRow) else (row.file, [item.text for item in row.captions])
        for row in read_caption_file(path, text_field)
    ]


@pytest.mark.parametrize(
    "raw",
    [
        "file,caption\na.jpg,a dog\nb.jpg,a cat\n",
        "\ufefffile,caption\r\na.jpg,a dog\r\nb.jpg,a cat",
        "Filename;Id;Description\na.jpg;1;a dog\nb.jpg;2;a cat",
        "id\tImage Path\tText\n1\ta.jpg\ta dog\n2\tb.jpg\ta cat",
        "image_name| comment_number| comment\na.jpg| 0| a dog\nb.jpg| 1| a cat",
        'caption,path\n"a dog",a.jpg\n\n"a cat",b.jpg\n',
        "图片,描述\na.jpg,a dog\nb.jpg,a cat\n".encode("gb18030"),
        "file,caption\na.jpg,a dog\nb.jpg,a cat\n".encode("utf-16"),
    ],
)
def test_csv_of_any_delimiter_encoding_and_column_names_is_understood(tmp_path: Path, raw: bytes | str) -> None:
    assert read(tmp_path / "captions.csv", raw) == [("a.jpg", ["a dog"]), ("b.jpg", ["a cat"])]


def test_several_caption_columns_are_all_taken_with_their_languages(tmp_path: Path) -> None:
    file = tmp_path / "captions.csv"
    file.write_text("file,caption_en,caption_zh,caption 2,rating\na.jpg,a dog,一只狗,puppy,5\n", encoding="utf-8")
    (row,) = read_caption_file(file)
    assert row == CaptionRow(
        2, "a.jpg", (CaptionText("a dog", "en"), CaptionText("一只狗", "zh"), CaptionText("puppy", None))
    )
    assert read(file, file.read_bytes(), "caption_zh") == [("a.jpg", ["一只狗"])]


def test_quoted_newlines_delimiters_and_quotes_stay_inside_their_caption(tmp_path: Path) -> None:
    raw = 'file,caption\r\na.jpg,"one, ""two""\nthree"\r\nb.jpg,four\r\n'
    assert read(tmp_path / "c.csv", raw) == [("a.jpg", ['one, "two"\nthree']), ("b.jpg", ["four"])]


def test_bad_rows_of_a_csv_are_told_by_their_line(tmp_path: Path) -> None:
    raw = 'file,caption\n,no file\na.jpg,\n"b\n.jpg",fine\nc.jpg,a dog, running\nd.jpg,fine\n'
    assert read(tmp_path / "c.csv", raw) == [
        (2, "no photo is named"),
        (3, "no caption"),
        ("b\n.jpg", ["fine"]),
        (6, "more cells than columns (a text with a delimiter needs quotes)"),
        ("d.jpg", ["fine"]),
    ]


def test_quote_that_nobody_closed_is_a_bad_row_not_an_error(tmp_path: Path) -> None:
    rows = read(tmp_path / "c.csv", 'file,caption\na.jpg,fine\nb.jpg,"' + "open " * 300_000)
    assert rows[0] == ("a.jpg", ["fine"])
    assert rows[1][0] == 3
    assert "not readable as CSV" in rows[1][1]


def test_json_lines_hold_texts_lists_and_languages(tmp_path: Path) -> None:
    lines = [
        {"file": "a.jpg", "caption": "a dog"},
        {"image": "b.jpg", "captions": ["one", "two", 3]},
        {"file": "c.jpg", "en": "a cat", "zh": "一只猫"},
        {"file": "d.jpg", "caption": {"en": "tea", "zh": ["茶"]}},
        {"file": "e.jpg", "text": "海", "lang": "zh"},
    ]
    file = tmp_path / "captions.jsonl"
    raw = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\nnot json\n\n[1]\n{}\n"
    assert read(file, raw) == [
        ("a.jpg", ["a dog"]), ("b.jpg", ["one", "two"]), ("c.jpg", ["a cat", "一只猫"]), ("d.jpg", ["tea", "茶"]),
        ("e.jpg", ["海"]), (6, "not readable as JSON"), (8, "not an object with a file and a caption"),
        (9, "no photo is named"),
    ]  # fmt: skip
    languages = [
        [item.language for item in row.captions] for row in read_caption_file(file) if isinstance(row, CaptionRow)
    ]
    assert languages == [[None], [None, None], ["en", "zh"], ["en", "zh"], ["zh"]]


def test_text_field_takes_one_key_alone(tmp_path: Path) -> None:
    raw = '{"file": "a.jpg", "query_en": "dog", "tags": ["pet", "grass"]}\n'
    assert read(tmp_path / "c.jsonl", raw, "tags") == [("a.jpg", ["pet", "grass"])]
    assert read(tmp_path / "c.jsonl", raw) == [("a.jpg", ["dog"])]
    assert read(tmp_path / "c.jsonl", raw, "missing") == [(1, "no caption")]


def test_coco_annotations_find_their_images(tmp_path: Path) -> None:
    document = {
        "info": {},
        "images": [{"id": 7, "file_name": "a.jpg"}, {"id": 8, "file_name": "b.jpg"}, {"id": 9}, "x"],
        "annotations": [
            {"id": 1, "image_id": 8, "caption": "a cat"}, {"id": 2, "image_id": 7, "caption": "a dog"},
            {"image_id": 7, "caption": "a brown dog"}, {"image_id": 5, "caption": "lost"}, {"image_id": 7}, None,
        ],
    }  # fmt: skip
    assert read(tmp_path / "coco.json", json.dumps(document)) == [
        ("b.jpg", ["a cat"]), ("a.jpg", ["a dog"]), ("a.jpg", ["a brown dog"]), (4, "an annotation of no known image"),
        (5, "an annotation without a caption"), (6, "an annotation of no known image"),
    ]  # fmt: skip


def test_json_lists_and_json_lines_under_the_name_json_are_read(tmp_path: Path) -> None:
    row = {"file": "a.jpg", "caption": "a dog"}
    assert read(tmp_path / "a.json", json.dumps([row, row])) == [("a.jpg", ["a dog"])] * 2
    assert read(tmp_path / "a.json", json.dumps(row) + "\n" + json.dumps(row)) == [("a.jpg", ["a dog"])] * 2


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("a.csv", "name of it,rating\na.jpg,5\n", "must name the columns"),
        ("a.csv", "", "must name the columns"),
        ("a.csv", bytes(range(256)) * 4, "no text file"),
        ("a.json", '{"a": 1}', "neither COCO JSON"),
    ],
)
def test_file_that_holds_no_captions_is_explained(tmp_path: Path, name: str, raw: bytes | str, says: str) -> None:
    with pytest.raises(KnownError, match=says):
        read(tmp_path / name, raw)


def test_missing_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(KnownError, match="cannot be read"):
        list(read_caption_file(tmp_path / "gone.csv"))


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.json", "a.jsonl"]))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_bytes_make_reading_fail_in_an_unknown_way(tmp_path: Path, raw: bytes, name: str) -> None:
    try:
        read(tmp_path / name, raw)
        read(tmp_path / name, b"file,caption\n" + raw)
    except KnownError:
        pass


# Out and in again


class Shelf:
    """A library of photo rows, and its captions going in and out."""

    def __init__(self, place: Path) -> None:
        self.database = opening.open_writer(LibraryPaths(place / "library"))
        paths, encoder = LibraryPaths(place / "library"), FakeEncoder()
        thumbnails = ThumbnailStore(paths.thumbnails)
        self.parts = Parts(
            self.database,
            Shared(paths, encoder, HotMatrix(), thumbnails, bank_file=place / "none"),  # type: ignore[arg-type]  # a fake with the real one's shape
        )
        self.contents: dict[str, int] = {}

    def put(self, root: Path) -> None:
        with self.database.transaction():
            folder = self.parts.folders.add(root).id
            files = [(os.fsencode(name), FileStamp(1, 1, number)) for number, name in enumerate(NAMES)]
            self.parts.photos.add(folder, root.name, files)
            for photo in self.parts.photos.unread(limit=99):
                name = os.fsdecode(photo.path)
                digest = bytes([NAMES.index(name)]) * 32
                self.contents[name] = self.parts.photos.assign(photo.id, digest, 1)

    def fill(self, captions: list[tuple[str, str]]) -> None:
        with self.database.transaction():
            self.database.run("DELETE FROM caption")
            for name, text in captions:
                self.parts.captions.add(self.contents[name], [Caption(text, None, "user")])

    def says(self) -> set[tuple[int, str]]:
        return {(caption.content, caption.text) for caption in self.parts.captions.all()}

    @property
    def exchange(self) -> CaptionExchange:
        return CaptionExchange(self.parts)


@pytest.fixture
def shelves(tmp_path: Path) -> Iterator[tuple[Shelf, Shelf]]:
    pair = Shelf(tmp_path / "one"), Shelf(tmp_path / "two")
    for shelf in pair:
        shelf.put(tmp_path / "photos")
    yield pair
    for shelf in pair:
        shelf.database.close()


TEXTS = st.text(
    st.one_of(st.sampled_from(list(",;|\t\"'\n\r=海上的红气球🎂👨‍👩‍👧é&<>\u2028\x85")), st.characters()),
    min_size=1,
    max_size=60,
)


@given(captions=st.lists(st.tuples(st.sampled_from(NAMES), TEXTS), max_size=8), kind=st.sampled_from(["jsonl", "csv"]))
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_export_then_import_into_a_fresh_library_gives_the_same_captions(
    shelves: tuple[Shelf, Shelf], tmp_path: Path, captions: list[tuple[str, str]], kind: str
) -> None:
    old, new = shelves
    tidy = [(name, text) for name, raw in captions if (text := clean_text(raw))]
    if kind == "csv":
        tidy = [(name, text) for name, text in tidy if name != NAMES[-1]]  # a name that is no text needs JSONL
    old.fill(tidy)
    new.fill([])
    file = tmp_path / f"captions.{kind}"
    old.exchange.export_file(ExportRequest(file, OWN_SOURCES))
    report = new.exchange.import_file(ImportRequest(file))
    assert (report.bad, report.unmatched, report.added) == (0, 0, len(old.says()))
    assert new.says() == old.says()
    assert new.exchange.import_file(ImportRequest(file)).already_there == len(old.says())
    assert new.says() == old.says()


def test_names_are_matched_by_folder_by_path_and_by_a_name_only_one_photo_has(
    shelves: tuple[Shelf, Shelf], tmp_path: Path
) -> None:
    shelf, _ = shelves
    file = tmp_path / "c.jsonl"
    names = [str(tmp_path / "photos" / "a.jpg"), "sub/a.jpg", "b, c.jpg", r"D:\old\sub\a.jpg", "a.jpg", "gone.jpg"]
    file.write_text("\n".join(json.dumps({"file": name, "text": name}) for name in names), encoding="utf-8")
    report = shelf.exchange.import_file(ImportRequest(file))
    assert shelf.says() == {
        (shelf.contents["a.jpg"], names[0]), (shelf.contents["sub/a.jpg"], names[1]),
        (shelf.contents["b, c.jpg"], names[2]), (shelf.contents["sub/a.jpg"], names[3]),
    }  # fmt: skip
    assert [(row.line, row.why) for row in report.unmatched_rows] == [
        (5, "several photos have this name"), (6, "no photo of the library has this name"),
    ]  # fmt: skip
    report = shelf.exchange.import_file(ImportRequest(file, photos=tmp_path / "photos"))
    assert (report.added, report.unmatched) == (1, 1)
    assert (shelf.contents["a.jpg"], "a.jpg") in shelf.says()


def test_csv_names_what_it_cannot_write(shelves: tuple[Shelf, Shelf], tmp_path: Path) -> None:
    shelf, _ = shelves
    shelf.fill([(NAMES[-1], "coffee"), ("a.jpg", "a dog")])
    report = shelf.exchange.export_file(
        ExportRequest(tmp_path / "c.csv", OWN_SOURCES, tmp_path / "photos", marked=True)
    )
    assert (report.captions, report.left_out) == (1, 1)
    assert (tmp_path / "c.csv").read_bytes() == "\ufefffile,text,lang,source\r\na.jpg,a dog,,user\r\n".encode()


def test_interrupted_import_keeps_what_was_committed_and_can_be_repeated(
    shelves: tuple[Shelf, Shelf], tmp_path: Path
) -> None:
    shelf, _ = shelves
    file = tmp_path / "c.csv"
    file.write_text("file,caption\n" + "".join(f'"b, c.jpg",{row // 50}\n' for row in range(2500)), encoding="utf-8")

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shelf.exchange.import_file(ImportRequest(file), interrupt)
    assert len(shelf.says()) == 20
    report = shelf.exchange.import_file(ImportRequest(file))
    assert (report.added, report.already_there) == (30, 2470)
    card = shelf.parts.encoder.card
    assert shelf.parts.captions.count_without_vector(shelf.parts.embeddings().model, card.text_fingerprint) == 0


# XMP and whole files


@given(st.lists(st.tuples(TEXTS, st.sampled_from(["en", "zh", None])), min_size=1, max_size=5))
def test_xmp_gives_back_every_caption_and_knows_its_own_hand(texts: list[tuple[str, str | None]]) -> None:
    told = {clean_text(text): language for text, language in texts if clean_text(text)}
    if not told:
        return
    packet = xmp_packet([StoredCaption(1, 1, text, language, "user") for text, language in told.items()])
    assert {item.text: item.language for item in read_xmp(packet) or ()} == told
    assert is_own_packet(packet)
    assert not is_own_packet(packet.replace(b"xmptk", b"XMPTK"))
    assert not is_own_packet(packet + b"<!-- mine -->")


@given(st.text(st.characters(), max_size=3 * LONGEST_CAPTION))
@settings(max_examples=50)
def test_tidy_text_stays_as_it_is(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)


def test_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "c.csv"
    target.write_text("before", encoding="utf-8")
    with pytest.raises(UnicodeEncodeError), whole_file(target) as stream:
        stream.write("half \ud800")
    assert [path.name for path in tmp_path.iterdir()] == ["c.csv"]
    assert target.read_text(encoding="utf-8") == "before"
