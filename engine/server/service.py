"""Server: takes lines, hands out calls, sends answers, and ends in good order."""

from __future__ import annotations

import functools
import logging
import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import KnownError
from engine.protocol import ErrorKind
from engine.protocol.methods import MAX_LINE_BYTES, LibraryChanged, SearchImproved
from engine.server.calls import OpenCalls
from engine.server.context import Context, Place, Route
from engine.server.framing import LineReader, LineWriter
from engine.server.indexing import IndexingThread
from engine.server.installs import ModelInstalls
from engine.server.lanes import Lane, OwnEngine
from engine.server.messages import (
    INVALID_REQUEST,
    Call,
    MessageError,
    error_message,
    notification_message,
    read_call,
)
from engine.server.model_choice import ModelChoice
from engine.server.routes import ROUTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.api import Engine
    from engine.protocol import SearchResult
    from engine.server.framing import ReadsBytes, WritesBytes
    from engine.server.waiting import Surroundings

logger = logging.getLogger(__name__)

READER_THREADS = 2
END_WITHIN_S = 4.0


@dataclass(frozen=True, slots=True)
class Opened:
    """The library as far as it could be opened.

    With an ``engine`` and a ``trouble`` it can only be read, and the trouble says why; without an engine every request
    is answered with the trouble.
    """

    engine: Engine | None
    trouble: KnownError | None = None


class Server:
    """Serves one desktop until it hangs up. Belongs to the main thread."""

    def __init__(
        self, opened: Opened, source: ReadsBytes, target: WritesBytes, surroundings: Surroundings | None = None
    ) -> None:
        self._opened = opened
        self._source = source
        self._inbox: queue.SimpleQueue[bytes | _End | None] = queue.SimpleQueue()
        self._writer = LineWriter(target, self.stop)
        self._calls = OpenCalls(self._writer)
        self._models = ModelChoice(self._root)
        self._installs = ModelInstalls(self._notify)
        self._readers = Lane("reader", READER_THREADS, functools.partial(self._own_engine, write=False))
        self._edits = Lane("edits", 1, functools.partial(self._own_engine, write=True))
        self._indexing = IndexingThread(self._models, self._notify, surroundings)
        self._main_engine = OwnEngine(self._root)
        self._last_search: Call | None = None

    def stop(self) -> None:
        """End ``serve`` soon; from any thread and from a signal handler."""
        self._inbox.put(_END)

    def serve(self) -> bool:
        """Answer until the input ends or ``stop``; False when a thread would not end (it hangs in the system)."""
        threads = self._start()
        while True:
            line = self._inbox.get()
            if isinstance(line, _End):
                break
            self._take(line)
        self._calls.cancel_all()
        for part in (self._readers, self._edits, self._indexing):
            part.stop()
        return _join([*threads, *self._installs.stop()])

    def _start(self) -> list[threading.Thread]:
        threading.Thread(target=self._listen, name="input", daemon=True).start()
        if self._opened.engine is None:
            return []
        self._readers.start()
        if self._opened.trouble is not None:
            return self._readers.threads
        self._edits.start()
        self._indexing.start()
        return [*self._readers.threads, *self._edits.threads, *self._indexing.threads]

    def _listen(self) -> None:
        for line in LineReader(self._source, MAX_LINE_BYTES):
            if line is None or line.strip():
                self._inbox.put(line)
        self._inbox.put(_END)

    def _root(self) -> Engine:
        if self._opened.engine is None:
            raise self._opened.trouble or KnownError(ErrorKind.INTERNAL, "The library was not opened.")
        return self._opened.engine

    def _own_engine(self, *, write: bool) -> OwnEngine:
        return OwnEngine(functools.partial(self._models.open, write=write), self._models.is_current)

    # Taking calls

    def _take(self, line: bytes | None) -> None:
        try:
            call = read_call(line)
        except MessageError as error:
            logger.warning("a line of the desktop was refused: %s", error)
            if not error.is_notification:
                self._writer.send(error_message(error.id, error.code, ErrorKind.USAGE, str(error)))
            return
        if call.id is None:
            self._cancel(call.request.request)
        else:
            self._accept(call, ROUTES[call.method])

    def _cancel(self, id_: int) -> None:
        self._calls.cancel(id_)
        if self._last_search is not None and self._last_search.id == id_:
            self._last_search = None

    def _accept(self, call: Call, route: Route) -> None:
        place, is_writing = route.for_request(call.request)
        if not self._calls.add(call, may_be_left=place is Place.READ):
            sentence = f"the id {call.id} belongs to a request that is not answered yet"
            self._writer.send(error_message(None, INVALID_REQUEST, ErrorKind.USAGE, sentence))
            return
        if (
            self._opened.trouble is not None
            and (is_writing or self._opened.engine is None)
            and call.method != "shutdown"
        ):
            self._calls.refuse(call, self._opened.trouble)
            return
        if route.improves:
            self._last_search = call
        job = functools.partial(self._answer, call, route)
        if place is Place.MAIN:
            job(self._main_engine)
        else:
            (self._readers if place is Place.READ else self._edits).put(job)

    # Answering, on whichever thread

    def _answer(self, call: Call, route: Route, own: OwnEngine) -> None:
        if not self._calls.start(call, own):
            return
        try:
            result = route.answer(self._context(own), call.request)
            is_wanted = self._calls.answer(call, result)
        except KnownError as error:
            self._calls.refuse(call, error)
        except Exception:  # the border of a request: a bug is answered as such and the engine keeps serving
            if self._calls.is_open(call):  # else this is what being interrupted looks like
                logger.exception("%s failed", call.method)
            self._calls.fail(call)
        else:
            self._follow(call, route, result, is_wanted=is_wanted)

    def _context(self, own: OwnEngine) -> Context:
        return Context(
            own,
            self._indexing,
            self._models,
            self._installs,
            self._later,
            self._edits.stop,
            self.stop,
            self._opened.trouble is not None,
        )

    def _follow(self, call: Call, route: Route, result: Any, *, is_wanted: bool) -> None:
        if route.improves and is_wanted:
            self._readers.put_spare(functools.partial(self._improve, call, result))
        if route.changes:
            self._edits.put_spare(self._tell_changed)

    def _improve(self, call: Call, result: SearchResult, own: OwnEngine) -> None:
        def improve() -> None:
            better = own().improve(call.request, result) if self._last_search is call else None
            if better is not None and self._last_search is call and call.id is not None:
                self._notify("search.improved", SearchImproved(call.id, better))

        _guarded(improve, "improving a search")

    def _tell_changed(self, own: OwnEngine) -> None:
        _guarded(lambda: self._notify("library.changed", LibraryChanged(own().status())), "telling a change")

    def _later(self, edit: Callable[[Engine], None]) -> None:
        self._edits.put(lambda own: _guarded(lambda: edit(own()), "an edit nobody waits for"))

    def _notify(self, method: str, value: Any) -> None:
        self._writer.send(notification_message(method, value))


class _End:
    """In the inbox: there is nothing more to take."""


_END = _End()


def _guarded(work: Callable[[], None], name: str) -> None:
    """Do what no request waits for."""
    try:
        work()
    except KnownError as error:
        logger.warning("%s did not work: %s", name, error)
    except Exception:  # the same border as that of a request
        logger.exception("%s failed", name)


def _join(threads: list[threading.Thread]) -> bool:
    deadline = time.monotonic() + END_WITHIN_S
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    late = [thread.name for thread in threads if thread.is_alive()]
    if late:
        logger.warning("these threads did not end in time: %s", ", ".join(late))
    return not late
