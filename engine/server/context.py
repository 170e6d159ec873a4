"""What an answer is made with (``Context``) and how a method is answered (``Route``, ``Place``)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.api import Engine
    from engine.server.indexing import IndexingThread
    from engine.server.installs import ModelInstalls
    from engine.server.lanes import OwnEngine
    from engine.server.model_choice import ModelChoice


@dataclass(frozen=True, slots=True)
class Context:
    """What an answer may use: the engine of the thread it runs on, indexing, models, and ``later`` to queue an edit.

    ``end_edits``: no edit begins any more; ``shut_down`` has to follow.
    """

    own_engine: OwnEngine
    indexing: IndexingThread
    models: ModelChoice
    installs: ModelInstalls
    later: Callable[[Callable[[Engine], None]], None]
    end_edits: Callable[[], None]
    shut_down: Callable[[], None]
    is_read_only: bool

    @property
    def engine(self) -> Engine:
        """This thread's engine; raises ``KnownError`` when it cannot be opened."""
        return self.own_engine()


class Place(Enum):
    """Where an answer is made. READ and EDIT threads have engines of their own; MAIN answers must take no time."""

    MAIN = "main"
    READ = "read"
    EDIT = "edit"


@dataclass(frozen=True, slots=True)
class Route:
    """How one method is answered. ``writes`` ones are refused where another process writes the library.

    ``changes``: photos or captions look different afterwards. ``improves``: a better answer may follow.
    ``is_harmless`` recognises requests of a writing method that only read.
    """

    place: Place
    answer: Callable[[Context, Any], Any]
    writes: bool = False
    changes: bool = False
    improves: bool = False
    is_harmless: Callable[[Any], bool] = lambda _: False

    def for_request(self, request: Any) -> tuple[Place, bool]:
        """The place for this very request, and whether it writes."""
        if self.is_harmless(request):
            return Place.READ, False
        return self.place, self.writes
