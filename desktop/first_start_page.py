"""The first thing a person sees: choose folders, and indexing starts at once. Nothing else to decide."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop import notices
from desktop.elided_label import ElidedLabel
from desktop.folder_dialogs import folder_chooser
from desktop.icons import wear_icon
from desktop.notice_line import NoticeLine
from desktop.theme import grown
from engine.protocol import PhotoPath
from engine.protocol.methods import FolderAdd

if TYPE_CHECKING:
    from desktop.engine_client import EngineClient, EngineFailure

_COLUMN: Final = 520
_BALLOON: Final = 96


class FirstStartPage(QWidget):
    """Offers the system's pictures folder, and any other. Photos appear as soon as the engine has found some."""

    def __init__(self, client: EngineClient, pictures: Path | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._pictures = pictures or _pictures_folder()
        self.notice = NoticeLine()
        self.add_button = QPushButton(self.tr("Add this folder"))
        self.add_button.setObjectName("primary")
        self.add_button.setAccessibleDescription(str(self._pictures or ""))
        self.add_button.clicked.connect(self._add_pictures)
        has_offer = self._pictures is not None
        self.choose_button = QPushButton(self.tr("Choose other folders…") if has_offer else self.tr("Choose folders…"))
        self.choose_button.setObjectName("" if has_offer else "primary")
        self.choose_button.clicked.connect(self.choose)
        self._build()

    def choose(self) -> None:
        """Let the person pick folders."""
        folder_chooser(self, self._add_all).open()

    def add(self, folder: Path) -> None:
        """Watch a folder from now on."""
        self.notice.hide()
        self.add_button.setEnabled(False)
        reply = self._client.request("folders.add", FolderAdd(PhotoPath.of(folder)))
        reply.finished.connect(lambda _folder: self.add_button.setEnabled(True))
        reply.failed.connect(self._on_failed)

    def _add_all(self, folders: list[str]) -> None:
        for folder in folders:
            self.add(Path(folder))

    def _add_pictures(self) -> None:
        if self._pictures is not None:
            self.add(self._pictures)

    def _on_failed(self, failure: EngineFailure) -> None:
        self.add_button.setEnabled(True)
        self.notice.say(notices.sentence(failure))

    def _build(self) -> None:
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addStretch(2)
        column.addWidget(self._picture())
        column.addWidget(_label("title", self.tr("Find photos by what is in them")))
        lead = self.tr("Choose where your photos are. You can search as soon as the first ones have been looked at.")
        column.addWidget(_label("lead", lead))
        column.addSpacing(12)
        if self._pictures is not None:
            column.addWidget(self._folder_card(self._pictures))
        column.addWidget(self.choose_button, alignment=Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self.notice)
        column.addSpacing(16)
        promise = self.tr("Everything stays on this computer. Your photos are only read, never changed.")
        column.addWidget(_label("muted", promise))
        column.addStretch(3)
        middle = QWidget()
        middle.setMaximumWidth(grown(_COLUMN))
        middle.setLayout(column)
        row = QHBoxLayout(self)
        row.addStretch(1)
        row.addWidget(middle, 100)
        row.addStretch(1)

    def _picture(self) -> QLabel:
        picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        wear_icon(picture, "balloon", _BALLOON)
        return picture

    def _folder_card(self, folder: Path) -> QFrame:
        card = QFrame()
        card.setObjectName("folderRow")
        picture = QLabel()
        wear_icon(picture, "folder", 28)
        name = QLabel(folder.name)
        name.setObjectName("heading")
        place = ElidedLabel()
        place.setText(str(folder))
        place.setObjectName("muted")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(name)
        words.addWidget(place)
        row = QHBoxLayout(card)
        row.setContentsMargins(16, 14, 16, 14)
        row.setSpacing(14)
        row.addWidget(picture)
        row.addLayout(words, 1)
        row.addWidget(self.add_button)
        return card


def _pictures_folder() -> Path | None:
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
    return Path(place) if place and Path(place).is_dir() and Path(place) != Path.home() else None


def _label(name: str, text: str) -> QLabel:
    label = QLabel(text, alignment=Qt.AlignmentFlag.AlignCenter)
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
