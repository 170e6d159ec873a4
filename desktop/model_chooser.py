"""The models on this computer: which one searches, and how many photos each can search already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop.asking import Asker
from desktop.caption_model import LANGUAGE_NAMES
from desktop.model_adding import ModelAdding
from desktop.wording import number
from engine.protocol.methods import Empty, ModelList, ModelUse

if TYPE_CHECKING:
    from desktop.engine_client import EngineClient
    from desktop.reply_decoder import EngineFailure
    from engine.protocol import LibraryStatus
    from engine.protocol.methods import ModelRow


EMBEDDED: Final = "balloon-mini"
"""It came with Balloon and stays."""


class ModelChooser(QWidget):
    """One radio button a model. One that has not seen all photos takes over when it has; a line says so.

    Signals:
        failed(failure): an ``EngineFailure``; the choice was taken back.
    """

    failed = Signal(object)

    def __init__(self, client: EngineClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lists, self._statuses = Asker(client, self), Asker(client, self)
        self._models: tuple[ModelRow, ...] = ()
        self._chosen = ""
        self._contents: int | None = None
        self._shown: list[str] = []
        self._details: list[QLabel] = []
        self.group = QButtonGroup(self)
        self.group.idToggled.connect(self._on_toggled)
        self._client = client
        self.adding: ModelAdding | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._rows = QWidget()
        self._column.addWidget(self._rows)
        self.hint = QLabel()
        self.hint.hide()
        self._column.addWidget(self.hint)
        self._column.addLayout(self._make_buttons())
        client.library_changed.connect(self._on_library_changed)

    def load(self) -> None:
        """Ask for the models and for how many photos there are."""
        self._lists.ask_anew("models.list", Empty(), self._on_models, self._on_failed)
        self._statuses.ask_anew("status", Empty(), self._on_status)

    def open_adding(self) -> None:
        """Show what models can be added."""
        if self.adding is None:
            self.adding = ModelAdding(self._client, self.window())
            self.adding.installed.connect(self.load)
            self.adding.use_asked.connect(self._use)
        self.adding.show()
        self.adding.raise_()
        self.adding.activateWindow()

    def _make_buttons(self) -> QHBoxLayout:
        self.add_button = QPushButton(self.tr("Add a model…"))
        self.add_button.clicked.connect(self.open_adding)
        self.remove_button = QPushButton(self.tr("Remove a model"))
        self.remove_button.setMenu(QMenu(self.remove_button))
        self.remove_button.menu().aboutToShow.connect(self._fill_removal)
        row = QHBoxLayout()
        row.addWidget(self.add_button)
        row.addWidget(self.remove_button)
        row.addStretch(1)
        return row

    def _fill_removal(self) -> None:
        menu = self.remove_button.menu()
        menu.clear()
        for model in self._removable():
            action = menu.addAction(model.name.replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, key=model.key: self._remove(key))

    def _removable(self) -> list[ModelRow]:
        return [model for model in self._models if not (model.in_use or model.is_coming or model.key == EMBEDDED)]

    def _remove(self, key: str) -> None:
        self._lists.ask_anew("models.remove", ModelUse(key), self._on_models, self._on_failed)

    def _use(self, key: str) -> None:
        self._lists.ask_anew("models.use", ModelUse(key), self._on_models, self._on_failed)

    def _on_models(self, result: ModelList) -> None:
        self._models = result.models
        self._chosen = next((model.key for model in result.models if model.is_coming), self._used())
        self._show()

    def _used(self) -> str:
        return next((model.key for model in self._models if model.in_use), "")

    def _on_status(self, status: LibraryStatus) -> None:
        self._contents = status.contents
        self._show()

    def _on_library_changed(self, _changed: object) -> None:
        if self.isVisible():
            self.load()

    def _show(self) -> None:
        with QSignalBlocker(self.group):
            if [model.key for model in self._models] != self._shown:
                self._make_rows()  # else they stay, with the focus of whoever is at them
            for position, model in enumerate(self._models):
                button, detail = self.group.button(position), self._details[position]
                button.setChecked(model.key == self._chosen)
                detail.setText(self._detail(model))
                detail.setToolTip(detail.text())
                button.setAccessibleDescription(detail.text())
        self.remove_button.setVisible(bool(self._removable()))
        self._show_hint()

    def _make_rows(self) -> None:
        for button in self.group.buttons():
            self.group.removeButton(button)
        rows = QWidget()
        column = QVBoxLayout(rows)
        column.setContentsMargins(0, 0, 0, 0)
        self._details = [self._add(column, position, model) for position, model in enumerate(self._models)]
        self._column.replaceWidget(self._rows, rows)
        self._rows.hide()
        self._rows.deleteLater()
        self._rows = rows
        self._shown = [model.key for model in self._models]

    def _show_hint(self) -> None:
        coming = next((model.name for model in self._models if model.is_coming), "")
        self.hint.setText(self.tr("{model} searches as soon as it has seen all photos.").format(model=coming))
        self.hint.setVisible(bool(coming))

    def _add(self, column: QVBoxLayout, position: int, model: ModelRow) -> QLabel:
        button = QRadioButton(model.name.replace("&", "&&"))
        detail = QLabel()  # in one line: a form does not give rows that come later the height of wrapped ones
        detail.setObjectName("muted")
        detail.setIndent(24)
        detail.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.group.addButton(button, position)
        column.addWidget(button)
        column.addWidget(detail)
        column.addSpacing(6)
        return detail

    def _detail(self, model: ModelRow) -> str:
        languages = ", ".join(LANGUAGE_NAMES.get(code, code) for code in model.languages)
        return " · ".join(part for part in (languages, model.licence, self._coverage(model)) if part)

    def _coverage(self, model: ModelRow) -> str:
        if self._contents is None:
            return ""
        indexed, contents = number(model.indexed), number(self._contents)
        return self.tr("searches {indexed} of {contents} photos").format(indexed=indexed, contents=contents)

    def _on_toggled(self, position: int, checked: bool) -> None:
        key = self._models[position].key
        if checked and key != self._chosen:
            self._use(key)

    def _on_failed(self, failure: EngineFailure) -> None:
        self._show()
        self.failed.emit(failure)
