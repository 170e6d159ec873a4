"""Asks for a newer version when a person presses the button, and never by itself."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from desktop.asking import Asker
from engine.protocol.methods import Empty

if TYPE_CHECKING:
    from desktop.engine_client import EngineClient
    from engine.protocol.methods import UpdateResult


class UpdateCheck(QWidget):
    """A button, and beside it what came of pressing it."""

    def __init__(self, client: EngineClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = Asker(client, self)
        self.button = QPushButton(self.tr("Check for a newer version"))
        self.button.setAutoDefault(False)
        self.button.clicked.connect(self._ask)
        self.answer = QLabel()
        self.answer.setWordWrap(True)
        self.answer.setOpenExternalLinks(True)
        self.answer.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.button)
        row.addWidget(self.answer, 1)

    def _ask(self) -> None:
        self.button.setEnabled(False)
        self.answer.setText(self.tr("One moment…"))
        self._asker.ask_anew("update.check", Empty(), self._on_answer, lambda _failure: self._say_unknown())

    def _on_answer(self, result: UpdateResult) -> None:
        self.button.setEnabled(True)
        if not result.answered:
            self._say_unknown()
        elif not result.is_newer:
            self.answer.setText(self.tr("You have the newest version."))
        elif result.page.startswith("https://"):
            words = self.tr("Version {version} can be had.").format(version=result.latest)
            self.answer.setText(f'<a href="{escape(result.page)}">{escape(words)}</a>')
        else:
            self.answer.setText(self.tr("Version {version} can be had.").format(version=result.latest))

    def _say_unknown(self) -> None:
        self.button.setEnabled(True)
        self.answer.setText(self.tr("Balloon could not ask for a newer version."))
