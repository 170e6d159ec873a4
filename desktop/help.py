"""Help: the keys, who made this and under which licences. All non-modal. ``DiagnosticReport`` is in its own module."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QFont, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QScrollArea,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from desktop.diagnostic_report import DiagnosticReport
from desktop.parts import DISTRIBUTION, PARTS, version_of
from desktop.theme import resize_grown
from desktop.update_check import UpdateCheck

if TYPE_CHECKING:
    from desktop.engine_client import EngineClient
    from engine.protocol.methods import Welcome

__all__ = ["AboutBox", "DiagnosticReport", "ShortcutSheet", "shortcut_groups"]

_CHECKOUT = "from source"  # what the engine says in place of a build

Shortcuts = list[tuple[str, list[tuple[str, str]]]]  # group, then (keys in Qt's portable form, what they do)


def shortcut_groups() -> Shortcuts:
    """All keys, by the place where they work; several ways are separated by a space."""
    return [
        (
            QCoreApplication.translate("ShortcutSheet", "Everywhere"),
            [
                ("Ctrl+F", QCoreApplication.translate("ShortcutSheet", "Go to the search box")),
                ("F1", QCoreApplication.translate("ShortcutSheet", "Show these keys")),
                ("Ctrl+L", QCoreApplication.translate("ShortcutSheet", "Folders")),
                ("Ctrl+T", QCoreApplication.translate("ShortcutSheet", "Captions")),
                ("Ctrl+,", QCoreApplication.translate("ShortcutSheet", "Preferences")),
                ("Ctrl+Q", QCoreApplication.translate("ShortcutSheet", "Quit")),
            ],
        ),
        (
            QCoreApplication.translate("ShortcutSheet", "Photos"),
            [
                ("Left Right Up Down", QCoreApplication.translate("ShortcutSheet", "Go from photo to photo")),
                ("Home End", QCoreApplication.translate("ShortcutSheet", "First and last photo")),
                ("Return", QCoreApplication.translate("ShortcutSheet", "Show the photo large")),
                ("Space", QCoreApplication.translate("ShortcutSheet", "Look at the photo for a moment")),
                ("Ctrl+A", QCoreApplication.translate("ShortcutSheet", "Select all")),
                ("Ctrl+C", QCoreApplication.translate("ShortcutSheet", "Copy the files")),
                ("Alt+Return", QCoreApplication.translate("ShortcutSheet", "Properties")),
                ("Menu", QCoreApplication.translate("ShortcutSheet", "What can be done with the photo")),
            ],
        ),
        (
            QCoreApplication.translate("ShortcutSheet", "Large photo"),
            [
                ("Left Right", QCoreApplication.translate("ShortcutSheet", "Previous and next photo")),
                ("+ -", QCoreApplication.translate("ShortcutSheet", "Zoom in and out")),
                ("0", QCoreApplication.translate("ShortcutSheet", "Show the whole photo")),
                ("1", QCoreApplication.translate("ShortcutSheet", "Show its true size")),
                ("Shift+Left Shift+Right", QCoreApplication.translate("ShortcutSheet", "Move over the photo")),
                ("R", QCoreApplication.translate("ShortcutSheet", "Show where the words are seen")),
                ("C", QCoreApplication.translate("ShortcutSheet", "Find similar captions")),
                ("I", QCoreApplication.translate("ShortcutSheet", "Show or hide the facts")),
                ("Esc", QCoreApplication.translate("ShortcutSheet", "Back to the photos")),
            ],
        ),
        (
            QCoreApplication.translate("ShortcutSheet", "Captions"),
            [
                ("Return", QCoreApplication.translate("ShortcutSheet", "Search for the caption")),
                ("+", QCoreApplication.translate("ShortcutSheet", "Add it to the photo")),
                ("F2", QCoreApplication.translate("ShortcutSheet", "Change its words")),
                ("Del", QCoreApplication.translate("ShortcutSheet", "Remove it from the photo")),
            ],
        ),
    ]


def key_text(keys: str) -> str:
    """Keys as this system writes them."""
    native = QKeySequence.SequenceFormat.NativeText
    return "   ".join(QKeySequence(key).toString(native) or key for key in keys.split())


class ShortcutSheet(QDialog):
    """A table of all keys."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        page = QWidget()
        grid = QGridLayout(page)
        grid.setColumnStretch(1, 1)
        grid.setHorizontalSpacing(24)
        for title, rows in shortcut_groups():
            self._add_group(grid, title, rows)
        grid.setRowStretch(grid.rowCount(), 1)
        area = QScrollArea()
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(page)
        _finish(self, area)
        resize_grown(self, 460, 620)

    def _add_group(self, grid: QGridLayout, title: str, rows: list[tuple[str, str]]) -> None:
        heading = QLabel(title)
        heading.setObjectName("heading")
        heading.setContentsMargins(0, 10, 0, 2)
        grid.addWidget(heading, grid.rowCount(), 0, 1, 2)
        for keys, what in rows:
            row = grid.rowCount()
            label = QLabel(key_text(keys))
            font = QFont(label.font())
            font.setBold(True)
            label.setFont(font)
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(QLabel(what), row, 1)


class AboutBox(QDialog):
    """Version, model and licences; whether there is a newer version, when asked."""

    def __init__(self, client: EngineClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About Balloon"))
        name = QLabel("Balloon")
        name.setObjectName("title")
        version = version_of(DISTRIBUTION)
        self.version = QLabel(self.tr("Version {version}").format(version=version) if version else "")
        self.version.setVisible(bool(version))
        self.version.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.model = QLabel()
        self.model.hide()
        claim = QLabel(self.tr("Finds photos on your own computer by what is in them. Nothing leaves the computer."))
        claim.setWordWrap(True)
        self.updates = UpdateCheck(client)
        self.licences = QTextBrowser()
        self.licences.setOpenExternalLinks(True)
        self.licences.setAccessibleName(self.tr("Licences"))
        self.licences.setHtml(self._licence_table())
        top = QWidget()
        column = QVBoxLayout(top)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (name, self.version, self.model, self.updates, claim, self.licences):
            column.addWidget(widget)
        _finish(self, top)
        resize_grown(self, 500, 480)

    def show_engine(self, welcome: Welcome) -> None:
        """Say which engine and which model are at work."""
        said = self.tr("from source") if welcome.build == _CHECKOUT else welcome.build
        build = f" · {said}" if said else ""
        self.version.setText(self.tr("Version {version}").format(version=welcome.version) + build)
        self.version.show()
        self.model.setText(self.tr("Search model: {model}").format(model=welcome.model))
        self.model.show()

    def _licence_table(self) -> str:
        intro = self.tr("Balloon is free software under the Apache License 2.0. It is made with:")
        rows = "".join(
            f'<tr><td><a href="{part.address}">{html.escape(part.name)}</a> {version_of(part.distribution)}</td>'
            f'<td style="padding-left: 16px">{html.escape(part.licence)}</td></tr>'
            for part in PARTS
        )
        return f'<p>{html.escape(intro)}</p><table cellpadding="2">{rows}</table>'


def _finish(dialog: QDialog, content: QWidget) -> None:
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.close)
    column = QVBoxLayout(dialog)
    column.addWidget(content, 1)
    column.addWidget(buttons)
