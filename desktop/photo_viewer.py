"""One photo, large: zoom, pan, next and previous, facts, and the relevance map of the query over it.

The thumbnail stands at once, the preview replaces it, and a sharper one comes when somebody zooms in. Every answer
is for the photo that is shown: moving on drops what is still on its way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop import notices
from desktop.asking import Asker
from desktop.notice_line import NoticeLine
from desktop.photo_canvas import ZOOM_STEP, PhotoCanvas
from desktop.photo_facts import PhotoFacts
from desktop.picture_loader import PictureLoader
from desktop.relevance_overlay import heat_image
from desktop.viewer_bar import ViewerBar
from desktop.word_chips import WordChips
from desktop.wording import file_name
from engine.protocol import ErrorKind
from engine.protocol.methods import ExplainRequest, Explanation, PhotoDetails, PhotoRequest, PreviewRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QImage, QKeyEvent, QResizeEvent

    from desktop.engine_client import EngineClient
    from desktop.reply_decoder import EngineFailure
    from engine.protocol.methods import PreviewResult

PREVIEW_EDGE = 2048
SHARPEST_EDGE = 8192
NARROW = 640  # pixels: less than that is no room for a photo and its facts
Key = Qt.Key
Modifier = Qt.KeyboardModifier
FOREIGN_MODIFIERS = Modifier.ControlModifier | Modifier.AltModifier | Modifier.MetaModifier


class PhotoViewer(QWidget):
    """Shows photos of ``order`` one at a time.

    Signals:
        closed(): Esc, or the button.
        photo_changed(photo_id): another photo is shown.
        captions_requested(photo_id): find captions that fit.
    """

    closed = Signal()
    photo_changed = Signal(object)
    captions_requested = Signal(object)

    def __init__(self, client: EngineClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.photo_id: int | None = None
        self._order: list[int] = []
        self._query = ""
        self._facts_made_room = False
        self._original_edge: int | None = None
        self._preview_edge = 0
        self._explanation: Explanation | None = None
        self._details, self._previews, self._reasons = Asker(client, self), Asker(client, self), Asker(client, self)
        self._loader = PictureLoader(self)
        self._loader.loaded.connect(self._on_loaded)
        self.bar = ViewerBar()
        self.canvas = PhotoCanvas()
        self.canvas.setAccessibleName(self.tr("Photo"))
        self.canvas.zoom_changed.connect(self.bar.show_zoom)
        self.canvas.sharper_wanted.connect(self._on_sharper_wanted)
        self.facts = PhotoFacts()
        self.facts.captions_wanted.connect(self._request_captions)
        self.chips = WordChips()
        self.chips.chosen.connect(self._show_heat)
        self.notice = NoticeLine()
        self._connect_bar()
        self._lay_out()
        self._keys = self._key_table()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocusProxy(self.canvas)

    def show_photo(self, photo_id: int, order: Sequence[int]) -> None:
        """Show a photo; ``order`` is what next and previous go through."""
        self._order = list(order)
        self._show(photo_id)
        self.canvas.setFocus()

    def explain(self, text: str, *, at_once: bool = True) -> None:
        """Lay the relevance map for ``text`` over this photo and the next ones, at once or when asked; "" for none."""
        self._query = text.strip()
        self.bar.map.setEnabled(bool(self._query))
        self.bar.map.setChecked(bool(self._query) and at_once)
        self._explain_again()

    def step(self, by: int) -> None:
        """Go ``by`` photos further in the order, and stop at its ends."""
        if self.photo_id not in self._order:
            return
        position = min(max(self._order.index(self.photo_id) + by, 0), len(self._order) - 1)
        if self._order[position] != self.photo_id:
            self._show(self._order[position])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The viewer's keys; see ``help.ShortcutSheet``."""
        if event.modifiers() & FOREIGN_MODIFIERS:  # Ctrl+C is not C
            super().keyPressEvent(event)
            return
        shift = bool(event.modifiers() & Modifier.ShiftModifier)
        pans = {Key.Key_Left: (-1, 0), Key.Key_Right: (1, 0), Key.Key_Up: (0, -1), Key.Key_Down: (0, 1)}
        if shift and event.key() in pans:
            self.canvas.pan(*pans[Key(event.key())])
        elif event.key() in self._keys:
            self._keys[Key(event.key())]()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it gets narrow the facts make room for the photo; they come back with the room."""
        super().resizeEvent(event)
        was_wide, is_wide = event.oldSize().width() not in range(NARROW), self.width() >= NARROW
        if was_wide and not is_wide and self.bar.facts.isChecked():
            self.bar.facts.setChecked(False)
            self._facts_made_room = True
        elif is_wide and self._facts_made_room:
            self.bar.facts.setChecked(True)
            self._facts_made_room = False

    def _key_table(self) -> dict[Qt.Key, Callable[[], object]]:
        return {
            Key.Key_Escape: self.close_viewer,
            Key.Key_Right: self._step_on,
            Key.Key_Left: self._step_back,
            Key.Key_Home: lambda: self.step(-len(self._order)),
            Key.Key_End: lambda: self.step(len(self._order)),
            Key.Key_Plus: self._zoom_in,
            Key.Key_Equal: self._zoom_in,
            Key.Key_Minus: self._zoom_out,
            Key.Key_0: self.canvas.fit,
            Key.Key_1: self.canvas.show_actual_size,
            Key.Key_R: self.bar.map.click,
            Key.Key_C: self._request_captions,
            Key.Key_I: self.bar.facts.click,
        }

    def close_viewer(self) -> None:
        """Want nothing any more and say so."""
        for asker in (self._details, self._previews, self._reasons):
            asker.drop()
        self._loader.drop()
        self.closed.emit()

    def _connect_bar(self) -> None:
        bar = self.bar
        bar.back.clicked.connect(self.close_viewer)
        bar.previous.clicked.connect(self._step_back)
        bar.next.clicked.connect(self._step_on)
        bar.zoom_out.clicked.connect(self._zoom_out)
        bar.zoom_in.clicked.connect(self._zoom_in)
        bar.fit.clicked.connect(self.canvas.fit)
        bar.map.clicked.connect(self._explain_again)
        bar.facts.toggled.connect(self.facts.setVisible)

    def _lay_out(self) -> None:
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.canvas, 1)
        middle.addWidget(self.facts)
        self.chips.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.notice)
        column.addLayout(middle, 1)
        column.addWidget(self.chips)

    def _show(self, photo_id: int) -> None:
        self.photo_id = photo_id
        self._original_edge, self._preview_edge, self._explanation = None, PREVIEW_EDGE, None
        self._loader.drop()
        self.canvas.clear()
        self.facts.clear()
        self.notice.clear()
        self.bar.title.clear()
        self.bar.show_position(photo_id, self._order)
        self._details.ask_anew("photo", PhotoRequest(photo_id), self._on_details, self._on_failed)
        self._ask_preview(PREVIEW_EDGE)
        self._explain_again()
        self.photo_changed.emit(photo_id)

    def _on_details(self, details: PhotoDetails) -> None:
        self._original_edge = max(details.width or 0, details.height or 0) or None
        self.facts.show_details(details)
        self.bar.title.setText(file_name(details.paths[0]) if details.paths else "")
        self.canvas.setAccessibleDescription(self.bar.title.text())
        if details.thumbnail is not None and self.canvas.picture_size().isEmpty() and self._previews.is_waiting:
            self._loader.load(details.photo_id, details.thumbnail)

    def _ask_preview(self, edge: int) -> None:
        if self.photo_id is not None:
            self._preview_edge = edge
            self._previews.ask_anew("preview", PreviewRequest(self.photo_id, edge), self._on_preview, self._on_failed)

    def _on_preview(self, preview: PreviewResult) -> None:
        self._loader.load(self.photo_id, preview.path)

    def _on_loaded(self, photo_id: object, image: QImage) -> None:
        if photo_id == self.photo_id:
            self.canvas.set_picture(image, self._original_edge)

    def _on_failed(self, failure: EngineFailure) -> None:
        self.notice.say(notices.sentence(failure))

    def _on_sharper_wanted(self, edge: int) -> None:
        original = self._original_edge or 0
        is_worth_it = original > self._preview_edge and edge > self._preview_edge
        if is_worth_it and self._preview_edge < SHARPEST_EDGE and not self._previews.is_waiting:
            self._ask_preview(min(original, SHARPEST_EDGE))

    def _explain_again(self) -> None:
        is_wanted = bool(self._query) and self.bar.map.isChecked()
        self.chips.setVisible(is_wanted)
        self._explanation = None
        self.canvas.set_heat(None)
        self._reasons.drop()
        if is_wanted and self.photo_id is not None:
            self.chips.say(self.tr("Looking at the words…"))
            request = ExplainRequest(self.photo_id, self._query)
            self._reasons.ask_anew("explain", request, self._on_explained, self._on_unexplained)

    def _on_explained(self, explanation: Explanation) -> None:
        if explanation.photo_id != self.photo_id:
            return
        self._explanation = explanation
        if not explanation.words:
            self.chips.say(self._nothing_to_see())
            return
        self.chips.show_words(explanation.words)
        self._show_heat(0)

    def _on_unexplained(self, failure: EngineFailure) -> None:
        has_no_words = failure.kind == ErrorKind.USAGE  # filters such as "2023" are nowhere to be seen in a photo
        self.chips.say(self._nothing_to_see() if has_no_words else notices.sentence(failure))

    def _nothing_to_see(self) -> str:
        return self.tr("No word of the query points to a part of this photo.")

    def _show_heat(self, position: int) -> None:
        words = self._explanation.words if self._explanation is not None else ()
        self.canvas.set_heat(heat_image(words[position]) if position < len(words) else None)

    def _step_on(self) -> None:
        self.step(1)

    def _step_back(self) -> None:
        self.step(-1)

    def _zoom_in(self) -> None:
        self.canvas.zoom_by(ZOOM_STEP)

    def _zoom_out(self) -> None:
        self.canvas.zoom_by(1 / ZOOM_STEP)

    def _request_captions(self) -> None:
        if self.photo_id is not None:
            self.captions_requested.emit(self.photo_id)
