"""The files that could not be used: why, in words, and what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShowEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from desktop import notices
from desktop.action_button import ActionButton, make_action
from desktop.asking import Asker
from desktop.launching import show_in_file_manager
from desktop.notice_line import NoticeLine
from desktop.row_view import RowList, RowRole
from desktop.theme import resize_grown
from desktop.wording import file_name
from engine.protocol.methods import Empty, IssueList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from desktop.engine_client import EngineClient
    from desktop.reply_decoder import EngineFailure
    from desktop.row_view import ModelIndex
    from engine.protocol import IssueRow

ROOT = QModelIndex()


class IssueModel(QAbstractListModel):
    """One row per file."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._issues: list[IssueRow] = []

    def show(self, issues: Sequence[IssueRow]) -> None:
        """Replace all rows."""
        self.beginResetModel()
        self._issues = list(issues)
        self.endResetModel()

    def rowCount(self, parent: ModelIndex = ROOT) -> int:
        """One row per file."""
        return 0 if parent.isValid() else len(self._issues)

    def flags(self, index: ModelIndex) -> Qt.ItemFlag:
        """Rows can be chosen and have nothing below them."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The file's name, the reason with the path below, the engine's own words as a hint."""
        if not index.isValid() or index.row() >= len(self._issues):
            return None
        issue = self._issues[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return file_name(issue.path)
        if role == RowRole.DETAIL:
            return f"{notices.reason_text(issue.reason)} · {issue.path.path}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(text for text in (issue.path.path, issue.detail) if text)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{file_name(issue.path)}, {notices.reason_text(issue.reason)}, {issue.path.path}"
        return issue if role == RowRole.VALUE else None


class IssuesView(QDialog):
    """A non-modal list with "Retry all"."""

    def __init__(self, client: EngineClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Files with problems"))
        self._lists = Asker(client, self)
        self._changes = Asker(client, self)
        self.notice = NoticeLine(self)
        self.state = QLabel(self.tr("Looking for files with problems…"))
        self.state.setWordWrap(True)
        self.model = IssueModel(self)
        self.list = RowList()
        self.list.setAccessibleName(self.tr("Files with problems"))
        self.list.setUniformItemSizes(False)
        self.list.setModel(self.model)
        self.list.menu_wanted.connect(self._on_menu_wanted)
        self.list.selectionModel().currentChanged.connect(self._set_enabled)
        self.model.modelReset.connect(self._set_enabled)
        self.reveal = make_action(self.list, self.tr("Show in file manager"), self._reveal)
        self.copy = make_action(self.list, self.tr("Copy path"), self._copy, QKeySequence.StandardKey.Copy)
        self.retry = make_action(self.list, self.tr("Retry all"), self._retry, Qt.Key.Key_F5)
        self.retry.setToolTip(self.tr("Try to read all these files again"))
        self._lay_out()
        resize_grown(self, 560, 380)
        client.index_finished.connect(self._on_index_finished)

    def reload(self) -> None:
        """Ask for the files as they are now."""
        self._lists.ask_anew("issues.list", Empty(), self._on_issues, self._on_failed)

    def showEvent(self, event: QShowEvent) -> None:
        """What is shown is up to date."""
        super().showEvent(event)
        self.reload()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        for action in (self.reveal, self.copy, self.retry):
            buttons.addWidget(ActionButton(action))
        buttons.addStretch()
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.close)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.addWidget(self.state)
        column.addWidget(self.notice)
        column.addWidget(self.list, 1)
        column.addLayout(buttons)

    def _issue(self) -> IssueRow | None:
        index = self.list.currentIndex()
        return index.data(RowRole.VALUE) if index.isValid() else None

    def _set_enabled(self) -> None:
        for action in (self.reveal, self.copy):
            action.setEnabled(self._issue() is not None)
        self.retry.setEnabled(self.model.rowCount() > 0)

    def _on_issues(self, result: IssueList) -> None:
        self.model.show(result.issues)
        count = len(result.issues)
        said = self.tr("%Ln file(s) could not be used. All others can be searched.", "", count)
        self.state.setText(said if count else self.tr("Every photo could be used."))
        self.list.setCurrentIndex(self.model.index(0))

    def _on_failed(self, failure: EngineFailure) -> None:
        self.notice.say(notices.sentence(failure), self.tr("Try again"), self.reload)

    def _on_index_finished(self, _report: object) -> None:
        if self.isVisible():
            self.reload()

    def _on_menu_wanted(self, _index: object, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions([self.reveal, self.copy])
        menu.popup(where)

    def _reveal(self) -> None:
        issue = self._issue()
        if issue is not None and not show_in_file_manager(issue.path.to_path()):
            self.notice.say(notices.sentence_for("file_missing"))

    def _copy(self) -> None:
        issue = self._issue()
        if issue is not None:
            QGuiApplication.clipboard().setText(issue.path.path)

    def _retry(self) -> None:
        self._changes.ask("issues.retry", Empty(), self._on_retrying, self._on_failed)

    def _on_retrying(self, _result: object) -> None:
        self.notice.say(self.tr("These files are being read again."))
        self.reload()
