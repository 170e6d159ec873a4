"""Which scene the middle of the window shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desktop.engine_client import EngineState
from desktop.results_state import Scene, Situation, possible_from, scene_of
from desktop.search_query import Query
from engine.protocol import Confidence, Hit, LibraryStatus, PhotoPath, SearchResult

STATUS = LibraryStatus("/l", "m", 1, 10, 10, 10, 0, 0, 1, True)
EMPTY = replace(STATUS, folders=0, photos=0)
READY = EngineState.READY


def _result(*levels: Confidence, whole: Confidence = Confidence.MATCH) -> SearchResult:
    hits = tuple(Hit(n, PhotoPath("/p"), 0.1, level, n, ()) for n, level in enumerate(levels))
    return SearchResult("dog", "m", whole, 1.0, hits)


MATCHES = _result(Confidence.MATCH)
WEAK = _result(Confidence.POSSIBLE, whole=Confidence.NONE)
DOG = Query("dog")


@pytest.mark.parametrize(
    ("situation", "scene"),
    [
        (Situation(EngineState.STARTING), Scene.WAITING),
        (Situation(EngineState.STOPPED), Scene.STOPPED),
        (Situation(EngineState.STOPPED, shown=5), Scene.PHOTOS),
        (Situation(EngineState.RESTARTING, STATUS, shown=5), Scene.PHOTOS),
        (Situation(READY, EMPTY), Scene.FIRST_START),
        (Situation(READY, EMPTY, query=DOG, result=_result(whole=Confidence.NONE)), Scene.NO_MATCH),
        (Situation(READY, STATUS), Scene.WAITING),
        (Situation(READY, STATUS, total=10), Scene.PHOTOS),
        (Situation(READY, STATUS, total=0, is_indexing=True), Scene.LOOKING),
        (Situation(READY, STATUS, total=0), Scene.NO_PHOTOS),
        (Situation(READY, STATUS, query=DOG), Scene.PHOTOS),
        (Situation(READY, STATUS, query=DOG, result=MATCHES), Scene.PHOTOS),
        (Situation(READY, STATUS, query=DOG, result=WEAK), Scene.NO_MATCH),
        (Situation(READY, STATUS, query=DOG, result=WEAK, wants_closest=True), Scene.PHOTOS),
        (Situation(READY, STATUS, query=DOG, result=_result(), wants_closest=True), Scene.NO_MATCH),
    ],
)
def test_scene_fits_the_situation(situation: Situation, scene: Scene) -> None:
    assert scene_of(situation) == scene


def test_divider_stands_only_between_matches_and_possible_ones() -> None:
    match, possible = Confidence.MATCH, Confidence.POSSIBLE
    assert possible_from(_result(match, match, possible).hits) == 2
    assert possible_from(_result(match).hits) is None
    assert possible_from(_result(possible, possible).hits) is None
    assert possible_from(()) is None
