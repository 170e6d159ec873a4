"""The second look at a search, by a package whose re-ranker is tiny and true; in the engine and over the wire."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from engine.api import Engine
from engine.config import LibraryPaths
from engine.models.package import Reranker
from engine.protocol.methods import BrowseRequest, CaptionAdd, SearchRequest
from tests.engine_process import EngineProcess
from tests.models.reranker_factory import write_package
from tests.photo_factory import write_photo

if TYPE_CHECKING:
    from pathlib import Path

    from engine.protocol import SearchResult

ASKED = SearchRequest("red", grouped=False)
RERANKER = Reranker("reranker.onnx", mask=None)


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LibraryPaths:
    """Three photos under a model with a re-ranker: as a whole the reddish one is nearest to red, half of another is
    red indeed.
    """
    monkeypatch.setenv("BALLOON_MODELS", str(tmp_path / "models"))
    write_package(tmp_path / "models", reranker=RERANKER)
    reddish = Image.new("RGB", (64, 64), (190, 90, 90))
    half = Image.new("RGB", (64, 64), (0, 0, 255))
    half.paste((255, 0, 0), (0, 0, 32, 64))
    for name, picture in (("reddish", reddish), ("half", half), ("blue", Image.new("RGB", (64, 64), (0, 0, 255)))):
        write_photo(tmp_path / "photos" / f"{name}.png", picture)
    paths = LibraryPaths(tmp_path / "library")
    with Engine.open_writer(paths, "attentive") as engine:
        engine.index([engine.add_folder(tmp_path / "photos")])
    return paths


def names(result: SearchResult) -> list[str]:
    return [hit.path.to_path().stem for hit in result.hits]


def test_first_hits_come_in_a_better_order_and_worth_what_they_were(paths: LibraryPaths) -> None:
    with Engine.open_reader(paths, "attentive") as engine:
        first = engine.search_request(ASKED)
        assert names(first)[:2] == ["reddish", "half"]
        better = engine.improve(ASKED, first)
        assert better is not None
        assert names(better)[:2] == ["half", "reddish"]
        assert replace(better, hits=()) == replace(first, hits=())
        assert engine.improve(ASKED, better) is None, "there is nothing left to do"


def test_photos_that_can_no_longer_be_read_are_seen_by_their_thumbnails(paths: LibraryPaths, tmp_path: Path) -> None:
    with Engine.open_reader(paths, "attentive") as engine:
        first = engine.search_request(ASKED)
        for photo in (tmp_path / "photos").iterdir():
            photo.unlink()
        better = engine.improve(ASKED, first)
        assert better is not None
        assert names(better)[0] == "half"
        for thumbnail in paths.thumbnails.rglob("*.jpg"):
            thumbnail.unlink()
        assert engine.improve(ASKED, first) is not None, "their grids are kept"


def test_what_is_not_asked_by_words_stays_as_it_is(paths: LibraryPaths) -> None:
    with Engine.open_reader(paths, "attentive") as engine:
        by_date = replace(ASKED, order="date")
        for asked in (
            by_date,
            SearchRequest(""),
            SearchRequest("2020"),
            SearchRequest("-red"),
            SearchRequest("red -green"),
            replace(ASKED, without=("green",)),
        ):
            assert engine.improve(asked, engine.search_request(asked)) is None, asked


def test_photo_with_the_very_words_keeps_its_place(paths: LibraryPaths) -> None:
    with Engine.open_writer(paths, "attentive") as engine:
        (photo,) = [hit.photo_id for hit in engine.browse(BrowseRequest()).hits if hit.path.to_path().stem == "blue"]
        engine.add_caption(CaptionAdd(photo, "a red letter day"))
        first = engine.search_request(ASKED)
        better = engine.improve(ASKED, first)
        assert better is not None
        assert names(first)[0] == names(better)[0] == "blue"


def test_model_without_a_reranker_changes_nothing(paths: LibraryPaths, tmp_path: Path) -> None:
    write_package(tmp_path / "models", "plain", reranker=None)
    with Engine.open_reader(paths, "plain") as engine:
        assert engine.improve(ASKED, engine.search_request(ASKED)) is None


def test_engine_process_answers_at_once_and_sends_the_better_order_after(paths: LibraryPaths, tmp_path: Path) -> None:
    with Engine.open_writer(paths, "attentive") as engine:
        engine.use_model("attentive")
    with EngineProcess(paths.root, log=tmp_path / "log.txt") as process:
        process.hello()
        asked = process.ask("search", ASKED)
        heard = process.answer(asked)
        improved = process.notified("search.improved")
        assert heard["result"]["hits"][0]["path"].endswith("reddish.png")
        assert improved["request"] == asked
        assert improved["result"]["hits"][0]["path"].endswith("half.png")
