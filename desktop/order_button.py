"""The choice of an order for results: best match first, or newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from desktop.icons import wear_icon

if TYPE_CHECKING:
    from desktop.search_query import Order


class OrderButton(QToolButton):
    """Shows the order and offers the other one.

    Signals:
        order_chosen(object): ``Order``.
    """

    order_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.order: Order = "relevance"
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        wear_icon(self, "chevron-down", 14)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        self._group = QActionGroup(self)
        self._names: dict[Order, str] = {"relevance": self.tr("Best match first"), "date": self.tr("Newest first")}
        self._actions: dict[Order, QAction] = {order: self._add(menu, order) for order in self._names}
        self.setMenu(menu)
        self._show()

    def set_order(self, order: Order) -> None:
        """Choose an order as a person would."""
        if order != self.order:
            self.order = order
            self._show()
            self.order_chosen.emit(order)

    def _add(self, menu: QMenu, order: Order) -> QAction:
        action = menu.addAction(self._names[order])
        action.setCheckable(True)
        self._group.addAction(action)
        action.triggered.connect(lambda: self.set_order(order))
        return action

    def _show(self) -> None:
        self._actions[self.order].setChecked(True)
        self.setText(self._names[self.order])
        self.setAccessibleName(self.tr("Order: {order}").format(order=self._names[self.order]))
