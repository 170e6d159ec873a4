"""Captions for a photo: the library's own before the bank's, and a bank that is encoded once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest

from engine.library.captions import Caption
from engine.search.captioning import LEAST_PHOTOS, OWN_BONUS, BankVectors, CaptionFinder, read_bank

if TYPE_CHECKING:
    from pathlib import Path

    from tests.search.gallery import Gallery


ROWS = [("a red kite", "红色的风筝"), ("a blue door", "蓝色的门"), ("a green field", "绿色的田野")]


@pytest.fixture
def bank_file(tmp_path: Path) -> Path:
    file = tmp_path / "bank.jsonl"
    # The fake encoder reads English colour words: the Chinese captions carry theirs.
    rows = [{"id": "x", "topic": "x", "en": en, "zh": f"{zh} {en.split()[1]}"} for en, zh in ROWS]
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return file


def finder(gallery: Gallery, bank_file: Path | None) -> CaptionFinder:
    cache = gallery.shelf.paths.cache / "bank.npy"
    bank = None if bank_file is None else BankVectors(read_bank(bank_file), cache, gallery.as_encoder)
    return CaptionFinder(gallery.shelf.captions, gallery.embeddings().model, gallery.as_encoder, bank)


def write(gallery: Gallery, content: int, text: str, language: str | None = "en", source: str = "user") -> None:
    captions, card = gallery.shelf.captions, gallery.encoder.card
    captions.add(content, [Caption(text, language, source)])
    row = captions.find(content, Caption(text, language, source))
    assert row is not None
    vectors = gallery.encoder.encode_texts([text])
    captions.add_vectors(gallery.embeddings().model, card.text_fingerprint, [row.id], vectors)


def texts(
    found: CaptionFinder,
    gallery: Gallery,
    *,
    limit: int = 10,
    source: Literal["library", "bank", "all"] = "all",
    language: str | None = None,
    besides: int | None = None,
) -> list[str]:
    vector = gallery.encoder.mixture(red=1.0, blue=0.4)
    rows = found.nearest(vector, limit, source=source, language=language, besides=besides)
    scores = [row.score + (OWN_BONUS if row.stored else 0.0) for row in rows]
    assert scores == sorted(scores, reverse=True)
    return [row.text for row in rows]


def test_bank_is_read_in_both_languages(bank_file: Path) -> None:
    bank = read_bank(bank_file)
    assert [(caption.text, caption.language) for caption in bank[:2]] == [
        ("a red kite", "en"),
        ("红色的风筝 red", "zh"),
    ]
    assert len(bank) == 6


def test_nearest_captions_of_the_bank_come_first(gallery: Gallery, bank_file: Path) -> None:
    for language, expected in (
        ("en", ["a red kite", "a blue door", "a green field"]),
        ("zh", ["红色的风筝 red", "蓝色的门 blue", "绿色的田野 green"]),
        (None, ["a red kite", "a blue door", "a green field"]),
    ):
        assert texts(finder(gallery, bank_file), gallery, language=language) == expected, "each line comes once"


def test_both_languages_of_a_line_rank_it_unless_the_model_does_not_know_one(gallery: Gallery, tmp_path: Path) -> None:
    file = tmp_path / "bank.jsonl"
    rows = [{"en": "red", "zh": "一 green"}, {"en": "red blue", "zh": "二 red"}]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    gallery.encoder.card = replace(gallery.encoder.card, languages=("en", "zh"))
    assert texts(finder(gallery, file), gallery, language="en") == ["red blue", "red"]
    gallery.encoder.card = replace(gallery.encoder.card, languages=("zh",))
    assert texts(finder(gallery, file), gallery, language="en") == ["red blue", "red"]
    gallery.encoder.card = replace(gallery.encoder.card, languages=("zh", "fr"))
    assert texts(finder(gallery, file), gallery, language="zh") == ["二 red", "一 green"]
    gallery.encoder.card = replace(gallery.encoder.card, languages=("en",))
    vector = gallery.encoder.mixture(red=1.0)
    found = finder(gallery, file).nearest(vector, 5, source="bank", language="zh", besides=None)
    assert [row.text for row in found] == ["一 green", "二 red"], "told in Chinese, found by the English"


def test_own_caption_wins_over_one_of_the_bank_that_is_as_near(gallery: Gallery, bank_file: Path) -> None:
    content = gallery.photo("1.jpg", red=1.0)
    write(gallery, content, "our red tent")
    write(gallery, content, "our green tent")
    found = texts(finder(gallery, bank_file), gallery)
    assert found[0] == "our red tent"
    assert found.index("our green tent") > found.index("a blue door"), "far away it does not win"


def test_caption_near_to_every_photo_counts_less_unless_it_is_of_the_bank(gallery: Gallery, bank_file: Path) -> None:
    content = gallery.photo("1.jpg", red=1.0)
    write(gallery, content, "our red tent")
    write(gallery, content, "our blue boat")
    bank = BankVectors(read_bank(bank_file), gallery.shelf.paths.cache / "bank.npy", gallery.as_encoder)
    photos = np.stack([gallery.encoder.mixture(red=1.0)] * LEAST_PHOTOS)
    crowded = CaptionFinder(gallery.shelf.captions, gallery.embeddings().model, gallery.as_encoder, bank, photos)
    vector = gallery.encoder.mixture(red=1.0, blue=0.8)

    def first_two(source: Literal["library", "bank"]) -> list[str]:
        return [row.text for row in crowded.nearest(vector, 2, source=source, language="en", besides=None)]

    assert first_two("library") == ["our blue boat", "our red tent"]
    assert first_two("bank") == ["a red kite", "a blue door"]


def test_language_and_source_are_switches(gallery: Gallery, bank_file: Path) -> None:
    content = gallery.photo("1.jpg", red=1.0)
    write(gallery, content, "our red tent")
    write(gallery, content, "红帐篷 red", None)
    search = finder(gallery, bank_file)
    assert set(texts(search, gallery, source="library")) == {"our red tent", "红帐篷 red"}
    assert texts(search, gallery, source="library", language="en") == ["our red tent"]
    assert texts(search, gallery, source="library", language="zh") == ["红帐篷 red"]
    assert texts(search, gallery, source="bank", language="zh")[0] == "红色的风筝 red"
    assert len(texts(search, gallery, source="bank", language="en")) == 3
    assert "our red tent" not in texts(search, gallery, source="bank")
    assert texts(finder(gallery, None), gallery, source="bank") == []


def test_captions_of_the_photo_itself_are_left_out(gallery: Gallery) -> None:
    one, other = gallery.photo("1.jpg", red=1.0), gallery.photo("2.jpg", red=1.0)
    write(gallery, one, "our red tent")
    write(gallery, other, "their red tent")
    assert texts(finder(gallery, None), gallery, besides=one) == ["their red tent"]


def test_each_text_comes_once_and_the_limit_is_kept(gallery: Gallery, bank_file: Path) -> None:
    for number in range(30):
        content = gallery.photo(f"{number}.jpg", red=1.0)
        write(gallery, content, "A red kite.")
        write(gallery, content, f"red tent number {number}")
    search = finder(gallery, bank_file)
    found = texts(search, gallery, limit=100)
    folded = [text.lower().strip(".") for text in found]
    assert len(folded) == len(set(folded)) == 30 + 3
    for limit in (0, 1, 5):
        assert len(texts(search, gallery, limit=limit)) == limit


def test_recognised_text_is_not_offered(gallery: Gallery) -> None:
    write(gallery, gallery.photo("1.jpg", red=1.0), "RED BULL red", source="ocr")
    assert texts(finder(gallery, None), gallery) == []


# The bank's cache


def vectors_of(gallery: Gallery, bank_file: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return BankVectors(read_bank(bank_file), gallery.shelf.paths.cache / "bank.npy", gallery.as_encoder).vectors()


def test_bank_is_encoded_once_and_kept_without_pickle(gallery: Gallery, bank_file: Path) -> None:
    first = vectors_of(gallery, bank_file)
    encoded = gallery.encoder.texts
    assert encoded == 6
    np.testing.assert_allclose(vectors_of(gallery, bank_file), first, atol=1e-3)
    assert gallery.encoder.texts == encoded
    cache = gallery.shelf.paths.cache
    assert [path.name for path in cache.iterdir()] == ["bank.npy"]
    assert np.load(cache / "bank.npy", allow_pickle=False).dtype == np.float16


def test_who_waits_for_the_bank_is_told_once(gallery: Gallery, bank_file: Path) -> None:
    told: list[str] = []
    for _ in range(2):
        bank = BankVectors(read_bank(bank_file), gallery.shelf.paths.cache / "bank.npy", gallery.as_encoder)
        bank.vectors(lambda: told.append("a few seconds"))
    assert told == ["a few seconds"]


def test_bank_is_encoded_once_however_many_threads_ask(gallery: Gallery, bank_file: Path) -> None:
    bank = BankVectors(read_bank(bank_file), gallery.shelf.paths.cache / "bank.npy", gallery.as_encoder)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: bank.vectors(), range(8)))
    assert all(vectors is found[0] for vectors in found)
    assert gallery.encoder.texts == 6


def test_vectors_stand_in_the_order_of_the_bank(gallery: Gallery, bank_file: Path) -> None:
    expected = gallery.encoder.encode_texts([caption.text for caption in read_bank(bank_file)])
    for _ in range(2):
        np.testing.assert_allclose(vectors_of(gallery, bank_file), expected, atol=1e-3)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:20],
        lambda data: b"",
        lambda data: b"PK\x03\x04" + data,
        lambda data: b"\x80\x04K\x01.",
        lambda data: data[:-2] + b"\xff\xff",
        lambda data: data.replace(b"<f2", b"<f4"),
        lambda data: data.replace(b"(6,", b"(5,"),
        lambda data: data.replace(b"(6, 64)", b"(64, 6)"),
        lambda data: data.replace(b"{'descr'", b"{'d\0scr'"),
    ],
    ids=["half", "header", "empty", "archive", "pickle", "nan", "type", "rows", "shape", "nonsense"],
)
def test_damaged_cache_is_made_anew(gallery: Gallery, bank_file: Path, damage: object) -> None:
    before = vectors_of(gallery, bank_file)
    file = gallery.shelf.paths.cache / "bank.npy"
    whole = file.read_bytes()
    file.write_bytes(damage(whole))  # type: ignore[operator]
    encoded = gallery.encoder.texts
    np.testing.assert_allclose(vectors_of(gallery, bank_file), before, atol=1e-3)
    assert gallery.encoder.texts == encoded + 6
    assert file.read_bytes() == whole


def test_pickled_objects_are_never_loaded(gallery: Gallery, bank_file: Path) -> None:
    file = gallery.shelf.paths.cache / "bank.npy"
    file.parent.mkdir(parents=True)
    np.save(file, np.array([Bomb()], dtype=object), allow_pickle=True)
    assert vectors_of(gallery, bank_file).shape == (6, 64)
    assert not Bomb.went_off


class Bomb:
    went_off = False

    def __setstate__(self, state: object) -> None:
        Bomb.went_off = True

    def __getstate__(self) -> dict[str, int]:
        return {"armed": 1}


def test_cache_that_cannot_be_written_is_no_error(gallery: Gallery, bank_file: Path) -> None:
    gallery.shelf.paths.cache.write_text("a file where the folder should be")
    assert vectors_of(gallery, bank_file).shape == (6, 64)
