"""Which model answers, and which one takes its place as soon as it has seen every photo that can be seen.

A model that has all vectors already (it was used before, or only its text side is new) answers at once. Any other is
indexed with in the background, while the one before goes on answering.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

from engine.errors import KnownError
from engine.models.memory import give_back

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.api import Engine
    from engine.api.parts import Shared
    from engine.protocol import LibraryStatus

logger = logging.getLogger(__name__)

COMING_SETTING: Final = "model.coming"
TEXTS_REST_AFTER_S: Final = 300.0
"""Without a query or a caption; the next one waits some 0.15 s for the text tower."""


class ModelChoice:
    """Opens the engines of all threads. The methods may be called from any of them.

    ``root`` gives the engine that holds the library for the process.
    """

    def __init__(self, root: Callable[[], Engine]) -> None:
        self._root = root
        self._sole = threading.RLock()
        self._coming: Shared | None = None
        self._has_looked = False

    def open(self, *, write: bool) -> Engine:
        """An engine for the calling thread, with the model that answers."""
        return self._root().sibling(write=write)

    def open_indexing(self) -> Engine:
        """An engine for the calling thread, with the model that is to answer next."""
        engine = self.open(write=True)
        coming = self._look(engine)
        if coming is not None:
            engine.adopt(coming)
        return engine

    def rest(self, idle_s: float) -> None:
        """Let models give a tower's memory back that saw no photo for ``idle_s`` seconds, or no text for minutes."""
        coming = self._coming
        for encoder in {self._root().encoder, *([] if coming is None else [coming.encoder])}:
            encoder.release_images(idle_s)
            encoder.release_texts(max(idle_s, TEXTS_REST_AFTER_S))
        give_back()  # what searches and the caption bank left behind

    def run_on(self, provider: str | None) -> None:
        """Let photos be encoded on this provider from the next batch on, None for the best there is."""
        coming = self._coming
        for encoder in {self._root().encoder, *([] if coming is None else [coming.encoder])}:
            encoder.ask_for(provider)

    def is_current(self, engine: Engine) -> bool:
        """Whether ``engine`` has the model that answers."""
        return engine.encoder is self._root().encoder

    def is_current_for_indexing(self, engine: Engine) -> bool:
        """Whether ``engine`` has the model that is to answer next."""
        coming = self._coming
        return self.is_current(engine) if coming is None else engine.encoder is coming.encoder

    @property
    def coming(self) -> str | None:
        """The key of the model that takes over when it has seen all photos."""
        coming = self._coming
        return None if coming is None else coming.encoder.card.key

    def status(self, engine: Engine) -> LibraryStatus:
        """The library as the model that answers sees it, by an engine of the calling thread."""
        return engine.status() if self.is_current(engine) else engine.seen_with(self._root().shared).status()

    def choose(self, engine: Engine, key: str) -> None:
        """Let this model answer, at once or when it has seen all photos; nobody may index meanwhile."""
        with self._sole:
            self._has_looked = True
            self._coming = None
            engine.set_setting(COMING_SETTING, None)
            if key == engine.encoder.card.key:
                engine.use_model(key)
                return
            shared = engine.with_model(key)
            if engine.has_seen_all(shared):
                self._let_answer(engine, shared)
            else:
                engine.set_setting(COMING_SETTING, key)
                self._coming = shared

    def on_seen_all(self, engine: Engine) -> bool:
        """A whole run of indexing has ended: the model that was to come, comes. Whether there was one."""
        with self._sole:
            coming = self._coming
            if coming is None or engine.encoder is not coming.encoder:
                return False
            self._let_answer(engine, coming)
            self._coming = None
            engine.set_setting(COMING_SETTING, None)
            return True

    def _let_answer(self, engine: Engine, shared: Shared) -> None:
        engine.use_model(shared.encoder.card.key)
        self._root().adopt(shared)  # the other threads see that theirs is not current any more, and open another

    def _look(self, engine: Engine) -> Shared | None:
        """The coming model; the first time it is asked of the library, where an earlier process has left it."""
        with self._sole:
            key = None if self._has_looked else engine.get_setting(COMING_SETTING)
            self._has_looked = True
            if key is None:
                return self._coming
            try:
                self._coming = engine.with_model(key)
            except KnownError as error:
                logger.warning("the model %s does not come: %s", key, error)
                engine.set_setting(COMING_SETTING, None)
            return self._coming
