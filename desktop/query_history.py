"""The drop-down of the search field: saved searches, recent ones, and what can be done with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget

from desktop.icons import icon
from engine.protocol.methods import TextItem, TextList

if TYPE_CHECKING:
    from desktop.engine_client import EngineClient, EngineFailure

_RECENT: Final = 10
_WIDEST: Final = 60


class QueryHistory(QObject):
    """Asks the engine for both lists and shows them as one menu when both have come.

    Signals:
        picked(object): the text of the search that was chosen.
    """

    picked = Signal(object)

    def __init__(self, client: EngineClient, parent: QWidget) -> None:
        super().__init__(parent)
        self._client = client
        self._widget = parent
        self._lists: dict[str, tuple[TextItem, ...]] = {}
        self._is_wanted = False

    def open(self, text: str) -> None:
        """Show the menu under the search field; ``text`` is what could be saved."""
        self._is_wanted = True
        self._lists.clear()
        for method in ("saved.list", "history.list"):
            reply = self._client.request(method)
            reply.finished.connect(lambda items, method=method: self._on_list(method, items, text))
            reply.failed.connect(self._on_failed)

    def menu(self, text: str) -> QMenu:
        """Make the menu of the lists that have come."""
        menu = QMenu(self._widget)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setAccessibleName(self.tr("Recent and saved searches"))
        saved, recent = self._lists.get("saved.list", ()), self._lists.get("history.list", ())[:_RECENT]
        for item in saved:
            self._add_search(menu, "star", item.name or item.text, item.text)
        if saved and recent:
            menu.addSeparator()
        for item in recent:
            self._add_search(menu, "history", item.text, item.text)
        if not saved and not recent:
            menu.addAction(self.tr("Your recent searches will be here")).setEnabled(False)
        self._add_commands(menu, text, is_saved=any(item.text == text for item in saved), has_recent=bool(recent))
        return menu

    def _add_commands(self, menu: QMenu, text: str, *, is_saved: bool, has_recent: bool) -> None:
        menu.addSeparator()
        if text.strip() and is_saved:
            action = menu.addAction(icon("star"), self.tr("Forget this saved search"))
            action.triggered.connect(lambda: self._client.request("saved.remove", TextItem(text)))
        elif text.strip():
            action = menu.addAction(icon("star"), self.tr("Save this search"))
            action.triggered.connect(lambda: self._client.request("saved.add", TextItem(text, text.strip())))
        if has_recent:
            clear = menu.addAction(self.tr("Clear recent searches"))
            clear.triggered.connect(lambda: self._client.request("history.clear"))

    def _add_search(self, menu: QMenu, icon_name: str, label: str, text: str) -> None:
        shown = label if len(label) <= _WIDEST else label[: _WIDEST - 1] + "…"
        menu.addAction(icon(icon_name), shown.replace("&", "&&")).triggered.connect(lambda: self.picked.emit(text))

    def _on_list(self, method: str, items: TextList, text: str) -> None:
        self._lists[method] = items.items
        if self._is_wanted and len(self._lists) == len(("saved", "history")):
            self._is_wanted = False
            menu = self.menu(text)
            menu.setMinimumWidth(min(self._widget.width(), 420))
            menu.popup(self._widget.mapToGlobal(QPoint(0, self._widget.height() + 4)))

    def _on_failed(self, _failure: EngineFailure) -> None:
        self._is_wanted = False
