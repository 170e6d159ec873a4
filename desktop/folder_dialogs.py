"""The two questions of the folders panel, both non-modal: which folders to add, and whether one should go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QAbstractItemView, QFileDialog, QListView, QMessageBox, QTreeView, QWidget

from desktop.wording import file_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.protocol import FolderStatus

Button = QMessageBox.StandardButton


def folder_chooser(parent: QWidget, chosen: Callable[[list[str]], None]) -> QFileDialog:
    """A dialog that gives several folders at once.

    The systems' own dialogs choose one folder only, so this is Qt's, with several rows to be marked.
    """
    dialog = QFileDialog(parent, QCoreApplication.translate("FolderDialogs", "Choose folders with photos"))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    views: list[QAbstractItemView] = [*dialog.findChildren(QListView, "listView"), *dialog.findChildren(QTreeView)]
    for view in views:
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    dialog.filesSelected.connect(chosen)
    return dialog


def removal_question(parent: QWidget, folder: FolderStatus, agreed: Callable[[], None]) -> QMessageBox:
    """Ask before a folder is no longer watched."""
    name = file_name(folder.path)
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowModality(Qt.WindowModality.NonModal)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(QCoreApplication.translate("FolderDialogs", "Remove folder"))
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(QCoreApplication.translate("FolderDialogs", "Stop watching “{folder}”?").format(folder=name))
    box.setInformativeText(
        QCoreApplication.translate(
            "FolderDialogs", "Its photos leave the search results. The photos on disk are untouched."
        )
    )
    remove = box.addButton(QCoreApplication.translate("FolderDialogs", "Remove"), QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(box.addButton(Button.Cancel))
    remove.clicked.connect(agreed)
    return box
