"""Starts other programs: the file manager, viewers. They get the environment the person has, not a bundle's."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QProcess, QProcessEnvironment, QUrl
from PySide6.QtGui import QDesktopServices

if TYPE_CHECKING:
    from pathlib import Path

_FILE_MANAGER = "org.freedesktop.FileManager1"


def start_program(program: str, arguments: list[str]) -> bool:
    """Start and forget; False when it could not be started."""
    process = QProcess()
    process.setProgram(program)
    process.setArguments(arguments)
    process.setProcessEnvironment(_outside_environment())
    # The stub promises (started, pid); PySide 6.11 gives the boolean alone.
    return bool(process.startDetached())


def open_file(path: Path) -> bool:
    """Open a file with the program the system has chosen for it."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def show_in_file_manager(path: Path) -> bool:
    """Open the file's folder with the file marked, where the system can do that; else just the folder."""
    if sys.platform == "win32":
        return start_program("explorer.exe", [f"/select,{path}"])
    if sys.platform == "darwin":
        return start_program("open", ["-R", str(path)])
    return _show_with_dbus(path) or open_file(path.parent)


def _show_with_dbus(path: Path) -> bool:
    from PySide6.QtDBus import QDBusConnection, QDBusMessage  # only Linux needs it

    bus = QDBusConnection.sessionBus()
    if not bus.isConnected():
        return False
    message = QDBusMessage.createMethodCall(_FILE_MANAGER, "/org/freedesktop/FileManager1", _FILE_MANAGER, "ShowItems")
    message.setArguments([[QUrl.fromLocalFile(str(path)).toString(QUrl.ComponentFormattingOption.FullyEncoded)], ""])
    # A file manager that has to be started needs longer than a frame, but not longer than a second.
    return bus.call(message, timeout=1000).type() == QDBusMessage.MessageType.ReplyMessage


def _outside_environment() -> QProcessEnvironment:
    environment = QProcessEnvironment.systemEnvironment()
    if getattr(sys, "frozen", False):
        original = os.environ.get("LD_LIBRARY_PATH_ORIG")
        environment.remove("LD_LIBRARY_PATH")
        if original:
            environment.insert("LD_LIBRARY_PATH", original)
    return environment
