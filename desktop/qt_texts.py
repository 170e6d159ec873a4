"""Texts of Qt's own dialogs that Qt's Chinese file lacks. lupdate finds them here; our translator is asked first."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


def lacking() -> tuple[str, ...]:
    """What Qt says now in the places where it would say English."""
    return (
        QCoreApplication.translate("QFileDialog", "&Look in:"),
        QCoreApplication.translate("QFileDialog", "Files of &type:"),
        QCoreApplication.translate("QAbstractFileIconProvider", "Drive"),
        QCoreApplication.translate("QAbstractFileIconProvider", "Folder", "All other platforms"),
    )
