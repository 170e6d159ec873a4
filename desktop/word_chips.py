"""The words of a query as chips that can be chosen: each lays its own relevance map over the photo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QScrollArea, QToolButton, QWidget

from desktop.wording import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.protocol.methods import WordRelevance


_WHOLE_AND_WORD: Final = 2


class WordChips(QScrollArea):
    """One line of chips; it scrolls sideways where the query is long.

    Signals:
        chosen(position): the map at this position of the explanation is wanted.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Words of the query"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._group: QButtonGroup | None = None
        self.say("")

    def say(self, sentence: str) -> None:
        """Show a sentence in place of chips."""
        label = QLabel(sentence)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setContentsMargins(8, 4, 8, 4)
        self._group = None
        self.setWidget(label)
        self._fix_height(label)

    def show_words(self, words: Sequence[WordRelevance]) -> None:
        """Show the whole query first, then each word with how much it matters; the first one is chosen.

        A query of one word is that word: one chip. A word that would stand there with 0 % is left out.
        """
        if len(words) == _WHOLE_AND_WORD:
            words = words[:1]
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(8, 4, 8, 4)
        group = QButtonGroup(line)
        for position, word in enumerate(words):
            if position and percent(word.weight) == percent(0.0):
                continue
            chip = self._chip(word, is_whole=position == 0, is_alone=len(words) == 1)
            group.addButton(chip, position)
            row.addWidget(chip)
        row.addStretch()
        group.idClicked.connect(self.chosen)
        self._group = group
        self.setWidget(line)
        self._fix_height(line)

    def texts(self) -> list[str]:
        """What stands on the chips."""
        return [button.text() for button in self._group.buttons()] if self._group is not None else []

    def chip(self, position: int) -> QToolButton | None:
        """One chip."""
        button = self._group.button(position) if self._group is not None else None
        return button if isinstance(button, QToolButton) else None

    def _chip(self, word: WordRelevance, *, is_whole: bool, is_alone: bool) -> QToolButton:
        weight = percent(word.weight)
        text = word.word if is_alone else self.tr("Whole query") if is_whole else f"{word.word} · {weight}"
        chip = QToolButton()
        chip.setText(text.replace("&", "&&"))
        chip.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        chip.setCheckable(True)
        chip.setChecked(is_whole)
        hint = self.tr("“{word}” matters {weight} for this photo").format(word=word.word, weight=weight)
        chip.setToolTip(word.word if is_whole else hint)
        chip.setAccessibleDescription(chip.toolTip())
        return chip

    def _fix_height(self, content: QWidget) -> None:
        room = self.horizontalScrollBar().sizeHint().height() // 2
        self.setFixedHeight(content.sizeHint().height() + room)
