"""Puts the application together: what may happen before there is a ``QApplication``, what needs one, and the end."""

from __future__ import annotations

import hashlib
import logging
import os
import signal
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QIcon

from desktop import notices
from desktop.balloon_app import BalloonApp
from desktop.crash import CrashHandler, start_log
from desktop.engine_client import EngineClient, EngineCommand
from desktop.garbage import GuiCollector
from desktop.icons import icon_pixmap, renew_icons
from desktop.languages import Translations
from desktop.main_window import MainWindow
from desktop.photo_files import forget_pasted
from desktop.settings import AppSettings
from desktop.single_instance import SingleInstance
from desktop.theme import ThemeKeeper
from desktop.tray import Tray

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from PySide6.QtWidgets import QApplication

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Start:
    """Where a start finds its things. ``library`` None means the usual place, or where it was moved to.

    ``paths``: photos to search by, and folders to offer.
    """

    config: Path
    state: Path
    logs: Path
    library: str | Path | None = None
    paths: tuple[Path, ...] = ()


def prepare() -> None:
    """Do what has to be done before the ``QApplication`` is made."""
    QCoreApplication.setApplicationName("balloon")
    QGuiApplication.setApplicationDisplayName("Balloon")
    QGuiApplication.setDesktopFileName("balloon")
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)


class Application(QObject):
    """Everything that lives as long as the program; the window is made anew when the language changes."""

    def __init__(self, app: QApplication, start: Start, command: EngineCommand | None = None) -> None:
        super().__init__(app)
        self._app = app
        self.settings = AppSettings(start.config / "desktop.ini", self)
        self.translations = Translations(app)
        self.translations.use(self.settings.language)
        self.theme = ThemeKeeper(app, self.settings)
        self.client = EngineClient(command or EngineCommand.usual(start.library, start.logs / "engine.log"), self)
        self.tray = Tray(self)
        self.tray.raise_asked.connect(self.raise_window)
        self.window = self._make_window()
        self.settings.changed.connect(self._on_setting)
        self.theme.changed.connect(self._on_theme)
        self._renewal = QTimer(self, singleShot=True, interval=0)
        self._renewal.timeout.connect(self._renew_window)

    def show(self) -> None:
        """Show the window, then start the engine: the first paint does not wait for it."""
        self.window.show()
        QTimer.singleShot(0, self, self.client.start)

    def raise_window(self) -> None:
        """Bring the window forward."""
        self.window.setWindowState(self.window.windowState() & ~Qt.WindowState.WindowMinimized)
        self.window.show()
        self.window.raise_()
        self.window.activateWindow()

    def answer_call(self, paths: tuple[Path, ...]) -> None:
        """Do what a second start, or the system, asked for."""
        self.raise_window()
        self.window.open_paths(paths)

    def say_crashed(self) -> None:
        """Tell the person that a bug was met."""
        self.window.results.banner.say(notices.sentence_for("bug"), "warn")

    def close(self) -> None:
        """End the engine; returns when it is gone."""
        self.client.close()
        forget_pasted()

    def _make_window(self) -> MainWindow:
        window = MainWindow(self.client, self.settings)
        window.closed.connect(self._app.quit)
        window.status.finished_long_run.connect(self.tray.tell_finished)
        return window

    def _on_setting(self, name: str) -> None:
        if name == "language":
            self.translations.use(self.settings.language)
            self._renewal.start()  # after the menu or dialog that asked for it has done its work

    def _on_theme(self, _tokens: object) -> None:
        renew_icons(self.window)

    def _renew_window(self) -> None:
        old, query = self.window, self.window.search.query
        shows_preferences = old.dialogs.shows_preferences
        old.closed.disconnect(self._app.quit)
        old.close()
        self.window = self._make_window()
        self.window.show()
        self.window.take_over(query)
        if shows_preferences:
            self.window.dialogs.show_preferences()
        old.deleteLater()


def run(arguments: Sequence[str], start: Start) -> int:
    """Run until the window is closed; the exit code."""
    prepare()
    app = BalloonApp([sys.argv[0], *arguments])
    app.setWindowIcon(QIcon(icon_pixmap("balloon", 128, "#000000")))
    instance = SingleInstance(start.state / _library_key(start.library))
    if not instance.claim():
        instance.call_first(start.paths)
        return 0
    start_log(start.logs / "desktop.log")
    crashes = CrashHandler()
    crashes.install()
    application = Application(app, start)
    instance.called.connect(application.answer_call)
    app.open_asked.connect(application.answer_call)
    crashes.crashed.connect(application.say_crashed)
    collector = GuiCollector()
    application.show()
    application.window.open_paths(start.paths)
    collector.start()
    with _interruptible(app):
        code = app.exec()
    collector.stop()
    application.close()
    crashes.uninstall()
    instance.release()
    return code


def _library_key(library: str | Path | None) -> str:
    # Two libraries may be open in two windows; one library in one.
    place = library if library is None or "://" in str(library) else os.path.abspath(library)
    return hashlib.blake2b(os.fsencode(str(place)), digest_size=8).hexdigest()


@contextmanager
def _interruptible(app: QApplication) -> Iterator[None]:
    """Let Ctrl+C in a terminal end the program: Qt's loop has to let Python look at signals now and then."""
    timer = QTimer(interval=500)
    timer.timeout.connect(lambda: None)
    timer.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: app.quit())
    try:
        yield
    finally:
        timer.stop()
