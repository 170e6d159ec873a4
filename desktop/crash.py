"""What happens to a bug in the desktop: a traceback in the log, a calm sentence in the window, and life goes on."""

from __future__ import annotations

import logging
import logging.handlers
import sys
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

logger = logging.getLogger(__name__)

_LOG_BYTES = 1_000_000


class CrashHandler(QObject):
    """Installed as ``sys.excepthook`` and for threads.

    Signals:
        crashed(): something unexpected was logged; may come from any thread.
    """

    crashed = Signal()

    def install(self) -> None:
        """Hear of every exception that nobody catches."""
        sys.excepthook = self.handle
        threading.excepthook = self._on_thread_exception

    def uninstall(self) -> None:
        """Give Python its own hooks back."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__

    def handle(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Log it and say so; Ctrl+C in a terminal is no bug."""
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        logger.critical("a bug", exc_info=(kind, error, trace))
        self.crashed.emit()

    def _on_thread_exception(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            self.handle(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)


def start_log(file: Path) -> None:
    """Write the desktop's log to ``file``, and only the gravest to the terminal."""
    file.parent.mkdir(parents=True, exist_ok=True)
    to_file = logging.handlers.RotatingFileHandler(file, maxBytes=_LOG_BYTES, backupCount=2, encoding="utf-8")
    to_terminal = logging.StreamHandler()
    to_terminal.setLevel(logging.ERROR)
    form = "%(asctime)s %(name)s %(levelname)s %(message)s"
    logging.basicConfig(level=logging.INFO, format=form, handlers=[to_file, to_terminal])
