"""What the desktop remembers between two starts, typed, in an INI file. The library's own settings are the engine's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, get_args

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

if TYPE_CHECKING:
    from pathlib import Path

Language = Literal["system", "en", "zh_CN"]
Theme = Literal["system", "light", "dark"]

TILE_EDGES: Final = range(96, 321)
_DEFAULT_TILE_EDGE: Final = 176


class AppSettings(QObject):
    """Typed settings; a value that cannot be read is its default.

    Signals:
        changed(object): the name of the property that has a new value.
    """

    changed = Signal(object)

    def __init__(self, file: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = QSettings(str(file), QSettings.Format.IniFormat, self)

    @property
    def language(self) -> Language:
        """The language of the interface."""
        value = self._text("language")
        return value if value in get_args(Language) else "system"  # type: ignore[return-value]  # checked here

    @language.setter
    def language(self, value: Language) -> None:
        self._set("language", value)

    @property
    def theme(self) -> Theme:
        """Light, dark, or as the system has it."""
        value = self._text("theme")
        return value if value in get_args(Theme) else "system"  # type: ignore[return-value]  # checked here

    @theme.setter
    def theme(self, value: Theme) -> None:
        self._set("theme", value)

    @property
    def tile_edge(self) -> int:
        """The wished edge of a tile in logical pixels; the grid widens it until the line is full."""
        text = self._text("tile_edge")
        value = int(text) if text.isdecimal() else _DEFAULT_TILE_EDGE
        return min(max(value, TILE_EDGES.start), TILE_EDGES.stop - 1)

    @tile_edge.setter
    def tile_edge(self, value: int) -> None:
        self._set("tile_edge", str(value))

    @property
    def side_panel(self) -> str:
        """The key of the side panel that is open; empty for none."""
        return self._text("side_panel")

    @side_panel.setter
    def side_panel(self, value: str) -> None:
        self._set("side_panel", value)

    @property
    def recovery_told(self) -> str:
        """Where the damaged library lies that the person has been told of."""
        return self._text("recovery_told")

    @recovery_told.setter
    def recovery_told(self, value: str) -> None:
        self._set("recovery_told", value)

    @property
    def geometry(self) -> QByteArray:
        """The main window's place, as ``QWidget.saveGeometry`` gave it."""
        return self._bytes("geometry")

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._set("geometry", value)

    @property
    def splitter(self) -> QByteArray:
        """How the window is divided between the photos and the side panel."""
        return self._bytes("splitter")

    @splitter.setter
    def splitter(self, value: QByteArray) -> None:
        self._set("splitter", value)

    def save(self) -> None:
        """Write to disk now."""
        self._store.sync()

    def _text(self, key: str) -> str:
        value = self._store.value(key, "")
        return value if isinstance(value, str) else ""

    def _bytes(self, key: str) -> QByteArray:
        value = self._store.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def _set(self, key: str, value: str | QByteArray) -> None:
        if self._store.value(key) != value:
            self._store.setValue(key, value)
            self.changed.emit(key)
