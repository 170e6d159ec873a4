"""Where the library lives, how large it is, and moving it to another place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton

from desktop import notices
from desktop.asking import Asker
from desktop.engine_client import ENGINE_GONE
from desktop.wording import byte_size
from engine.protocol import ErrorKind, PhotoPath
from engine.protocol.methods import Empty, LibraryMove

if TYPE_CHECKING:
    from desktop.engine_client import EngineClient
    from desktop.reply_decoder import EngineFailure
    from engine.protocol import LibraryStatus
    from engine.protocol.methods import Welcome


class LibraryPlace(QObject):
    """The place as a line to read and copy (``line``), and ``buttons`` to change it; a form has a row for each.

    The engine ends when it has moved the library, and the client starts it again: only what it then says where the
    library is tells whether the move came about.

    Signals:
        said(object): a sentence about the move.
        failed(object): an ``EngineFailure`` of the question where the library is.
    """

    said = Signal(object)
    failed = Signal(object)

    def __init__(self, client: EngineClient, parent: QObject) -> None:
        super().__init__(parent)
        self._client = client
        self._statuses, self._moves = Asker(client, self), Asker(client, self)
        self._before: str | None = None
        self._trouble = ""
        self.line = QLineEdit()
        self.line.setReadOnly(True)
        self.line.setAccessibleName(self.tr("Where the library lives"))
        self.copy_path = self._button(self.tr("Copy path"), self._copy)
        self.move_button = self._button(self.tr("Move…"), self.choose)
        self.move_button.setAccessibleName(self.tr("Move the library…"))
        self.size_label = QLabel()
        self.size_label.setObjectName("muted")
        self._lay_out()
        client.welcomed.connect(self._on_welcomed)

    def load(self) -> None:
        """Ask where the library is."""
        self._statuses.ask_anew("status", Empty(), self._on_status, self.failed.emit)

    def choose(self) -> None:
        """Let the person choose another place."""
        dialog = QFileDialog(self.line.window(), self.tr("Choose where the library shall live"), str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setLabelText(QFileDialog.DialogLabel.Accept, self.tr("Move here"))
        dialog.fileSelected.connect(lambda folder: self.move_to(Path(folder)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def move_to(self, folder: Path) -> None:
        """Move the library into this folder."""
        self._before, self._trouble = self.line.text(), ""
        self._set_enabled(False)
        self.said.emit(self.tr("The library is being moved. You can search meanwhile."))
        self._moves.ask_anew("library.move", LibraryMove(PhotoPath.of(folder)), lambda _moved: None, self._on_failed)

    def _lay_out(self) -> None:
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(8)
        self.buttons.addWidget(self.move_button)
        self.buttons.addWidget(self.copy_path)
        self.buttons.addWidget(self.size_label, 1)

    def _button(self, text: str, do: object) -> QPushButton:
        button = QPushButton(text)
        button.setEnabled(False)
        button.clicked.connect(do)
        return button

    def _set_enabled(self, is_enabled: bool) -> None:
        self.copy_path.setEnabled(is_enabled)
        self.move_button.setEnabled(is_enabled)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.line.text())

    def _on_status(self, status: LibraryStatus) -> None:
        self._show(status.library)
        self.size_label.setText(byte_size(status.byte_size))

    def _on_failed(self, failure: EngineFailure) -> None:
        if failure.kind == ENGINE_GONE:
            return  # that is how a move ends, too
        self._trouble = notices.sentence(failure)
        self.said.emit(self._trouble)
        if failure.kind in (ErrorKind.LIBRARY_BUSY, ErrorKind.LIBRARY_READ_ONLY):
            self._end_move()  # it was not even begun, and the engine stays

    def _on_welcomed(self, welcome: Welcome) -> None:
        if self._before is None:
            return
        if welcome.library != self._before:
            self.said.emit(self.tr("The library lives in {place} now.").format(place=welcome.library))
        elif not self._trouble:
            self.said.emit(notices.sentence_for(ENGINE_GONE))
        self._show(welcome.library)
        self._end_move()
        self.load()

    def _end_move(self) -> None:
        self._before = None
        self._set_enabled(True)

    def _show(self, place: str) -> None:
        self.line.setText(place)
        self.line.setCursorPosition(0)
        if self._before is None:
            self._set_enabled(True)
