"""A calm page in the middle of the window: a picture, a sentence, what can be done, examples to try."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop.flow_layout import FlowLayout
from desktop.icons import wear_icon
from desktop.theme import grown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PICTURE: Final = 56
_COLUMN: Final = 560


@dataclass(frozen=True, slots=True)
class Message:
    """What the page says. ``actions`` are labels with what they do, the first one foremost."""

    title: str
    lead: str = ""
    icon: str = "search"
    actions: tuple[tuple[str, Callable[[], None]], ...] = ()
    examples: tuple[str, ...] = ()


class MessagePage(QWidget):
    """Shows one ``Message`` at a time.

    Signals:
        example_chosen(object): the text of an example.
    """

    example_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.title = _label("title")
        self.lead = _label("lead")
        self._actions = QWidget()
        self._action_row = FlowLayout(self._actions, gap=8, is_centred=True)
        self._examples_title = _label("muted")
        self._examples_title.setText(self.tr("Try for example"))
        self._examples = QWidget()
        self._example_flow = FlowLayout(self._examples, gap=8, is_centred=True)
        self._message: Message | None = None
        self._build()

    def show_message(self, message: Message) -> None:
        """Show this; the same again changes nothing, so that the focus stays where it is."""
        words = (message.title, message.lead, message.examples, tuple(label for label, _ in message.actions))
        old = self._message
        if old and words == (old.title, old.lead, old.examples, tuple(label for label, _ in old.actions)):
            return
        self._message = message
        wear_icon(self._picture, message.icon, _PICTURE)
        self._picture.setVisible(bool(message.title))
        self.title.setText(message.title)
        self.lead.setText(message.lead)
        self.lead.setVisible(bool(message.lead))
        self._show_actions(message.actions)
        self._show_examples(message.examples)

    def buttons(self) -> list[QPushButton]:
        """The actions and the examples."""
        return [button for button in self.findChildren(QPushButton) if not button.isHidden()]

    def _build(self) -> None:
        column = QVBoxLayout()
        column.setSpacing(10)
        column.addStretch(2)
        for widget in (self._picture, self.title, self.lead):
            column.addWidget(widget)
        column.addSpacing(4)
        column.addWidget(self._actions)
        column.addSpacing(12)
        column.addWidget(self._examples_title)
        column.addWidget(self._examples)
        column.addStretch(3)
        middle = QWidget()
        middle.setMaximumWidth(grown(_COLUMN))
        middle.setLayout(column)
        row = QHBoxLayout(self)
        row.addStretch(1)
        row.addWidget(middle, 100)
        row.addStretch(1)

    def _show_actions(self, actions: Sequence[tuple[str, Callable[[], None]]]) -> None:
        _empty(self._action_row)
        for place, (label, do) in enumerate(actions):
            button = QPushButton(label)
            button.setObjectName("primary" if place == 0 else "")
            button.clicked.connect(lambda _checked=False, do=do: do())
            self._action_row.addWidget(button)
        self._actions.setVisible(bool(actions))

    def _show_examples(self, examples: Sequence[str]) -> None:
        _empty(self._example_flow)
        for text in examples:
            button = QPushButton(text)
            button.setObjectName("example")
            button.clicked.connect(lambda _checked=False, text=text: self.example_chosen.emit(text))
            self._example_flow.addWidget(button)
        self._examples.setVisible(bool(examples))
        self._examples_title.setVisible(bool(examples))


def _label(name: str) -> QLabel:
    label = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def _empty(layout: FlowLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
