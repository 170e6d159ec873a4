"""The search field: words, photos, what was understood, earlier searches. It says what is asked for; others search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from desktop.chips import ChipRow, PhotoChip
from desktop.icons import wear_icon
from desktop.photo_files import MAX_PHOTOS
from desktop.query_history import QueryHistory
from desktop.search_edit import SearchEdit
from desktop.search_query import PhotoTerm, Query, cut
from engine.protocol import PhotoPath

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PySide6.QtGui import QHideEvent

    from desktop.engine_client import EngineClient
    from engine.protocol import Clause

_PAUSE_MS: Final = 150
_ICON: Final = 20


class SearchBar(QWidget):
    """The field and its chips.

    Signals:
        query_changed(object): ``Query``, 150 ms after the last key, at once for everything else.
        query_submitted(object): ``Query``, when Enter was pressed: this one is worth remembering.
        left_downwards(): the arrow key wants to go to the photos.
    """

    query_changed = Signal(object)
    query_submitted = Signal(object)
    left_downwards = Signal()

    def __init__(self, client: EngineClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._photos: tuple[PhotoTerm, ...] = ()
        self._understood_text = ""
        self._last = Query()
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._announce)
        self.edit = SearchEdit()
        self.chips = ChipRow()
        self._history = QueryHistory(client, self)
        self._history.picked.connect(self.set_text)
        self._build()
        self.edit.textChanged.connect(self._on_text)
        self.edit.returnPressed.connect(self._submit)
        self.edit.photos_given.connect(self.add_files)
        self.edit.down_pressed.connect(self._on_down)
        self.edit.focus_changed.connect(self._on_focus)
        self.chips.removed.connect(self._on_chip_removed)

    @property
    def query(self) -> Query:
        """What the field says now."""
        return Query(self.edit.text(), self._photos)

    def set_query(self, query: Query) -> None:
        """Put words and photos into the field and search for them at once."""
        self._set_photos(query.photos)
        self.edit.setText(query.text)
        self._announce()

    def set_text(self, text: str) -> None:
        """Search for these words alone."""
        self._set_photos(())
        self.edit.setText(text)
        self._submit()

    def add_photos(self, photos: Sequence[PhotoTerm]) -> None:
        """Search by these photos too."""
        known = {photo.path for photo in self._photos}
        added = tuple(photo for photo in photos if photo.path not in known)
        self._set_photos((*self._photos, *added)[-MAX_PHOTOS:])
        self._announce()

    def add_files(self, paths: Sequence[Path]) -> None:
        """Search by these files too."""
        self.add_photos([PhotoTerm(PhotoPath.of(path)) for path in paths])

    def set_files(self, paths: Sequence[Path]) -> None:
        """Search by these files alone."""
        self.set_query(Query(photos=tuple(PhotoTerm(PhotoPath.of(path)) for path in paths[:MAX_PHOTOS])))

    def show_understood(self, text: str, clauses: Sequence[Clause]) -> None:
        """Show as chips what the engine made of ``text``; an answer to an earlier text is no news."""
        if text == self.edit.text():
            self._understood_text = text
            self.chips.show_clauses(clauses)

    def focus_words(self) -> None:
        """Let the person type."""
        self.edit.setFocus()
        self.edit.selectAll()

    def type_words(self, text: str) -> None:
        """Take the focus and what was typed elsewhere, in place of the words here."""
        self.edit.setFocus()
        self.edit.setText(text)

    def photo_chips(self) -> list[PhotoChip]:
        """The photos in the field."""
        return self._photo_place.findChildren(PhotoChip)

    def hideEvent(self, event: QHideEvent) -> None:
        """Announce nothing that nobody sees."""
        super().hideEvent(event)
        self._pause.stop()

    def _build(self) -> None:
        self._show_hint()
        self.edit.setAccessibleName(self.tr("Search"))
        self.edit.setFrame(False)
        self._field = QFrame()
        self._field.setObjectName("searchField")
        glass = QLabel()
        wear_icon(glass, "search", _ICON)
        self._photo_place = QWidget()
        self._photo_place.setVisible(False)
        self._photo_row = QHBoxLayout(self._photo_place)
        self._photo_row.setContentsMargins(0, 0, 0, 0)
        self._photo_row.setSpacing(4)
        self.clear_button = self._button("close", self.tr("Clear the search"), self.clear)
        self.clear_button.setVisible(False)
        self.history_button = self._button("history", self.tr("Recent and saved searches"), self._open_history)
        row = QHBoxLayout(self._field)
        row.setContentsMargins(12, 2, 6, 2)
        for widget in (glass, self._photo_place, self.edit, self.clear_button, self.history_button):
            row.addWidget(widget, 1 if widget is self.edit else 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._field)
        column.addWidget(self.chips)

    def clear(self) -> None:
        """Empty the field: all photos by date."""
        self.set_query(Query())
        self.edit.setFocus()

    def _button(self, name: str, text: str, do: object) -> QToolButton:
        button = QToolButton()
        wear_icon(button, name, _ICON - 2)
        button.setAccessibleName(text)
        button.setToolTip(text)
        button.clicked.connect(do)
        return button

    def _set_photos(self, photos: tuple[PhotoTerm, ...]) -> None:
        if photos == self._photos:
            return
        self._photos = photos
        for chip in self.photo_chips():
            chip.setParent(None)
            chip.deleteLater()
        for photo in photos:
            chip = PhotoChip(photo)
            chip.removed.connect(lambda photo=photo: self._remove_photo(photo))
            self._photo_row.addWidget(chip)
        self._photo_place.setVisible(bool(photos))
        self._show_hint()
        self._show_clear()

    def _show_hint(self) -> None:
        example = self.tr("Search your photos, for example “red balloon over the sea”")
        self.edit.setPlaceholderText(self.tr("Add words…") if self._photos else example)

    def _remove_photo(self, photo: PhotoTerm) -> None:
        self._set_photos(tuple(kept for kept in self._photos if kept != photo))
        self._announce()
        self.edit.setFocus()

    def _on_text(self, text: str) -> None:
        if text != self._understood_text:
            self.chips.clear()
        self._show_clear()
        self._pause.start()

    def _show_clear(self) -> None:
        self.clear_button.setVisible(bool(self.edit.text() or self._photos))

    def _announce(self) -> None:
        self._pause.stop()
        if self.query != self._last:
            self._last = self.query
            self.query_changed.emit(self.query)

    def _submit(self) -> None:
        self._pause.stop()
        self._last = self.query
        self.query_submitted.emit(self.query)

    def _on_chip_removed(self, clause: Clause) -> None:
        self.edit.setText(cut(self._understood_text, clause.span))
        self._announce()
        self.edit.setFocus()

    def _on_down(self) -> None:
        if self.query.is_empty:
            self._open_history()
        else:
            self.left_downwards.emit()

    def _open_history(self) -> None:
        self._history.open(self.edit.text())

    def _on_focus(self, has_focus: bool) -> None:
        self._field.setProperty("focused", has_focus)
        self._field.style().unpolish(self._field)
        self._field.style().polish(self._field)
