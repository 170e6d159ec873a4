"""Preferences. Every choice works at once: there is no OK and nothing to lose by closing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop import notices
from desktop.accelerator_chooser import AcceleratorChooser
from desktop.asking import Asker
from desktop.library_options import SettingCheckBox, WorkersBox
from desktop.library_place import LibraryPlace
from desktop.model_chooser import ModelChooser
from desktop.notice_line import NoticeLine
from desktop.theme import resize_grown
from desktop.wording import byte_size
from engine.protocol.methods import CachesCleared, Empty

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from desktop.engine_client import EngineClient
    from desktop.reply_decoder import EngineFailure
    from desktop.settings import AppSettings


class Preferences(QDialog):
    """One page under four headings: general, search model, captions and indexing, library."""

    def __init__(self, client: EngineClient, settings: AppSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Preferences"))
        self._settings = settings
        self._client = client
        self._caches = Asker(client, self)
        self.notice = NoticeLine(self)
        self._make_general()
        self._make_options(client)
        self._make_library()
        self.models = ModelChooser(client)
        self.accelerator = AcceleratorChooser(client)
        self.accelerator.setAccessibleName(self.tr("Accelerator"))
        for part in (self.models, self.accelerator):
            part.failed.connect(self._on_failed)
        self._lay_out()
        resize_grown(self, 560, 660)
        settings.changed.connect(self._on_setting_changed)

    def showEvent(self, event: QShowEvent) -> None:
        """What is shown is what is stored."""
        super().showEvent(event)
        self.reload()

    def reload(self) -> None:
        """Ask for all values again."""
        self.notice.clear()
        self.models.load()
        self.accelerator.load()
        for box in self.options:
            box.load()
        self.workers.load()
        self.place.load()
        self._say_whether_text_can_be_read()

    def _say_whether_text_can_be_read(self) -> None:
        welcome = self._client.welcome
        absent = self.tr("The extra “ocr” is not installed, so no text is read. Install it: {command}")
        if welcome is None:
            self.read_text_hint.setText(self.tr("Text is read only where Balloon was installed with its extra “ocr”."))
        else:
            self.read_text_hint.setText(absent.format(command="pip install 'balloon-photos[ocr]'"))
        self.read_text_hint.setVisible(welcome is None or not welcome.reads_text)

    def _make_general(self) -> None:
        self.language = QComboBox()
        self.language.addItem(self.tr("Follow the system"), "system")
        self.language.addItem("English", "en")
        self.language.addItem("简体中文", "zh_CN")
        self.theme = QComboBox()
        self.theme.addItem(self.tr("Follow the system"), "system")
        self.theme.addItem(self.tr("Light"), "light")
        self.theme.addItem(self.tr("Dark"), "dark")
        self.language.setAccessibleName(self.tr("Language"))
        self.theme.setAccessibleName(self.tr("Theme"))
        self._on_setting_changed("language")
        self._on_setting_changed("theme")
        self.language.currentIndexChanged.connect(self._on_language_chosen)
        self.theme.currentIndexChanged.connect(self._on_theme_chosen)

    def _make_options(self, client: EngineClient) -> None:
        self.use_bank = SettingCheckBox(
            client, "captions.bank", self.tr("Suggest captions from the caption bank"), default=True
        )
        self.read_text = SettingCheckBox(
            client, "ocr.enabled", self.tr("Read text in photos, so that it can be searched")
        )
        self.on_mains = SettingCheckBox(client, "index.on_mains", self.tr("Index only on mains power"))
        self.when_idle = SettingCheckBox(
            client, "index.when_idle", self.tr("Index only while nobody uses the computer")
        )
        self.options = (self.use_bank, self.read_text, self.on_mains, self.when_idle)
        self.workers = WorkersBox(client, "index.workers")
        self.workers.setAccessibleName(self.tr("Processes that read photos"))
        for box in (*self.options, self.workers):
            box.failed.connect(self._on_failed)

    def _make_library(self) -> None:
        self.place = LibraryPlace(self._client, self)
        self.place.said.connect(self.notice.say)
        self.place.failed.connect(self._on_failed)
        self.clear_caches = QPushButton(self.tr("Clear caches"))
        self.clear_caches.clicked.connect(self._on_clear_caches)

    def _lay_out(self) -> None:
        page = _Page()
        form = QFormLayout(page)
        form.setVerticalSpacing(10)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        _add_heading(form, self.tr("General"))
        form.addRow(self.tr("&Language"), self.language)
        form.addRow(self.tr("&Theme"), self.theme)
        _add_heading(form, self.tr("Search model"))
        form.addRow(_explanation(self.tr("The model decides what looks like what you type.")))
        form.addRow(self.models)
        form.addRow(self.tr("&Accelerator"), self.accelerator)
        form.addRow(self.accelerator.hint)
        _add_heading(form, self.tr("Captions and indexing"))
        for box in self.options:
            form.addRow(box)
        self.read_text_hint = _explanation("")
        self.read_text_hint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        form.addRow(self.read_text_hint)
        form.addRow(self.tr("&Processes that read photos"), self.workers)
        _add_heading(form, self.tr("Library"))
        form.addRow(
            _explanation(self.tr("The library holds what Balloon knows about your photos, not the photos themselves."))
        )
        form.addRow(self.tr("Place"), self.place.line)
        form.addRow("", self.place.buttons)
        form.addRow(_explanation(self.tr("Caches are previews of photos you have looked at; they are made again.")))
        form.addRow(self.tr("Caches"), _at_left(self.clear_caches))
        self._finish(page)

    def _finish(self, page: QWidget) -> None:
        area = QScrollArea()
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(page)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.addWidget(area, 1)
        column.addWidget(self.notice)
        column.addWidget(buttons)

    def _on_clear_caches(self) -> None:
        self.notice.clear()
        self.clear_caches.setEnabled(False)
        self._caches.ask_anew("caches.clear", Empty(), self._on_caches_cleared, self._on_caches_kept)

    def _on_caches_cleared(self, cleared: CachesCleared) -> None:
        self.clear_caches.setEnabled(True)
        if cleared.byte_size:
            self.notice.say(self.tr("Caches cleared: {size} freed.").format(size=byte_size(cleared.byte_size)))
        else:
            self.notice.say(self.tr("There was nothing to clear."))

    def _on_caches_kept(self, failure: EngineFailure) -> None:
        self.clear_caches.setEnabled(True)
        self.notice.say(notices.sentence(failure), self.tr("Try again"), self._on_clear_caches)

    def _on_language_chosen(self) -> None:
        self._settings.language = self.language.currentData()

    def _on_theme_chosen(self) -> None:
        self._settings.theme = self.theme.currentData()

    def _on_setting_changed(self, name: object) -> None:
        box = {"language": self.language, "theme": self.theme}.get(str(name))
        if box is not None:
            box.setCurrentIndex(max(0, box.findData(getattr(self._settings, str(name)))))

    def _on_failed(self, failure: EngineFailure) -> None:
        self.notice.say(notices.sentence(failure), self.tr("Try again"), self.reload)


class _Page(QWidget):
    """As high as its wrapped lines need at its width, also when they change: a form in a scroll area forgets that."""

    def event(self, event: QEvent) -> bool:
        """Ask for the height anew whenever the parts or the width may be others."""
        done = super().event(event)
        layout = self.layout()
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize) and layout is not None:
            self.setMinimumHeight(layout.totalHeightForWidth(self.width()))
        return done


def _add_heading(form: QFormLayout, text: str) -> None:
    label = QLabel(text)
    label.setObjectName("heading")
    label.setContentsMargins(0, 12 if form.rowCount() else 0, 0, 0)
    form.addRow(label)


def _at_left(button: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(button)
    row.addStretch(1)
    return row


def _explanation(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("muted")
    label.setWordWrap(True)
    return label
