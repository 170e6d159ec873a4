"""A report about this computer and this library that can be sent to somebody who helps.

No photo content ever. Names of files and folders only where the person ticks the box: all known names are replaced
before the text is shown, so what is seen is exactly what is copied.
"""

from __future__ import annotations

import platform
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import qVersion
from PySide6.QtGui import QFontDatabase, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from desktop.asking import Asker
from desktop.notice_line import NoticeLine
from desktop.parts import DISTRIBUTION, version_of
from engine.protocol.methods import DoctorResult, Empty, FolderList, IssueList

if TYPE_CHECKING:
    from collections.abc import Iterable

    from desktop.engine_client import EngineClient
    from desktop.reply_decoder import EngineFailure
    from engine.protocol import LibraryStatus

HIDDEN = "[…]"
# What is below a path that was replaced: rather a word too many goes than a name stays.
BELOW_HIDDEN = re.compile(re.escape(HIDDEN) + r"[/\\][^,;:\n]*")
# What still looks like an absolute path after the known ones have been replaced.
PATH_LIKE = re.compile(r"(?:(?<![\w/])/|\b[A-Za-z]:\\)[^\s,;:]+")


def hide_names(text: str, known: Iterable[str]) -> str:
    """Replace every known path, the home folder and whatever looks like an absolute path."""
    for path in sorted({*known, str(Path.home())}, key=len, reverse=True):
        if len(path) > 1:
            text = text.replace(path, HIDDEN)
    return PATH_LIKE.sub(HIDDEN, BELOW_HIDDEN.sub(HIDDEN, text))


class DiagnosticReport(QDialog):
    """Collects, shows, copies."""

    def __init__(self, client: EngineClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Diagnostic report"))
        self._asker = Asker(client, self)
        self._failures: list[str] = []
        self._doctor: DoctorResult | None = None
        self._status: LibraryStatus | None = None
        self._folders: FolderList | None = None
        self._issues: IssueList | None = None
        self.notice = NoticeLine(self)
        self.with_names = QCheckBox(self.tr("Include names of files and folders"))
        self.with_names.toggled.connect(self._show)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName(self.windowTitle())
        explanation = QLabel(self.tr("This is all that is copied. It never contains your photos."))
        explanation.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        self.copy = buttons.addButton(self.tr("Copy report"), QDialogButtonBox.ButtonRole.ActionRole)
        self.copy.clicked.connect(self._copy)
        column = QVBoxLayout(self)
        for widget in (explanation, self.text, self.with_names, self.notice, buttons):
            column.addWidget(widget)
        self.resize(600, 460)

    def showEvent(self, event: QShowEvent) -> None:
        """Collect anew each time it is opened, with the box unticked."""
        super().showEvent(event)
        self.with_names.setChecked(False)
        self.collect()

    def collect(self) -> None:
        """Ask the engine for everything; what it cannot say is named as such."""
        self._asker.drop()
        self._failures = []
        self._doctor = self._status = self._folders = self._issues = None
        self.notice.clear()
        self._asker.ask("doctor", Empty(), self._on_doctor, self._on_failed)
        self._asker.ask("status", Empty(), self._on_status, self._on_failed)
        self._asker.ask("folders.list", Empty(), self._on_folders, self._on_failed)
        self._asker.ask("issues.list", Empty(), self._on_issues, self._on_failed)
        self._show()

    def _on_doctor(self, result: DoctorResult) -> None:
        self._doctor = result
        self._show()

    def _on_status(self, status: LibraryStatus) -> None:
        self._status = status
        self._show()

    def _on_folders(self, result: FolderList) -> None:
        self._folders = result
        self._show()

    def _on_issues(self, result: IssueList) -> None:
        self._issues = result
        self._show()

    def _on_failed(self, failure: EngineFailure) -> None:
        self._failures.append(failure.kind)
        self._show()

    def _show(self) -> None:
        is_waiting = self._asker.is_waiting
        self.copy.setEnabled(not is_waiting)
        if is_waiting:
            self.text.setPlainText(self.tr("Looking at this computer…"))
            return
        text = "\n".join(self._lines())
        self.text.setPlainText(text if self.with_names.isChecked() else hide_names(text, self._known_names()))

    def _lines(self) -> list[str]:
        # In English on purpose: who helps may not read the interface's language.
        lines = [
            f"Balloon {version_of(DISTRIBUTION) or 'unknown'}, Qt {qVersion()} ({QGuiApplication.platformName()})",
            f"{platform.system()} {platform.release()}, {platform.machine()}, Python {platform.python_version()}",
        ]
        if self._doctor is not None:
            marks = {True: "ok ", False: "!! "}
            lines += [f"{marks[line.fine]}{line.name}: {line.text}" for line in self._doctor.lines]
        if self._status is not None:
            lines += _status_lines(self._status)
        lines += self._folder_lines() + self._issue_lines()
        return lines + [f"not answered: {kind}" for kind in self._failures]

    def _folder_lines(self) -> list[str]:
        folders = self._folders.folders if self._folders is not None else ()
        return [
            f"folder {folder.folder_id} {folder.path.path}: {folder.state}, "
            f"{folder.indexed} of {folder.photos} indexed, {folder.missing} missing, {folder.issues} issues"
            for folder in folders
        ]

    def _issue_lines(self) -> list[str]:
        issues = self._issues.issues if self._issues is not None else ()
        counts = Counter(str(issue.reason) for issue in issues)
        lines = [f"issues {reason}: {count}" for reason, count in counts.most_common()]
        if self.with_names.isChecked():
            lines += [f"{issue.reason} {issue.path.path} {issue.detail}".rstrip() for issue in issues]
        return lines

    def _known_names(self) -> list[str]:
        known = [folder.path.path for folder in self._folders.folders] if self._folders is not None else []
        return [*known, self._status.library] if self._status is not None else known

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.notice.say(self.tr("The report has been copied."))


def _status_lines(status: LibraryStatus) -> list[str]:
    return [
        f"library {status.library}: {status.byte_size} bytes, model {status.model}",
        f"{status.folders} folders, {status.photos} photos, {status.contents} contents, {status.indexed} indexed, "
        f"{status.pending} pending, {status.issues} issues, writer {'active' if status.writer_active else 'elsewhere'}",
    ]
