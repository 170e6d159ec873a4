"""The side panel with everything known about the chosen photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop import notices
from desktop.asking import Asker
from desktop.notice_line import NoticeLine
from desktop.photo_facts import PhotoFacts
from engine.protocol.methods import PhotoDetails, PhotoRequest

if TYPE_CHECKING:
    from desktop.engine_client import EngineClient, EngineFailure


class PropertiesPanel(QWidget):
    """Shows the facts of one photo.

    Signals:
        captions_requested(object): a photo id; find captions that fit.
    """

    captions_requested = Signal(object)

    def __init__(self, client: EngineClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.photo_id: int | None = None
        self._asker = Asker(client, self)
        self.notice = NoticeLine()
        self.facts = PhotoFacts()
        self.facts.setMaximumWidth(16777215)  # Qt's QWIDGETSIZE_MAX: as wide as the side panel
        self.facts.captions_wanted.connect(lambda: self.captions_requested.emit(self.photo_id))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.notice)
        column.addWidget(self.facts, 1)
        self.notice.hide()

    def show_photo(self, photo_id: int) -> None:
        """Ask for the facts of this photo and show them."""
        self.photo_id = photo_id
        self._asker.ask_anew("photo", PhotoRequest(photo_id), self._on_details, self._on_failed)

    def _on_details(self, details: PhotoDetails) -> None:
        self.notice.hide()
        self.facts.show_details(details)

    def _on_failed(self, failure: EngineFailure) -> None:
        self.facts.clear()
        self.notice.say(notices.sentence(failure))
