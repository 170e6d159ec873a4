"""The thread that installs a model: one at a time, told as ``models.progress``, called off when asked."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, TypeAlias

from engine.errors import KnownError
from engine.protocol import ErrorKind
from engine.protocol.model_methods import ModelInstall, ModelProgress

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.server.reports import Notify

    Install: TypeAlias = Callable[[ModelInstall, Callable[[str, int, int], None], Callable[[], bool]], str]
    """Installs a model, telling phase, bytes done and in all, and gives its key."""

logger = logging.getLogger(__name__)

TELL_EVERY_S = 0.2


class ModelInstalls:
    """Installs models beside everything else. The methods may be called from any thread."""

    def __init__(self, notify: Notify) -> None:
        self._notify = notify
        self._sole = threading.Lock()
        self._thread: threading.Thread | None = None
        self._called_off = threading.Event()

    def start(self, request: ModelInstall, install: Install) -> None:
        """Begin; raises ``KnownError`` (USAGE) while another is being installed."""
        with self._sole:
            if self._thread is not None and self._thread.is_alive():
                raise KnownError(ErrorKind.USAGE, "Another model is being installed. Wait until that is done.")
            self._called_off.clear()
            self._thread = threading.Thread(target=self._work, args=(request, install), name="installer", daemon=True)
            self._thread.start()

    def cancel(self) -> None:
        """Call it off; the last ``models.progress`` says how it ended."""
        self._called_off.set()

    def stop(self) -> list[threading.Thread]:
        """Call it off for good; gives the thread that is to be waited for, if there is one."""
        self.cancel()
        with self._sole:
            return [] if self._thread is None else [self._thread]

    def _work(self, request: ModelInstall, install: Install) -> None:
        telling = _Telling(request.source, self._notify)
        try:
            key = install(request, telling, self._called_off.is_set)
        except KnownError as error:
            phase = "cancelled" if error.kind is ErrorKind.CANCELLED else "failed"
            self._end(ModelProgress(request.source, phase, kind=error.kind, message=str(error)))
        except Exception:  # the border of this thread: a bug ends the installation, not the engine
            logger.exception("installing %s failed", request.source)
            sentence = "Something went wrong inside Balloon. The log tells more."
            self._end(ModelProgress(request.source, "failed", kind=ErrorKind.INTERNAL, message=sentence))
        else:
            self._end(ModelProgress(request.source, "done", key=key))

    def _end(self, progress: ModelProgress) -> None:
        self._notify("models.progress", progress)


class _Telling:
    """Tells a new phase at once, and bytes a few times a second."""

    def __init__(self, source: str, notify: Notify) -> None:
        self._source = source
        self._notify = notify
        self._phase = ""
        self._due = 0.0

    def __call__(self, phase: str, done: int, total: int) -> None:
        now = time.monotonic()
        if phase == self._phase and now < self._due:
            return
        self._phase, self._due = phase, now + TELL_EVERY_S
        self._notify("models.progress", ModelProgress(self._source, phase, done, total))
