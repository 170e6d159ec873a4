"""One search at a time: asks the engine, the newest question wins, and asks again when the library has grown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from desktop.engine_client import ENGINE_GONE
from desktop.search_query import Query
from engine.protocol.methods import BrowseRequest, BrowseResult

if TYPE_CHECKING:
    from desktop.engine_client import EngineClient, EngineFailure, Reply
    from engine.protocol import Hit, SearchResult
    from engine.protocol.methods import MonthCount, SearchImproved

_REFRESH_MS: Final = 1500
_PHOTOS_PER_MS: Final = 10  # a list of 100,000 photos is laid out anew every ten seconds at most
_PAGE: Final = 300


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a search. ``is_fresh`` is False when the same question was asked again in the background."""

    query: Query
    result: SearchResult
    is_fresh: bool


@dataclass(frozen=True, slots=True)
class Browsed:
    """All photos by date: how many there are, of which months, and those from ``offset`` on. ``is_fresh`` as above."""

    total: int
    offset: int
    hits: tuple[Hit, ...]
    months: tuple[MonthCount, ...]
    is_fresh: bool


class SearchSession(QObject):
    """Holds the query and the request under way.

    Signals:
        found(object): ``Found``.
        browsed(object): ``Browsed``.
        page_came(object, object, object): the token given to ``want_page``, an offset, and hits.
        failed(object): the ``EngineFailure`` of a question a person has asked.
        busy_changed(object): True while such a question is under way.
    """

    found = Signal(object)
    browsed = Signal(object)
    page_came = Signal(object, object, object)
    failed = Signal(object)
    busy_changed = Signal(object)

    def __init__(self, client: EngineClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.query = Query()
        self.first_visible = 0
        self._client = client
        self._reply: Reply | None = None
        self._pages: Reply | None = None
        self._answered: tuple[int, Query] | None = None
        self._is_lost = False
        self._total = 0
        self._again = QTimer(self, singleShot=True)
        self._again.timeout.connect(self.refresh)
        self._rest = QElapsedTimer()
        self._rest.start()
        client.search_improved.connect(self._on_improved)
        client.library_changed.connect(self._on_library_changed)
        client.index_finished.connect(self.refresh)
        client.welcomed.connect(self._on_welcomed)

    @property
    def is_busy(self) -> bool:
        """Whether a question of a person is under way."""
        return self._reply is not None

    def ask(self, query: Query, *, remember: bool = False) -> None:
        """Ask this now; an earlier question that has no answer yet is cancelled."""
        self.query = query
        self._answered = None
        self.first_visible = 0
        self._send(is_fresh=True, remember=remember)

    def refresh(self) -> None:
        """Ask the same again in the background, unless the person's own question is still under way."""
        if self._reply is None:
            self._send(is_fresh=False, remember=False)

    def want_page(self, token: object, offset: int, limit: int) -> None:
        """Ask for a part of all photos; the part asked for before is no longer in view and is given up."""
        if self._pages is not None:
            self._pages.cancel()
        self._pages = self._client.request("browse", BrowseRequest(offset, limit))
        self._pages.finished.connect(lambda result: self._on_page(token, offset, result))
        self._pages.failed.connect(self._on_page_failed)

    def stop(self) -> None:
        """Give up what is under way."""
        self._again.stop()
        self._cancel()
        if self._pages is not None:
            self._pages.cancel()
            self._pages = None

    def _send(self, *, is_fresh: bool, remember: bool) -> None:
        self._cancel()
        self._again.stop()
        self._rest.restart()
        self._is_lost = False
        query = self.query
        if query.is_empty:
            offset = max(0, self.first_visible - _PAGE // 3)
            reply = self._client.request("browse", BrowseRequest(offset, _PAGE, months=True))
            reply.finished.connect(lambda result: self._on_browsed(offset, result, is_fresh=is_fresh))
        else:
            reply = self._client.request(*query.request(remember=remember))
            reply.finished.connect(lambda result: self._on_found(reply.request_id, query, result, is_fresh=is_fresh))
        reply.failed.connect(lambda failure: self._on_failed(failure, is_fresh=is_fresh))
        self._reply = reply
        if is_fresh:
            self.busy_changed.emit(True)

    def _cancel(self) -> None:
        if self._reply is not None:
            self._reply.cancel()
            self._finish()

    def _on_found(self, request_id: int, query: Query, result: SearchResult, *, is_fresh: bool) -> None:
        self._finish()
        self._answered = request_id, query
        self.found.emit(Found(query, result, is_fresh))

    def _on_browsed(self, offset: int, result: BrowseResult, *, is_fresh: bool) -> None:
        self._finish()
        self._total = result.total
        self.browsed.emit(Browsed(result.total, offset, result.hits, result.months, is_fresh))

    def _on_failed(self, failure: EngineFailure, *, is_fresh: bool) -> None:
        self._finish()
        # A question that died with the engine is asked again when the engine is back: nobody needs to hear of it.
        self._is_lost = failure.kind == ENGINE_GONE
        if is_fresh and not self._is_lost:
            self.failed.emit(failure)

    def _finish(self) -> None:
        self._reply = None
        self.busy_changed.emit(False)

    def _on_page(self, token: object, offset: int, result: BrowseResult) -> None:
        self._pages = None
        self.page_came.emit(token, offset, result.hits)

    def _on_page_failed(self, _failure: EngineFailure) -> None:
        self._pages = None

    def _on_improved(self, improved: SearchImproved) -> None:
        if self._answered is not None and self._answered[0] == improved.request and self._reply is None:
            self.found.emit(Found(self._answered[1], improved.result, is_fresh=False))

    def _on_library_changed(self, _changed: object) -> None:
        # The first news is followed at once, what comes soon after it together.
        if not self._again.isActive():
            pause_ms = max(_REFRESH_MS, self._total // _PHOTOS_PER_MS)
            self._again.start(0 if self._rest.hasExpired(pause_ms) else pause_ms)

    def _on_welcomed(self, _welcome: object) -> None:
        if self._reply is None:
            self._send(is_fresh=self._is_lost, remember=False)
