"""The application object, which the system asks to open files: on macOS "Open with" sends events, not arguments."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication


class BalloonApp(QApplication):
    """Each file comes in an event of its own: those of one turn of the loop are told together.

    Signals:
        open_asked(object): the files and folders to open, a tuple of paths.
    """

    open_asked = Signal(object)

    def __init__(self, arguments: list[str]) -> None:
        super().__init__(arguments)
        self._paths: list[Path] = []
        self._telling = QTimer(self, singleShot=True, interval=0)
        self._telling.timeout.connect(self._tell)

    def event(self, event: QEvent) -> bool:
        """Take what names a file of this machine; addresses of other kinds are not for us."""
        if isinstance(event, QFileOpenEvent) and event.url().isLocalFile():
            self._paths.append(Path(event.url().toLocalFile()))
            self._telling.start()
            return True
        return super().event(event)

    def _tell(self) -> None:
        paths, self._paths = tuple(self._paths), []
        self.open_asked.emit(paths)
