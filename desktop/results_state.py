"""Which scene the middle of the window shows. Pure decisions, no widgets."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from desktop.engine_client import EngineState
from desktop.search_query import Query
from engine.protocol import Confidence, Hit, LibraryStatus, SearchResult


class Scene(Enum):
    """What a person sees."""

    WAITING = "waiting"  # the engine starts; nothing is known yet
    FIRST_START = "first_start"  # no folder is watched
    LOOKING = "looking"  # folders are being looked through; no photo yet
    NO_PHOTOS = "no_photos"  # the folders hold no photo
    PHOTOS = "photos"  # tiles
    NO_MATCH = "no_match"  # nothing fits well
    STOPPED = "stopped"  # the engine is given up


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the choice of a scene depends on. ``total`` counts all photos; ``shown`` is what the grid has now."""

    engine: EngineState
    status: LibraryStatus | None = None
    is_indexing: bool = False
    query: Query = field(default_factory=Query)
    result: SearchResult | None = None
    total: int | None = None
    shown: int = 0
    wants_closest: bool = False


def scene_of(situation: Situation) -> Scene:
    """Choose the scene. What is on screen stays there while the engine restarts."""
    if situation.engine == EngineState.STOPPED and not situation.shown:
        return Scene.STOPPED
    if situation.status is None:
        return Scene.PHOTOS if situation.shown else Scene.WAITING
    if not situation.status.folders and not situation.status.photos and situation.query.is_empty:
        return Scene.FIRST_START
    if situation.query.is_empty:
        return _browsing(situation)
    return _searching(situation)


def possible_from(hits: tuple[Hit, ...]) -> int | None:
    """The place of the first hit that is only possible; None when all are matches, or none is: nothing to divide."""
    place = next((place for place, hit in enumerate(hits) if hit.confidence == Confidence.POSSIBLE), None)
    return place or None


def _browsing(situation: Situation) -> Scene:
    if situation.shown or situation.total:
        return Scene.PHOTOS
    if situation.total is None:
        return Scene.WAITING
    return Scene.LOOKING if situation.is_indexing else Scene.NO_PHOTOS


def _searching(situation: Situation) -> Scene:
    result = situation.result
    if result is None:
        return Scene.PHOTOS
    if not result.hits:
        return Scene.NO_MATCH
    is_weak = result.confidence == Confidence.NONE
    return Scene.NO_MATCH if is_weak and not situation.wants_closest else Scene.PHOTOS
