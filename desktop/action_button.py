"""Push buttons for actions: the same action stands in a menu, behind a key and on a button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QPushButton, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

Key = Qt.Key | QKeySequence.StandardKey | str


def make_action(owner: QWidget, text: str, do: Callable[[], object], key: Key | None = None) -> QAction:
    """An action of ``owner``; ``key`` works while ``owner`` itself has the focus."""
    action = QAction(text, owner)
    action.triggered.connect(do)
    if key is not None:
        action.setShortcut(QKeySequence(key))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
    owner.addAction(action)
    return action


class ActionButton(QPushButton):
    """Looks and behaves as its action says, also when that changes."""

    def __init__(self, action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._action = action
        self.clicked.connect(action.trigger)
        action.changed.connect(self._on_changed)
        self._on_changed()

    def _on_changed(self) -> None:
        key = self._action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        hint = self._action.toolTip()
        self.setText(self._action.text())
        self.setToolTip(f"{hint} ({key})" if key else hint)
        self.setEnabled(self._action.isEnabled())
