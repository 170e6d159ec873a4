"""Controls for settings that live in the library: each asks for its value, and stores what the person chooses at once.

Until the value is known a control is disabled; a choice that could not be stored is taken back.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from desktop.asking import Asker
from engine.protocol.methods import SettingValue

if TYPE_CHECKING:
    from desktop.engine_client import EngineClient
    from desktop.reply_decoder import EngineFailure

YES, NO = "true", "false"
MAX_WORKERS = 16


class SettingCheckBox(QCheckBox):
    """A setting that is on or off.

    Signals:
        failed(failure): an ``EngineFailure``; the choice was taken back.
    """

    failed = Signal(object)

    def __init__(
        self, client: EngineClient, key: str, text: str, *, default: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(text, parent)
        self._key, self._default = key, default
        self._asker = Asker(client, self)
        self._stored = default
        self.setEnabled(False)
        self.toggled.connect(self._on_toggled)

    def load(self) -> None:
        """Ask for the value."""
        self._asker.ask_anew("settings.get", SettingValue(self._key), self._on_value, self._on_failed)

    def _on_value(self, setting: SettingValue) -> None:
        self._stored = self._default if setting.value is None else setting.value == YES
        self._put_back()
        self.setEnabled(True)

    def _on_toggled(self, checked: bool) -> None:
        setting = SettingValue(self._key, YES if checked else NO)
        self._asker.ask_anew("settings.set", setting, self._on_value, self._on_failed)

    def _on_failed(self, failure: EngineFailure) -> None:
        self._put_back()
        self.failed.emit(failure)

    def _put_back(self) -> None:
        with QSignalBlocker(self):
            self.setChecked(self._stored)


class SettingLine(QLineEdit):
    """A setting that is a text; an empty one is the default.

    Signals:
        stored(): the person's text has been stored.
        failed(failure): an ``EngineFailure``; the text was taken back.
    """

    stored = Signal()
    failed = Signal(object)

    def __init__(self, client: EngineClient, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = key
        self._asker = Asker(client, self)
        self._stored = ""
        self.setEnabled(False)
        self.editingFinished.connect(self._on_edited)

    def load(self) -> None:
        """Ask for the value."""
        self._asker.ask_anew("settings.get", SettingValue(self._key), self._on_value, self._on_failed)

    def _on_value(self, setting: SettingValue) -> None:
        self._stored = setting.value or ""
        self.setText(self._stored)
        self.setEnabled(True)

    def _on_edited(self) -> None:
        text = self.text().strip()
        if text != self._stored:
            setting = SettingValue(self._key, text or None)
            self._asker.ask_anew("settings.set", setting, self._on_stored, self._on_failed)

    def _on_stored(self, setting: SettingValue) -> None:
        self._on_value(setting)
        self.stored.emit()

    def _on_failed(self, failure: EngineFailure) -> None:
        self.setText(self._stored)
        self.failed.emit(failure)


class WorkersBox(QComboBox):
    """How many processes read photos; "automatic" is stored as the default.

    Signals:
        failed(failure): an ``EngineFailure``; the choice was taken back.
    """

    failed = Signal(object)

    def __init__(self, client: EngineClient, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = key
        self._asker = Asker(client, self)
        self._stored: str | None = None
        self.addItem(self.tr("Automatic"), None)
        for count in range(1, min(os.cpu_count() or 1, MAX_WORKERS) + 1):
            self.addItem(str(count), str(count))
        self.setEnabled(False)
        self.activated.connect(self._on_activated)

    def load(self) -> None:
        """Ask for the value."""
        self._asker.ask_anew("settings.get", SettingValue(self._key), self._on_value, self._on_failed)

    def _on_value(self, setting: SettingValue) -> None:
        self._stored = setting.value
        self._put_back()
        self.setEnabled(True)

    def _on_activated(self) -> None:
        setting = SettingValue(self._key, self.currentData())
        self._asker.ask_anew("settings.set", setting, self._on_value, self._on_failed)

    def _on_failed(self, failure: EngineFailure) -> None:
        self._put_back()
        self.failed.emit(failure)

    def _put_back(self) -> None:
        if self._stored is not None and self._stored.isdecimal() and self.findData(self._stored) < 0:
            self.addItem(self._stored, self._stored)  # set on a larger computer, or by hand
        self.setCurrentIndex(max(0, self.findData(self._stored)))
