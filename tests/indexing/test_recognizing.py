from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageDraw, ImageFont

from engine.errors import KnownError, PhotoError
from engine.indexing.recognizing import recognize_pending
from engine.library.contents import Contents
from engine.models import recognition
from tests.conftest import sqlite_alone

if TYPE_CHECKING:
    from pathlib import Path

    from tests.indexing.conftest import Bench


def sign(path: Path, text: str) -> Path:
    picture = Image.new("RGB", (900, 300), "white")
    ImageDraw.Draw(picture).text((60, 90), text, fill="black", font=ImageFont.load_default(90))
    picture.save(path, quality=92)
    return path


def test_without_the_extra_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "is_available", lambda: False)
    with pytest.raises(KnownError, match=r"\[ocr\]"):
        recognition.TextRecognizer()


@sqlite_alone
def test_text_in_a_photo_is_read_once_and_found(bench: Bench) -> None:
    pytest.importorskip("rapidocr", reason="the extra ocr is not installed")
    sign(bench.root / "sign.jpg", "WELCOME HOME")
    bench.photo("plain.jpg", 3)
    bench.index()
    model = bench.embeddings.model
    assert recognize_pending(bench.database, model, lambda: False, lambda _: None) == 2
    rows = bench.database.rows("SELECT name, ocr FROM text_index WHERE text_index MATCH 'welcome'")
    assert [name for name, _ in rows] == ["sign.jpg"]
    assert recognize_pending(bench.database, model, lambda: False, lambda _: None) == 0


def test_recogniser_that_dies_costs_one_photo_and_comes_back() -> None:
    pytest.importorskip("rapidocr", reason="the extra ocr is not installed")
    with recognition.TextRecognizer() as recognizer:
        with pytest.raises(PhotoError):
            recognizer.read(b"no picture at all")
        picture = Image.new("RGB", (64, 64), "white")
        from io import BytesIO

        data = BytesIO()
        picture.save(data, "JPEG")
        assert recognizer.read(data.getvalue()) == ()


def test_stopping_is_heard_between_photos(bench: Bench) -> None:
    pytest.importorskip("rapidocr", reason="the extra ocr is not installed")
    for seed in (1, 2):
        bench.photo(f"{seed}.jpg", seed)
    bench.index()
    answers = iter([False, True, True])
    assert recognize_pending(bench.database, bench.embeddings.model, lambda: next(answers), lambda _: None) == 1
    assert Contents(bench.database).count_unrecognized(bench.embeddings.model) == 1
