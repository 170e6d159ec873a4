from __future__ import annotations

import codecs
import os
import shutil
import threading
from typing import TYPE_CHECKING

import pytest

from engine.indexing import sidecars
from engine.indexing.caption_vectors import CaptionEncoder
from engine.indexing.sidecars import LARGEST_TEXT, MOST_LINES, pair
from engine.library.captions import Caption, Captions
from tests.fakes import FakeEncoder
from tests.photo_factory import Metadata, scene, write_photo, xmp_packet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from tests.indexing.conftest import Bench


def captions(bench: Bench, source: str | None = "sidecar") -> dict[str, list[str]]:
    """Texts by the name of a photo that holds the content, in the order of the library."""
    found: dict[str, list[str]] = {}
    for caption, path in Captions(bench.database).with_photos():
        if source in {None, caption.source}:
            found.setdefault("" if path is None else path.name, []).append(caption.text)
    return found


def ids(bench: Bench) -> list[int]:
    return [caption.id for caption in Captions(bench.database).all()]


def unencoded(bench: Bench) -> int:
    card = bench.encoder.card
    return Captions(bench.database).count_without_vector(bench.embeddings.model, card.text_fingerprint)


@pytest.mark.parametrize("name", ["a.txt", "a.jpg.txt", "a.TXT", "A.txt"])
def test_each_line_of_a_text_beside_a_photo_is_a_caption(bench: Bench, name: str) -> None:
    bench.photo("a.jpg")
    (bench.root / name).write_text("a red balloon\n\n  over the sea  \n海上的红气球\n", encoding="utf-8")
    bench.index()
    assert captions(bench) == {"a.jpg": ["a red balloon", "over the sea", "海上的红气球"]}
    languages = [caption.language for caption in Captions(bench.database).all()]
    assert languages == ["en", "en", "zh"]
    assert bench.issues() == {}


@pytest.mark.parametrize("name", ["a.xmp", "a.jpg.xmp", "a.JPG.XMP"])
def test_xmp_beside_a_photo_is_read(bench: Bench, name: str) -> None:
    bench.photo("a.jpg")
    (bench.root / name).write_bytes(xmp_packet({"x-default": "a dog", "en": "a dog", "zh-CN": "一只狗"}))
    bench.index()
    assert captions(bench) == {"a.jpg": ["a dog", "一只狗"]}
    assert [caption.language for caption in Captions(bench.database).all()] == ["en", "zh"]


@pytest.mark.parametrize(
    "raw",
    [
        "红气球 ☀".encode(),
        codecs.BOM_UTF8 + "红气球 ☀".encode(),
        "红气球 ☀".encode("utf-16"),
        codecs.BOM_UTF16_BE + "红气球 ☀".encode("utf-16-be"),
        "红气球 ☀\n".encode("utf-16-le"),
        "红气球 ☀".encode("gb18030"),
    ],
)
def test_text_of_every_usual_encoding_is_recognised(bench: Bench, raw: bytes) -> None:
    bench.photo("a.jpg")
    (bench.root / "a.txt").write_bytes(raw)
    bench.index()
    assert captions(bench) == {"a.jpg": ["红气球 ☀"]}


def test_at_most_twenty_lines_of_two_thousand_characters_are_taken(bench: Bench) -> None:
    bench.photo("a.jpg")
    (bench.root / "a.txt").write_text("\n".join(f"{line} " + "x" * 2500 for line in range(24)), encoding="utf-8")
    bench.index()
    (found,) = captions(bench).values()
    assert len(found) == MOST_LINES
    assert {len(text) for text in found} == {2000}


def test_text_without_its_photo_and_text_of_book_length_are_nobodys_captions(bench: Bench) -> None:
    bench.photo("a.jpg")
    (bench.root / "README.txt").write_text("about these photos", encoding="utf-8")
    (bench.root / "a.txt").write_text("word " * (LARGEST_TEXT // 5 + 1), encoding="utf-8")
    bench.index()
    assert captions(bench) == {}
    assert bench.issues() == {}


def test_raw_and_jpeg_of_one_name_share_the_text_between_them(bench: Bench) -> None:
    bench.photo("a.jpg", seed=1)
    bench.photo("a.png", seed=2)
    (bench.root / "a.txt").write_text("both", encoding="utf-8")
    (bench.root / "a.png.txt").write_text("only the PNG", encoding="utf-8")
    bench.index()
    assert {name: set(texts) for name, texts in captions(bench).items()} == {
        "a.jpg": {"both"}, "a.png": {"both", "only the PNG"},
    }  # fmt: skip


def test_capital_letters_are_told_apart_only_where_that_leaves_a_photo() -> None:
    assert pair([b"a.txt", b"A.txt", b"B.txt"], [b"a.jpg", b"A.jpg", b"b.jpg"]) == {
        b"a.txt": (b"a.jpg",), b"A.txt": (b"A.jpg",), b"B.txt": (b"b.jpg",),
    }  # fmt: skip


def test_changed_sidecar_replaces_what_came_from_it(bench: Bench) -> None:
    bench.photo("a.jpg")
    sidecar = bench.root / "a.txt"
    sidecar.write_text("first\nstays\n", encoding="utf-8")
    bench.index()
    stays = next(caption.id for caption in Captions(bench.database).all() if caption.text == "stays")
    sidecar.write_text("stays\nsecond and longer\n", encoding="utf-8")
    bench.index()
    assert sorted(captions(bench)["a.jpg"]) == ["second and longer", "stays"]
    assert stays in ids(bench)
    assert unencoded(bench) == 0


def test_removed_sidecar_takes_its_captions_away(bench: Bench) -> None:
    bench.photo("a.jpg")
    (bench.root / "a.txt").write_text("from both\nfrom the text", encoding="utf-8")
    (bench.root / "a.jpg.xmp").write_bytes(xmp_packet({"en": "from both"}))
    bench.index()
    (bench.root / "a.txt").unlink()
    bench.index()
    assert captions(bench) == {"a.jpg": ["from both"]}
    (bench.root / "a.jpg.xmp").unlink()
    bench.index()
    assert captions(bench, None) == {}
    assert bench.database.value("SELECT captions FROM text_index") == ""


def test_captions_of_the_user_are_never_touched(bench: Bench) -> None:
    bench.photo("a.jpg")
    sidecar = bench.root / "a.txt"
    sidecar.write_text("to be edited\nthe same words", encoding="utf-8")
    bench.index()
    own = Captions(bench.database)
    edited = next(caption for caption in own.all() if caption.text == "to be edited")
    with bench.database.transaction():
        own.edit(edited.id, "edited by me", "en")
        own.add(edited.content, [Caption("mine alone", "en", "user")])
    sidecar.write_text("mine alone\nnew", encoding="utf-8")
    bench.index()
    assert captions(bench) == {"a.jpg": ["new"]}
    sidecar.unlink()
    bench.index()
    assert captions(bench, None) == {"a.jpg": ["edited by me", "mine alone"]}


def test_text_that_the_photo_carries_itself_is_not_repeated(bench: Bench) -> None:
    write_photo(bench.root / "a.jpg", scene((64, 48)), Metadata(description="a red balloon"))
    (bench.root / "a.txt").write_text("a red balloon\nover the sea", encoding="utf-8")
    bench.index()
    assert captions(bench) == {"a.jpg": ["over the sea"]}
    assert captions(bench, None) == {"a.jpg": ["a red balloon", "over the sea"]}


def test_unchanged_sidecars_are_not_read_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(1, 4):
        bench.photo(f"{seed}.jpg", seed)
        (bench.root / f"{seed}.txt").write_text(f"number {seed}", encoding="utf-8")
    bench.index()
    read: list[Path] = []
    original = sidecars.read_sidecar

    def counting(path: Path) -> tuple[Caption, ...]:
        read.append(path)
        return original(path)

    monkeypatch.setattr(sidecars, "read_sidecar", counting)
    encoded = bench.encoder.encoded
    bench.index()
    assert (read, bench.encoder.encoded) == ([], encoded)
    (bench.root / "2.txt").write_text("number two", encoding="utf-8")
    bench.index()
    assert [path.name for path in read] == ["2.txt"]


def test_photo_and_sidecar_moved_together_keep_caption_and_vector(bench: Bench) -> None:
    bench.photo("a.jpg")
    (bench.root / "a.txt").write_text("a red balloon", encoding="utf-8")
    bench.index()
    before, encoded = ids(bench), bench.encoder.encoded
    (bench.root / "sub").mkdir()
    for name in ("a.jpg", "a.txt"):
        (bench.root / name).rename(bench.root / "sub" / name)
    bench.index()
    assert (ids(bench), bench.encoder.encoded) == (before, encoded)
    assert captions(bench) == {"a.jpg": ["a red balloon"]}


def test_photo_and_sidecar_moved_to_another_folder_keep_caption_and_vector(bench: Bench, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    bench.photo("a.jpg")
    (bench.root / "a.txt").write_text("a red balloon", encoding="utf-8")
    bench.index(bench.root, other)
    before, encoded = ids(bench), bench.encoder.encoded
    for name in ("a.jpg", "a.txt"):
        shutil.move(bench.root / name, other / name)
    bench.index(bench.root, other)
    assert (ids(bench), bench.encoder.encoded) == (before, encoded)
    assert len(bench.rows()) == 1


def test_photo_moved_without_its_sidecar_keeps_its_captions(bench: Bench) -> None:
    photo = bench.photo("a.jpg")
    (bench.root / "a.txt").write_text("a red balloon", encoding="utf-8")
    bench.index()
    photo.rename(bench.root / "renamed.jpg")
    bench.index()
    assert captions(bench) == {"renamed.jpg": ["a red balloon"]}
    (bench.root / "a.txt").rename(bench.root / "renamed.txt")
    bench.index()
    assert captions(bench) == {"renamed.jpg": ["a red balloon"]}


def test_sidecar_speaks_for_the_photo_beside_it_now(bench: Bench) -> None:
    photo = bench.photo("a.jpg", seed=1)
    (bench.root / "a.txt").write_text("a red balloon", encoding="utf-8")
    bench.index()
    photo.rename(bench.root / "old.jpg")
    bench.photo("a.jpg", seed=2)
    bench.index()
    assert captions(bench) == {"a.jpg": ["a red balloon"]}


def test_caption_that_the_user_removed_does_not_come_back_from_its_sidecar(bench: Bench) -> None:
    bench.photo("a.jpg")
    sidecar = bench.root / "a.txt"
    sidecar.write_text("not mine\na dog", encoding="utf-8")
    bench.index()
    own = Captions(bench.database)
    unwanted = next(caption for caption in own.all() if caption.text == "not mine")
    with bench.database.transaction():
        own.remove(unwanted.id)
    sidecar.write_text("not mine\na dog\na red balloon", encoding="utf-8")
    bench.index()
    assert captions(bench) == {"a.jpg": ["a dog", "a red balloon"]}


def test_edited_photo_keeps_what_its_sidecar_says(bench: Bench) -> None:
    bench.photo("a.jpg", seed=1)
    (bench.root / "a.txt").write_text("a red balloon", encoding="utf-8")
    bench.index()
    write_photo(bench.root / "a.jpg", scene((80, 60), seed=9))
    bench.index()
    assert captions(bench) == {"a.jpg": ["a red balloon"]}
    assert unencoded(bench) == 0


def test_captions_wait_for_a_photo_that_is_away_for_a_while(bench: Bench, tmp_path: Path) -> None:
    bench.photo("sub/a.jpg")
    (bench.root / "sub" / "a.txt").write_text("a red balloon", encoding="utf-8")
    bench.index()
    before = ids(bench)
    (bench.root / "sub").rename(tmp_path / "away")
    bench.index()
    assert ids(bench) == before
    (tmp_path / "away").rename(bench.root / "sub")
    bench.index()
    assert ids(bench) == before


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(12))
    + b"]><x>&m;</x>"
)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.txt", bytes(range(256)) * 8),
        ("a.txt", b"\x89PNG\r\n\x1a\n" + b"\x00\x01\x02" * 50),
        ("a.xmp", b"<x:xmpmeta><rdf:RDF>"),
        ("a.jpg.xmp", BOMB),
        ("a.xmp", b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>'),
        ("a.xmp", b""),
    ],
)
def test_broken_sidecar_is_an_issue_until_it_is_mended_and_the_photo_is_fine(
    bench: Bench, name: str, raw: bytes
) -> None:
    bench.photo("a.jpg")
    sidecar = bench.root / name
    sidecar.write_bytes(raw)
    for _ in range(2):
        bench.index()
        assert bench.issues() == {name: "bad_sidecar"}
        assert list(bench.searchable()) == ["a.jpg"]
        assert captions(bench, None) == {}
    sidecar.write_bytes(b"fine" if name.endswith("txt") else xmp_packet({"en": "fine"}))
    bench.index()
    assert (bench.issues(), captions(bench)) == ({}, {"a.jpg": ["fine"]})


def test_sidecar_that_breaks_leaves_what_it_said_before(bench: Bench) -> None:
    bench.photo("a.jpg")
    sidecar = bench.root / "a.xmp"
    sidecar.write_bytes(xmp_packet({"en": "a red balloon"}))
    bench.index()
    sidecar.write_bytes(b"<half a fi")
    bench.index()
    assert (bench.issues(), captions(bench)) == ({"a.xmp": "bad_sidecar"}, {"a.jpg": ["a red balloon"]})


@pytest.mark.skipif(os.name == "nt", reason="file names there are always Unicode")
def test_sidecar_whose_name_is_no_text_is_read(bench: Bench) -> None:
    stem = os.fsdecode(b"caf\xe9")
    bench.photo(f"{stem}.jpg")
    (bench.root / f"{stem}.txt").write_text("a coffee", encoding="utf-8")
    bench.index()
    assert list(captions(bench).values()) == [["a coffee"]]


def test_indexing_ends_with_every_caption_encoded(bench: Bench) -> None:
    write_photo(bench.root / "a.jpg", scene((64, 48)), Metadata(description="from the camera's owner"))
    bench.photo("b.jpg", seed=2)
    (bench.root / "b.txt").write_text("\n".join(f"line {number}" for number in range(15)), encoding="utf-8")
    bench.index()
    assert unencoded(bench) == 0
    assert len(ids(bench)) == 16


def test_text_that_the_tower_makes_nothing_of_does_not_hold_up_the_others(bench: Bench) -> None:
    class Stumbling(FakeEncoder):
        def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
            vectors = super().encode_texts(texts)
            vectors[[text == "nothing" for text in texts]] = float("nan")
            return vectors

    bench.encoder = Stumbling()
    bench.photo("a.jpg")
    (bench.root / "a.txt").write_text("nothing\nsomething", encoding="utf-8")
    bench.index()
    assert unencoded(bench) == 1
    assert CaptionEncoder(bench.database, bench.encoder).encode_pending() == 0


def test_encoding_stops_when_asked_and_goes_on_the_next_time(bench: Bench) -> None:
    bench.photo("a.jpg")
    bench.index()
    content = next(iter(bench.searchable().values()))
    with bench.database.transaction():
        Captions(bench.database).add(content, [Caption(f"number {number}", "en", "user") for number in range(200)])
    stop = threading.Event()
    encoder = CaptionEncoder(bench.database, bench.encoder)
    assert encoder.encode_pending(lambda _: stop.set(), stop.is_set) == 64
    assert encoder.encode_pending() == 136
    assert unencoded(bench) == 0
