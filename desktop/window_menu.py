"""The window's menu and keys that work everywhere in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from desktop.icons import wear_icon

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Command:
    """An entry of the menu: its text, its keys in Qt's portable form, and what it does. No text is a line."""

    text: str = ""
    keys: str = ""
    do: Callable[[], object] | None = None
    is_in_menu: bool = True


def add_commands(window: QWidget, menu: QMenu, commands: Sequence[Command]) -> None:
    """Put commands into the menu and their keys into the window."""
    for command in commands:
        if not command.text:
            menu.addSeparator()
            continue
        action = QAction(command.text, window)
        if command.keys:
            action.setShortcut(QKeySequence(command.keys))
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        if command.do is not None:
            action.triggered.connect(command.do)
        window.addAction(action)
        if command.is_in_menu:
            menu.addAction(action)


def tool_button(name: str, text: str, *, is_checkable: bool = False) -> QToolButton:
    """A button of the window's top line: an icon, with its name for screen readers and as a tool tip."""
    button = QToolButton()
    wear_icon(button, name)
    button.setToolTip(text)
    button.setAccessibleName(text)
    button.setCheckable(is_checkable)
    button.setAutoRaise(True)
    return button
