"""What a person asks for becomes the right request, and clauses are cut out of the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QLocale

from desktop.chips import clause_text
from desktop.search_query import PhotoTerm, Query, cut
from engine.protocol import (
    Clause,
    DateFilter,
    ExactClause,
    FolderFilter,
    NegatedClause,
    PhotoPath,
    Span,
    TypeFilter,
    WordsClause,
)
from engine.protocol.methods import SearchRequest, SimilarRequest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def british() -> Iterator[None]:
    """Dates as in London."""
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    yield
    QLocale.setDefault(before)


SPAN = Span(0, 1)
KNOWN = PhotoTerm(PhotoPath("/p/1.jpg"), 1, "/t/1.jpg")
OTHER = PhotoTerm(PhotoPath("/elsewhere/2.jpg"))


@pytest.mark.parametrize(
    ("text", "clause", "left"),
    [
        ("dog -cat 2023", "-cat", "dog 2023"),
        ("dog -cat", "-cat", "dog"),
        ("2023 dog", "2023", "dog"),
        ("dog", "dog", ""),
        ("去年夏天的海边", "去年夏天", "的海边"),
        ("海边2023年的狗", "2023年", "海边的狗"),
    ],
)
def test_clause_is_cut_out_of_the_text(text: str, clause: str, left: str) -> None:
    start = text.index(clause)
    assert cut(text, Span(start, start + len(clause))) == left


@given(st.text(), st.integers(0, 30), st.integers(0, 30))
def test_cutting_never_adds_to_the_text(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    end = min(start + length, len(text))
    left = cut(text, Span(start, end))
    assert len(left) <= len(text)
    assert not left or not set(left) - set(text) - {" "}


def test_one_known_photo_asks_for_similar_ones() -> None:
    assert Query("", (KNOWN,)).request(remember=False) == ("similar", SimilarRequest(photo_id=1))


def test_photos_and_words_are_one_search() -> None:
    method, request = Query("dog", (KNOWN, OTHER), "date").request(remember=True)
    assert method == "search"
    assert request == SearchRequest("dog", (KNOWN.path, OTHER.path), order="date", remember=True)


def test_blank_text_alone_is_no_query() -> None:
    assert Query("  ").is_empty
    assert not Query("", (OTHER,)).is_empty


@pytest.mark.parametrize(
    ("clause", "words"),
    [
        (WordsClause("dog", "en", SPAN), "dog"),
        (NegatedClause("cat", SPAN), "without cat"),
        (ExactClause("IMG", SPAN), "“IMG”"),
        (FolderFilter("Trips", SPAN), "in folder Trips"),
        (TypeFilter(("JPEG", "PNG"), SPAN), "JPEG, PNG"),
        (DateFilter("2023-01-01", "2024-01-01", SPAN), "2023"),
        (DateFilter("2023-12-01", "2024-01-01", SPAN), "December 2023"),
        (DateFilter("2023-05-06", "2023-05-07", SPAN), "6 May 2023"),
        (DateFilter("2023-06-01", "2023-09-01", SPAN), "1 June 2023 – 31 August 2023"),
        (DateFilter("2023-06-01", None, SPAN), "since 1 June 2023"),
        (DateFilter(None, "2023-06-01", SPAN), "until 31 May 2023"),
    ],
)
def test_chip_says_what_a_clause_means(clause: Clause, words: str, british: None) -> None:
    assert clause_text(clause) == words
