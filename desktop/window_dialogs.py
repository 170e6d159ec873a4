"""The windows beside the window: preferences, keys, about, the diagnostic report. One of each, none of them modal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from desktop.diagnostic_report import DiagnosticReport
from desktop.help import AboutBox, ShortcutSheet
from desktop.preferences import Preferences

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QDialog, QWidget

    from desktop.engine_client import EngineClient
    from desktop.settings import AppSettings


class WindowDialogs(QObject):
    """Makes a dialog when it is first wanted and brings it forward after that."""

    def __init__(self, client: EngineClient, settings: AppSettings, window: QWidget) -> None:
        super().__init__(window)
        self._client, self._settings, self._window = client, settings, window
        self.made: dict[str, QDialog] = {}  # those that were opened, by name

    @property
    def shows_preferences(self) -> bool:
        """Whether the preferences are open."""
        return "preferences" in self.made and self.made["preferences"].isVisible()

    def show_preferences(self) -> None:
        """Open the preferences."""
        self._show("preferences", lambda: Preferences(self._client, self._settings, self._window))

    def show_keys(self) -> None:
        """Open the sheet of keys."""
        self._show("keys", lambda: ShortcutSheet(self._window))

    def show_report(self) -> None:
        """Open the diagnostic report."""
        self._show("report", lambda: DiagnosticReport(self._client, self._window))

    def show_about(self) -> None:
        """Open the box with version and licences."""
        box = self._show("about", lambda: AboutBox(self._client, self._window))
        if isinstance(box, AboutBox) and self._client.welcome is not None:
            box.show_engine(self._client.welcome)

    def _show(self, name: str, make: Callable[[], QDialog]) -> QDialog:
        if name not in self.made:
            self.made[name] = make()
        dialog = self.made[name]
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()
        return dialog
