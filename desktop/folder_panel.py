"""The watched folders: their state, and adding, removing, rescanning, pausing and leaving out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QMenu, QStackedWidget, QVBoxLayout, QWidget

from desktop import notices
from desktop.action_button import ActionButton, make_action
from desktop.asking import Asker
from desktop.exclude_dialog import ExcludeDialog
from desktop.folder_dialogs import folder_chooser, removal_question
from desktop.folder_model import FolderModel
from desktop.notice_line import NoticeLine
from desktop.row_view import RowList, RowRole
from engine.protocol import FolderState, FolderStatus, PhotoPath
from engine.protocol.methods import Empty, FolderAdd, FolderList, FolderRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent, QShowEvent

    from desktop.engine_client import EngineClient
    from desktop.reply_decoder import EngineFailure

REFRESH_MS = 700  # indexing announces itself far more often than anybody reads


class FolderPanel(QWidget):
    """Lists the folders and does things to the current one."""

    def __init__(self, client: EngineClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._lists = Asker(client, self)
        self._changes = Asker(client, self)
        self.dialog: QDialog | None = None
        self.notice = NoticeLine(self)
        self.model = FolderModel(self)
        self._make_list()
        self._make_actions()
        self._lay_out()
        self.setAcceptDrops(True)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.reload)
        for signal in (client.index_progress, client.index_finished, client.library_changed):
            signal.connect(self._on_news)
        client.welcomed.connect(self.reload)
        self._set_enabled()

    def reload(self) -> None:
        """Ask for the folders as they are now."""
        self._timer.stop()
        self._lists.ask_anew("folders.list", Empty(), self._on_folders, self._on_no_folders)

    def add_folders(self, paths: Sequence[str]) -> None:
        """Watch these folders; indexing starts at once."""
        self.notice.clear()
        for path in paths:
            self._change("folders.add", FolderAdd(PhotoPath.of(Path(path))))

    def offer(self, paths: Sequence[str]) -> None:
        """Ask whether these folders are to be watched."""
        names = ", ".join(Path(path).name or path for path in paths)
        words = self.tr("Look for photos in “{folders}”?").format(folders=names)
        self.notice.say(words, self.tr("Add"), lambda: self.add_folders(paths))

    def choose_folders(self) -> None:
        """Open the dialog that gives folders to add."""
        self._open(folder_chooser(self, self.add_folders))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Folders may be dropped here."""
        if _dropped_folders(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Watch the dropped folders."""
        self.add_folders(_dropped_folders(event))
        event.acceptProposedAction()

    def showEvent(self, event: QShowEvent) -> None:
        """What is shown is up to date."""
        super().showEvent(event)
        self.reload()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: ask for nothing."""
        super().hideEvent(event)
        self._timer.stop()

    def _make_list(self) -> None:
        self.list = RowList()
        self.list.setAccessibleName(self.tr("Watched folders"))
        self.list.setModel(self.model)
        self.list.menu_wanted.connect(self._on_menu_wanted)
        self.list.selectionModel().currentChanged.connect(self._set_enabled)
        self.model.modelReset.connect(self._set_enabled)
        self.model.dataChanged.connect(self._set_enabled)
        self.state = QLabel(self.tr("No folder is watched yet. Add one, or drop it here."))
        self.state.setWordWrap(True)
        self.state.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.state.setObjectName("muted")
        self.state.setMargin(16)
        self.why_polled = QLabel()
        self.why_polled.setWordWrap(True)
        self.why_polled.setObjectName("muted")
        self.why_polled.hide()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.list)
        self.pages.addWidget(self.state)

    def _make_actions(self) -> None:
        self.add = make_action(self, self.tr("Add folders…"), self.choose_folders)
        self.rescan = make_action(self.list, self.tr("Rescan"), self._rescan, Qt.Key.Key_F5)
        self.rescan.setToolTip(self.tr("Look for new and changed photos now"))
        self.pause = make_action(self.list, self.tr("Pause"), self._pause_or_resume)
        self.exclude = make_action(self.list, self.tr("Leave out…"), self._edit_excluded)
        self.exclude.setToolTip(self.tr("Choose what is not indexed"))
        self.remove = make_action(self.list, self.tr("Remove…"), self._ask_removal, Qt.Key.Key_Delete)
        self.remove.setToolTip(self.tr("Stop watching; the photos on disk are untouched"))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.addWidget(self.notice)
        column.addWidget(self.pages, 1)
        column.addWidget(self.why_polled)
        buttons = QGridLayout()
        buttons.setSpacing(4)
        for place, action in enumerate((self.rescan, self.pause, self.exclude, self.remove)):
            buttons.addWidget(ActionButton(action), place // 2, place % 2)
        column.addLayout(buttons)
        column.addWidget(ActionButton(self.add))

    def _folder(self) -> FolderStatus | None:
        index = self.list.currentIndex()
        return index.data(RowRole.VALUE) if index.isValid() else None

    def _set_enabled(self) -> None:
        folder = self._folder()
        for action in (self.rescan, self.pause, self.exclude, self.remove):
            action.setEnabled(folder is not None)
        is_paused = folder is not None and folder.state == FolderState.PAUSED
        self.pause.setText(self.tr("Resume") if is_paused else self.tr("Pause"))
        is_online = folder is not None and folder.state == FolderState.ONLINE
        self.rescan.setEnabled(is_online)
        self.why_polled.setText(notices.polled_text(folder.polled if folder is not None and is_online else None))
        self.why_polled.setVisible(bool(self.why_polled.text()))

    def _on_folders(self, result: FolderList) -> None:
        kept = self._folder()
        self.model.show(result.folders)
        self.pages.setCurrentWidget(self.list if result.folders else self.state)
        row = self.model.row_of(kept.folder_id) if kept is not None else -1
        if not self.list.currentIndex().isValid() and result.folders:
            self.list.setCurrentIndex(self.model.index(max(0, row)))
        self._set_enabled()

    def _on_no_folders(self, failure: EngineFailure) -> None:
        self.notice.say(notices.sentence(failure), self.tr("Try again"), self.reload)

    def _on_news(self, _value: object) -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def _on_menu_wanted(self, _index: object, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions([self.rescan, self.pause, self.exclude])
        menu.addSeparator()
        menu.addAction(self.remove)
        menu.popup(where)

    def _open(self, dialog: QDialog) -> None:
        self.dialog = dialog
        dialog.finished.connect(self._on_dialog_gone)
        dialog.show()

    def _on_dialog_gone(self, _result: int) -> None:
        self.dialog = None

    def _change(self, method: str, params: object) -> None:
        self._changes.ask(method, params, lambda _result: self.reload(), self._on_failed)

    def _on_failed(self, failure: EngineFailure) -> None:
        self.notice.say(notices.sentence(failure))

    def _rescan(self) -> None:
        folder = self._folder()
        if folder is not None:
            self._change("folders.rescan", FolderRequest(folder.folder_id))

    def _pause_or_resume(self) -> None:
        folder = self._folder()
        if folder is not None:
            method = "folders.resume" if folder.state == FolderState.PAUSED else "folders.pause"
            self._change(method, FolderRequest(folder.folder_id))

    def _edit_excluded(self) -> None:
        folder = self._folder()
        if folder is not None:
            dialog = ExcludeDialog(self._client, folder, self)
            dialog.saved.connect(self._on_excluded)
            self._open(dialog)

    def _on_excluded(self, folder_id: object) -> None:
        if isinstance(folder_id, int):
            self._change("folders.rescan", FolderRequest(folder_id))

    def _ask_removal(self) -> None:
        folder = self._folder()
        if folder is not None:
            request = FolderRequest(folder.folder_id)
            self._open(removal_question(self, folder, lambda: self._change("folders.remove", request)))


def _dropped_folders(event: QDropEvent) -> list[str]:
    paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
    return [path for path in paths if Path(path).is_dir()]
