"""Controls for settings that live in the library: each asks for its value, and stores what the person chooses at once.

Until the value is known a control is disabled; a choice that could not be stored is taken back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QSpinBox, QWidget

from desktop.asking import Asker
from engine.protocol.methods import SettingValue

if TYPE_CHECKING:
    from desktop.engine_client import EngineClient
    from desktop.reply_decoder import EngineFailure

YES, NO = "true", "false"
MAX_WORKERS = 64


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


class WorkersBox(QSpinBox):
    """How many decode workers run; 0 stands for "automatic" and is stored as the default.

    Signals:
        failed(failure): an ``EngineFailure``; the choice was taken back.
    """

    failed = Signal(object)

    def __init__(self, client: EngineClient, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = key
        self._asker = Asker(client, self)
        self._stored = 0
        self.setRange(0, MAX_WORKERS)
        self.setSpecialValueText(self.tr("Automatic"))
        self.setKeyboardTracking(False)
        self.setEnabled(False)
        self.valueChanged.connect(self._on_changed)

    def load(self) -> None:
        """Ask for the value."""
        self._asker.ask_anew("settings.get", SettingValue(self._key), self._on_value, self._on_failed)

    def _on_value(self, setting: SettingValue) -> None:
        text = setting.value or ""
        self._stored = min(int(text), MAX_WORKERS) if text.isdecimal() else 0
        self._put_back()
        self.setEnabled(True)

    def _on_changed(self, count: int) -> None:
        setting = SettingValue(self._key, str(count) if count else None)
        self._asker.ask_anew("settings.set", setting, self._on_value, self._on_failed)

    def _on_failed(self, failure: EngineFailure) -> None:
        self._put_back()
        self.failed.emit(failure)

    def _put_back(self) -> None:
        with QSignalBlocker(self):
            self.setValue(self._stored)
