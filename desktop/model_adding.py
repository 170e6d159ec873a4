"""Adding a search model: from the catalogue, from the hub by its name, or from a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop import notices
from desktop.asking import Asker
from desktop.install_progress import InstallProgress
from desktop.library_options import SettingLine
from desktop.model_offers import OfferModel
from desktop.notice_line import NoticeLine
from desktop.row_view import RowList, RowRole
from engine.protocol import ErrorKind
from engine.protocol.methods import Empty
from engine.protocol.model_methods import ModelInstall, OfferedModel

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from desktop.engine_client import EngineClient
    from desktop.reply_decoder import EngineFailure
    from engine.protocol.model_methods import ModelCatalogue


class ModelAdding(QDialog):
    """A window beside the preferences.

    Signals:
        installed(object): the key of a model that is there now.
        use_asked(object): the key of one that the person wants to search with.
    """

    installed = Signal(object)
    use_asked = Signal(object)

    def __init__(self, client: EngineClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Add a search model"))
        self._lists, self._installs = Asker(client, self), Asker(client, self)
        self.lead, self.about, self.offers = _words(), _words(), OfferModel(self)
        self.notice = NoticeLine(self)
        self.progress = InstallProgress(client)
        self.progress.ended.connect(self._on_ended)
        self.mirror = SettingLine(client, "models.endpoint")
        self.mirror.setAccessibleName(self.tr("Address of a mirror"))
        self.mirror.stored.connect(self.reload)
        self.mirror.failed.connect(self._on_failed)
        self._make_list()
        self._make_source()
        self._lay_out()
        self.resize(560, 640)

    def showEvent(self, event: QShowEvent) -> None:
        """What is offered may have changed."""
        super().showEvent(event)
        self.reload()

    def reload(self) -> None:
        """Ask for the catalogue, which came with the program: nobody else is asked."""
        self._lists.ask_anew("models.catalogue", Empty(), self._on_catalogue, self._on_failed)
        self.mirror.load()

    def install(self, source: str) -> None:
        """Install a model of the catalogue, of the hub, or of a folder."""
        if source.strip():
            self.notice.clear()
            self.progress.begin()
            self._installs.ask_anew("models.install", ModelInstall(source.strip()), lambda _: None, self._on_refused)

    def _make_list(self) -> None:
        self.list = RowList()
        self.list.setAccessibleName(self.tr("Models that can be added"))
        self.list.setModel(self.offers)
        self.list.selectionModel().currentChanged.connect(self._on_current)
        self.install_button = QPushButton(self.tr("Install"))
        self.install_button.setObjectName("primary")
        self.install_button.setEnabled(False)
        self.install_button.clicked.connect(self._install_chosen)

    def _make_source(self) -> None:
        self.source = QLineEdit()
        self.source.setPlaceholderText(self.tr("owner/name of a model, or the path of a folder"))
        self.source.setAccessibleName(self.tr("Another model"))
        self.source.returnPressed.connect(self._install_source)
        self.folder_button = QPushButton(self.tr("Folder…"))
        self.folder_button.clicked.connect(self._choose_folder)
        self.source_button = QPushButton(self.tr("Install"))
        self.source_button.setAccessibleName(self.tr("Install another model"))
        self.source_button.clicked.connect(self._install_source)
        for button in (self.install_button, self.folder_button, self.source_button):
            button.setAutoDefault(False)

    def _lay_out(self) -> None:
        chosen = QHBoxLayout()
        chosen.addWidget(self.about, 1)
        chosen.addWidget(self.install_button, 0, Qt.AlignmentFlag.AlignTop)
        other = QHBoxLayout()
        for widget in (self.source, self.folder_button, self.source_button):
            other.addWidget(widget, 1 if widget is self.source else 0)
        mirror = QHBoxLayout()
        mirror.addWidget(QLabel(self.tr("Mirror")))
        mirror.addWidget(self.mirror, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addWidget(self.lead)
        column.addWidget(self.list, 1)
        for row in (chosen, other, mirror):
            column.addLayout(row)
        for part in (self.notice, self.progress, buttons):
            column.addWidget(part)

    def _on_catalogue(self, catalogue: ModelCatalogue) -> None:
        usable = [offer for offer in catalogue.models if offer.form == "onnx" or catalogue.can_convert]
        self.offers.show_offers([offer for offer in usable if not offer.is_installed])
        lead = self.tr("A model is downloaded from {address} when you press Install, and never otherwise.")
        self.lead.setText(lead.format(address=catalogue.endpoint))
        self.mirror.setPlaceholderText(catalogue.endpoint)
        self._on_current(self.list.currentIndex())

    def _on_current(self, index: QModelIndex, _previous: QModelIndex | None = None) -> None:
        offer = index.data(RowRole.VALUE)
        is_offer = isinstance(offer, OfferedModel)
        self.about.setText(self.offers.about(offer) if isinstance(offer, OfferedModel) else "")
        self.install_button.setEnabled(is_offer and not self.progress.is_under_way)

    def _install_chosen(self) -> None:
        offer = self.list.currentIndex().data(RowRole.VALUE)
        if isinstance(offer, OfferedModel):
            self.install(offer.key)

    def _install_source(self) -> None:
        self.install(self.source.text())

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, self.tr("Choose the folder of a model"), str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.source.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_ended(self, key: str | None, sentence: str) -> None:
        if key is None:
            self.notice.say(sentence)
        else:
            self.notice.say(sentence, self.tr("Search with it"), lambda: self.use_asked.emit(key))
            self.installed.emit(key)
        self.reload()

    def _on_refused(self, failure: EngineFailure) -> None:
        self.progress.stop()
        busy = self.tr("Another model is being installed. Please wait until it is done.")
        self.notice.say(busy if failure.kind == ErrorKind.USAGE else notices.sentence(failure))

    def _on_failed(self, failure: EngineFailure) -> None:
        self.notice.say(notices.sentence(failure), self.tr("Try again"), self.reload)


def _words() -> QLabel:
    label = QLabel()
    label.setObjectName("muted")
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
