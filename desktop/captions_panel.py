"""The captions of one photo: its own first, then the nearest ones. A click on a caption searches for it.

Everything the engine answers is for ``photo_id``: another ``show_photo`` drops what is still on its way.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop import notices
from desktop.action_button import ActionButton, make_action
from desktop.asking import Asker
from desktop.caption_header import CaptionHeader
from desktop.caption_model import CaptionItem, CaptionModel, caption_language
from desktop.languages import caption_language_first
from desktop.notice_line import NoticeLine
from desktop.row_view import RowList, RowRole
from engine.protocol.methods import (
    CaptionAdd,
    CaptionEdit,
    CaptionRemove,
    CaptionsRequest,
    CaptionsResult,
    PhotoDetails,
    PhotoRequest,
)

if TYPE_CHECKING:
    from desktop.engine_client import EngineClient
    from desktop.reply_decoder import EngineFailure
    from engine.protocol.methods import CaptionRow

NEAREST = 20


class CaptionsPanel(QWidget):
    """What could be said about a photo.

    Signals:
        search_requested(text): search the library for this caption.
    """

    search_requested = Signal(str)

    def __init__(self, client: EngineClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.photo_id: int | None = None
        self._details = Asker(client, self)
        self._nearest = Asker(client, self)
        self._changes = Asker(client, self)
        self.header = CaptionHeader(self)
        self.notice = NoticeLine(self)
        self.model = CaptionModel(self)
        self.model.edited.connect(self._on_edited)
        self._make_switches()
        self._make_list()
        self._make_actions()
        self._make_adder()
        self._lay_out()
        self._show_state(self.tr("Choose a photo to see the captions that fit it."))

    def show_photo(self, photo_id: int) -> None:
        """Show the captions of this photo of the library."""
        is_other = photo_id != self.photo_id
        self.photo_id = photo_id
        if is_other:
            self.header.clear()
            self.notice.clear()
            self.adder.clear()
            self._details.ask_anew("photo", PhotoRequest(photo_id), self._on_details)
            self.model.show((), ())
        self._set_enabled()
        self.reload()

    def reload(self) -> None:
        """Ask again for the captions of the photo that is shown."""
        if self.photo_id is None:
            return
        if self.model.rowCount() == 0:
            self._show_state(self.tr("Looking for captions…"))
        request = CaptionsRequest(
            photo_id=self.photo_id,
            limit=NEAREST,
            source=self.sources.currentData(),
            language=self.languages.currentData(),
        )
        self._nearest.ask_anew("captions.nearest", request, self._on_captions, self._on_no_captions)

    def _make_switches(self) -> None:
        self.languages = QComboBox()
        self.languages.setAccessibleName(self.tr("Language of the captions"))
        self.languages.addItem(self.tr("All languages"), None)
        self.languages.addItem("English", "en")
        self.languages.addItem("中文", "zh")
        self.languages.setCurrentIndex(max(0, self.languages.findData(caption_language_first())))
        self.sources = QComboBox()
        self.sources.setAccessibleName(self.tr("Source of the captions"))
        self.sources.addItem(self.tr("All sources"), "all")
        self.sources.addItem(self.tr("My library"), "library")
        self.sources.addItem(self.tr("Caption bank"), "bank")
        for box in (self.languages, self.sources):
            box.setMinimumContentsLength(8)
            box.currentIndexChanged.connect(self.reload)

    def _make_list(self) -> None:
        self.list = RowList()
        self.list.setAccessibleName(self.tr("Captions"))
        self.list.setModel(self.model)
        self.list.chosen.connect(self._on_chosen)
        self.list.menu_wanted.connect(self._on_menu_wanted)
        self.list.selectionModel().currentChanged.connect(self._set_enabled)
        self.model.modelReset.connect(self._set_enabled)
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.state.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.state.setObjectName("muted")
        self.state.setMargin(16)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.state)
        self.pages.addWidget(self.list)

    def _make_actions(self) -> None:
        self.search = make_action(self.list, self.tr("Search for this caption"), self._search)
        self.accept = make_action(self.list, self.tr("Accept"), self._accept, Qt.Key.Key_Plus)
        self.accept.setToolTip(self.tr("Add this caption to the photo"))
        self.edit = make_action(self.list, self.tr("Edit"), self._edit, Qt.Key.Key_F2)
        self.remove = make_action(self.list, self.tr("Remove"), self._remove, Qt.Key.Key_Delete)
        self.remove.setToolTip(self.tr("Remove this caption from the photo; the file itself is not changed"))
        self.copy = make_action(self.list, self.tr("Copy"), self._copy, QKeySequence.StandardKey.Copy)

    def _make_adder(self) -> None:
        self.adder = QLineEdit()
        self.adder.setPlaceholderText(self.tr("Add a caption…"))
        self.adder.setAccessibleName(self.tr("Add a caption"))
        self.adder.setClearButtonEnabled(True)
        self.adder.returnPressed.connect(self._add_typed)
        self.add_button = QPushButton(self.tr("Add"))
        self.add_button.clicked.connect(self._add_typed)

    def _lay_out(self) -> None:
        switches = QHBoxLayout()
        switches.addWidget(self.languages, 1)
        switches.addWidget(self.sources, 1)
        buttons = QGridLayout()
        buttons.setSpacing(6)
        for place, action in enumerate((self.accept, self.edit, self.copy, self.remove)):
            buttons.addWidget(ActionButton(action), place // 2, place % 2)
        adding = QHBoxLayout()
        adding.addWidget(self.adder, 1)
        adding.addWidget(self.add_button)
        column = QVBoxLayout(self)
        column.addWidget(self.header)
        column.addLayout(switches)
        column.addWidget(self.notice)
        column.addWidget(self.pages, 1)
        column.addLayout(buttons)
        column.addLayout(adding)

    def _show_state(self, sentence: str) -> None:
        self.state.setText(sentence)
        self.pages.setCurrentWidget(self.state)
        self._set_enabled()

    def _item(self) -> CaptionItem | None:
        index = self.list.currentIndex()
        return index.data(RowRole.VALUE) if index.isValid() else None

    def _set_enabled(self) -> None:
        item = self._item()
        for action in (self.search, self.copy):
            action.setEnabled(item is not None)
        self.accept.setEnabled(item is not None and not item.is_own)
        for action in (self.edit, self.remove):
            action.setEnabled(item is not None and item.is_editable)
        for widget in (self.adder, self.add_button, self.languages, self.sources):
            widget.setEnabled(self.photo_id is not None)

    def _on_details(self, details: PhotoDetails) -> None:
        self.header.show_details(details)
        if self._nearest.is_waiting and details.captions:
            self.model.show(details.captions, ())
            self.pages.setCurrentWidget(self.list)

    def _on_captions(self, result: CaptionsResult) -> None:
        kept = self._item()
        self.model.show(result.own, result.nearest)
        if self.model.rowCount() == 0:
            self._show_state(self.tr("No caption fits this photo yet. Add the first one below."))
            return
        self.pages.setCurrentWidget(self.list)
        self.list.setCurrentIndex(self._index_of(kept))

    def _index_of(self, kept: CaptionItem | None) -> QModelIndex:
        if kept is not None and kept.caption is not None:
            for row in range(self.model.rowCount()):
                item = self.model.index(row).data(RowRole.VALUE)
                if item is not None and item.caption.text == kept.caption.text:
                    return self.model.index(row)
        return self.model.first_caption()

    def _on_no_captions(self, failure: EngineFailure) -> None:
        self.notice.say(notices.sentence(failure), self.tr("Try again"), self.reload)
        if self.model.rowCount() == 0:
            self._show_state("")

    def _on_change_failed(self, failure: EngineFailure) -> None:
        self.notice.say(notices.sentence(failure))

    def _on_changed(self, _result: object) -> None:
        self.notice.clear()
        self.reload()

    def _on_removed(self, photo_id: int, row: CaptionRow) -> None:
        if photo_id == self.photo_id:
            add = CaptionAdd(photo_id, row.text, caption_language(row))
            sentence = self.tr("Removed “{caption}”.").format(caption=row.text)
            self.notice.say(sentence, self.tr("Undo"), lambda: self._change("captions.add", add))
            self.reload()

    def _on_added(self, photo_id: int, result: object) -> None:
        if photo_id == self.photo_id:
            self.adder.clear()
            self._on_changed(result)

    def _on_chosen(self, index: QModelIndex) -> None:
        item = index.data(RowRole.VALUE)
        if item is not None and item.caption is not None:
            self.search_requested.emit(item.caption.text)

    def _on_menu_wanted(self, _index: QModelIndex, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.search)
        menu.addSeparator()
        menu.addActions([self.accept, self.edit, self.remove, self.copy])
        menu.popup(where)

    def _on_edited(self, item: CaptionItem, text: str) -> None:
        if item.caption is not None and item.caption.caption_id is not None:
            self._change("captions.edit", CaptionEdit(item.caption.caption_id, text))

    def _change(self, method: str, params: object) -> None:
        self._changes.ask(method, params, self._on_changed, self._on_change_failed)

    def _search(self) -> None:
        self._on_chosen(self.list.currentIndex())

    def _edit(self) -> None:
        self.list.edit(self.list.currentIndex())

    def _accept(self) -> None:
        item = self._item()
        if item is not None and item.caption is not None and self.photo_id is not None:
            row = item.caption
            self._change("captions.add", CaptionAdd(self.photo_id, row.text, caption_language(row)))

    def _remove(self) -> None:
        item = self._item()
        if item is None or item.caption is None or item.caption.caption_id is None or self.photo_id is None:
            return
        photo_id, row, caption_id = self.photo_id, item.caption, item.caption.caption_id
        request = CaptionRemove(caption_id)
        self._changes.ask(
            "captions.remove", request, lambda _result: self._on_removed(photo_id, row), self._on_change_failed
        )

    def _copy(self) -> None:
        item = self._item()
        if item is not None and item.caption is not None:
            QGuiApplication.clipboard().setText(item.caption.text)

    def _add_typed(self) -> None:
        text, photo_id = self.adder.text().strip(), self.photo_id
        if text and photo_id is not None:
            answered = partial(self._on_added, photo_id)
            self._changes.ask("captions.add", CaptionAdd(photo_id, text), answered, self._on_change_failed)
