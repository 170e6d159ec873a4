"""The middle of the window: a line of facts, the engine's banner, and the scene: tiles, or a page that says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from desktop import notices
from desktop import results_words as words
from desktop.banner import Banner
from desktop.chips import clause_text, is_filter
from desktop.engine_client import EngineState
from desktop.first_start_page import FirstStartPage
from desktop.message_page import Message, MessagePage
from desktop.order_button import OrderButton
from desktop.results_state import Scene, Situation, possible_from, scene_of
from desktop.search_query import cut

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from desktop.engine_client import EngineClient, EngineFailure
    from desktop.library_state import LibraryState
    from desktop.photo_grid import PhotoGrid
    from desktop.photo_model import PhotoModel
    from desktop.search_query import Query
    from desktop.search_session import Browsed, Found, SearchSession
    from engine.protocol import Clause, Hit, SearchResult

_LATE_MS: Final = 1500
_SLOW_MS: Final = 300


class ResultsPage(QWidget):
    """Listens to the session, the library and the engine; shows the grid when there are photos to show.

    Signals:
        example_chosen(object): the text of a query that is offered.
        folders_asked(): the person wants to see the folders.
        recovery_seen(object): the person knows of the damaged library that lies there.
    """

    example_chosen = Signal(object)
    folders_asked = Signal()
    recovery_seen = Signal(object)

    def __init__(
        self, client: EngineClient, session: SearchSession, library: LibraryState, model: PhotoModel, grid: PhotoGrid
    ) -> None:
        super().__init__()
        self.scene = Scene.WAITING
        self._client, self._session, self._library = client, session, library
        self._model, self._grid = model, grid
        self._result: SearchResult | None = None
        self._total: int | None = None
        self._wants_closest = False
        self._is_late = False  # a start that takes no longer than usual needs no words
        QTimer.singleShot(_LATE_MS, self, self._on_late)
        self._slow = QTimer(self, singleShot=True, interval=_SLOW_MS)
        self._slow.timeout.connect(self._on_slow)
        self.recovery_told = ""
        self.summary = QLabel()
        self.summary.setObjectName("muted")
        self.order = OrderButton()
        self.banner = Banner()
        self.first_start = FirstStartPage(client)
        self.message = MessagePage()
        self.stack = QStackedWidget()
        self._build()
        self._connect()
        self.update_scene()

    def show_closest(self) -> None:
        """Show the closest photos although none of them is a good match."""
        self._wants_closest = True
        self._show_hits()

    def update_scene(self) -> None:
        """Choose the scene anew."""
        self.scene = scene_of(self._situation())
        self._show_banner()
        is_grid = self.scene == Scene.PHOTOS
        page: QWidget = self._grid if is_grid else self.message
        if self.scene == Scene.FIRST_START:
            page = self.first_start
        elif not is_grid:
            self.message.show_message(self._message())
        self.stack.setCurrentWidget(page)
        self.summary.setText(self._summary() if is_grid else "")
        self.order.setVisible(is_grid and bool(self._session.query.text.strip()) and self._result is not None)

    def _build(self) -> None:
        for page in (self._grid, self.first_start, self.message):
            self.stack.addWidget(page)
        head = QHBoxLayout()
        head.setContentsMargins(20, 0, 16, 0)
        head.addWidget(self.summary, 1)
        head.addWidget(self.order)
        top = QVBoxLayout()
        top.setContentsMargins(16, 0, 16, 0)
        top.addWidget(self.banner)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(top)
        column.addLayout(head)
        column.addWidget(self.stack, 1)
        self.summary.setMinimumHeight(28)
        self.summary.setTextFormat(Qt.TextFormat.PlainText)

    def _connect(self) -> None:
        self._session.found.connect(self._on_found)
        self._session.browsed.connect(self._on_browsed)
        self._session.busy_changed.connect(self._on_busy)
        self._session.page_came.connect(self._on_page)
        self._session.failed.connect(self._on_failed)
        self._library.changed.connect(self.update_scene)
        self._client.state_changed.connect(self.update_scene)
        self._grid.rows_wanted.connect(self._on_rows_wanted)
        self._grid.rows_seen.connect(self._on_rows_seen)
        self.message.example_chosen.connect(self.example_chosen)

    def _on_late(self) -> None:
        self._is_late = True
        self.update_scene()

    def _situation(self) -> Situation:
        return Situation(
            engine=self._client.state,
            status=self._library.status,
            is_indexing=self._library.is_indexing,
            query=self._session.query,
            result=self._result,
            total=self._total,
            shown=self._model.photo_count,
            wants_closest=self._wants_closest,
        )

    def _on_found(self, found: Found) -> None:
        self._result, self._total = found.result, None
        if found.is_fresh:
            self._wants_closest = False
        self._show_hits()
        if found.is_fresh:
            self._grid.scrollToTop()

    def _show_hits(self) -> None:
        result = self._result
        if result is None:
            return
        scene = scene_of(self._situation())
        # Behind "no good match" the grid is empty, so that the photos of an earlier search do not stay.
        hits: Sequence[Hit] = () if scene == Scene.NO_MATCH else result.hits
        divider = None if self._wants_closest else possible_from(result.hits)
        self._grid.is_search = True
        self._model.show_hits(hits, divider if hits else None, by_month=self._session.query.order == "date")
        self.update_scene()

    def _on_browsed(self, browsed: Browsed) -> None:
        self._result, self._total = None, browsed.total
        self._grid.is_search = False
        self._model.show_pages(browsed.total, browsed.offset, browsed.hits, browsed.months)
        if browsed.is_fresh:
            self._grid.scrollToTop()
        self.update_scene()

    def _on_busy(self, is_busy: bool) -> None:
        if is_busy:
            self._slow.start()
        else:
            self._slow.stop()

    def _on_slow(self) -> None:
        if self.scene == Scene.PHOTOS:
            self.summary.setText(self.tr("Searching…"))

    def _on_rows_wanted(self, offset: int, limit: int) -> None:
        if self._total is not None:
            self._session.want_page(self._model.generation, offset, limit)

    def _on_rows_seen(self, first: int) -> None:
        if self._total is not None:
            self._session.first_visible = first

    def _on_page(self, generation: int, offset: int, hits: tuple[Hit, ...]) -> None:
        self._model.fill(generation, offset, hits)

    def _on_failed(self, failure: EngineFailure) -> None:
        self.update_scene()
        self.banner.offer(notices.sentence(failure), self.tr("Try again"), self._session.refresh)

    def _show_banner(self) -> None:
        state, welcome = self._client.state, self._client.welcome
        if state == EngineState.RESTARTING:
            self.banner.say(notices.sentence_for("engine_restarting"))
        elif state == EngineState.STOPPED and self.scene != Scene.STOPPED:
            self.banner.offer(self._stopped_sentence(), self.tr("Try again"), self._client.start)
        elif (place := self._recovered_from()) is not None:
            self.banner.offer(notices.recovery_text(place), self.tr("OK"), lambda: self._on_recovery_told(place))
        elif welcome is not None and welcome.read_only and state == EngineState.READY:
            self.banner.say(notices.sentence_for("read_only"))
        else:
            self.banner.hide()

    def _recovered_from(self) -> str | None:
        place = self._library.status.recovered_from if self._library.status is not None else None
        return None if place == self.recovery_told else place

    def _on_recovery_told(self, place: str) -> None:
        self.recovery_told = place
        self.recovery_seen.emit(place)
        self.update_scene()

    def _stopped_sentence(self) -> str:
        failure = self._client.failure
        is_refusal = failure is not None and failure.kind != "engine_gone"
        return notices.sentence(failure) if failure and is_refusal else notices.sentence_for("engine_stopped")

    def _summary(self) -> str:
        if self._result is not None:
            return words.result_text(self._result, self._session.query, is_growing=self._library.is_growing)
        return words.count_text(self._total) if self._total is not None else ""

    def _message(self) -> Message:
        if self.scene == Scene.NO_MATCH and self._result is not None:
            return self._no_match(self._session.query, self._result)
        if self.scene == Scene.STOPPED:
            again = ((self.tr("Try again"), self._client.start),)
            return Message(self.tr("Search is not available"), self._stopped_sentence(), "offline", again)
        if self.scene in (Scene.LOOKING, Scene.NO_PHOTOS) and self._library.waits_for is not None:
            lead = notices.waiting_text(self._library.waits_for)
            actions = ((self.tr("Index now"), self._index_now),)
            return Message(self.tr("Your photos have not been looked at yet"), lead, "photo", actions)
        if self.scene == Scene.LOOKING:
            lead = self.tr("The first photos appear in a moment. You can search while the rest is looked at.")
            return Message(self.tr("Looking through your folders…"), lead, "photo", (), words.example_queries())
        if self.scene == Scene.NO_PHOTOS:
            lead = self.tr("Add another folder, or put photos into one of yours: they appear by themselves.")
            actions = ((self.tr("Show folders"), self.folders_asked.emit),)
            return Message(self.tr("There are no photos in your folders yet"), lead, "folder", actions)
        return Message(self.tr("One moment…") if self._is_late else "", "", "photo")

    def _index_now(self) -> None:
        self._client.request("index.resume")

    def _no_match(self, query: Query, result: SearchResult) -> Message:
        has_filters = any(map(is_filter, result.understood))
        lead = words.no_match_lead(result, has_filters=has_filters, is_growing=self._library.is_growing)
        actions = [(self.tr("Show the closest photos"), self.show_closest)] if result.hits else []
        actions += [self._without(query, clause) for clause in result.understood if is_filter(clause)]
        return Message(words.no_match_title(query), lead, "search", tuple(actions), words.example_queries())

    def _without(self, query: Query, clause: Clause) -> tuple[str, Callable[[], None]]:
        label = self.tr("Search without “{filter}”").format(filter=clause_text(clause))
        return label, lambda: self.example_chosen.emit(cut(query.text, clause.span))
