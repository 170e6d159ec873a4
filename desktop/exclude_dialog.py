"""Which files and folders below a watched folder are left out: one pattern a line, kept in the library's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from desktop import notices
from desktop.asking import Asker
from desktop.notice_line import NoticeLine
from desktop.wording import file_name
from engine.protocol.methods import SettingValue

if TYPE_CHECKING:
    from desktop.engine_client import EngineClient
    from desktop.reply_decoder import EngineFailure
    from engine.protocol import FolderStatus


def exclude_key(folder_id: int) -> str:
    """The setting that holds a folder's patterns."""
    return f"folder.{folder_id}.exclude"


class ExcludeDialog(QDialog):
    """Edits the patterns of one folder; never modal.

    Signals:
        saved(folder_id): the engine has the new patterns.
    """

    saved = Signal(object)

    def __init__(self, client: EngineClient, folder: FolderStatus, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Leave out of “{folder}”").format(folder=file_name(folder.path)))
        self._folder_id = folder.folder_id
        self._asker = Asker(client, self)
        self.notice = NoticeLine(self)
        self.patterns = QPlainTextEdit()
        self.patterns.setAccessibleName(self.tr("Patterns, one a line"))
        self.patterns.setPlaceholderText("*.tmp\nScreenshots/*\n*/.cache/*")
        self.patterns.setTabChangesFocus(True)
        self.patterns.setEnabled(False)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.button(QDialogButtonBox.StandardButton.Save).setEnabled(False)
        self.buttons.accepted.connect(self._save)
        self.buttons.rejected.connect(self.close)
        explanation = QLabel(
            self.tr("One pattern a line; * stands for any letters. What matches is not indexed. Files are untouched.")
        )
        explanation.setWordWrap(True)
        column = QVBoxLayout(self)
        for widget in (explanation, self.patterns, self.notice, self.buttons):
            column.addWidget(widget)
        self.resize(440, 300)
        self._load()

    def _load(self) -> None:
        key = exclude_key(self._folder_id)
        self._asker.ask_anew("settings.get", SettingValue(key), self._on_loaded, self._on_not_loaded)

    def _on_loaded(self, setting: SettingValue) -> None:
        self.patterns.setPlainText(setting.value or "")
        self.patterns.setEnabled(True)
        self.buttons.button(QDialogButtonBox.StandardButton.Save).setEnabled(True)
        self.patterns.setFocus()

    def _on_not_loaded(self, failure: EngineFailure) -> None:
        self.notice.say(notices.sentence(failure), self.tr("Try again"), self._load)

    def _save(self) -> None:
        lines = [line.strip() for line in self.patterns.toPlainText().splitlines()]
        value = "\n".join(line for line in lines if line) or None
        setting = SettingValue(exclude_key(self._folder_id), value)
        self._asker.ask_anew("settings.set", setting, self._on_saved, self._on_not_saved)

    def _on_saved(self, _setting: SettingValue) -> None:
        self.saved.emit(self._folder_id)
        self.close()

    def _on_not_saved(self, failure: EngineFailure) -> None:
        self.notice.say(notices.sentence(failure))
