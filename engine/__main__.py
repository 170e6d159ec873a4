"""The engine process (``python -m engine``): guards stdout, opens the library and serves the desktop until EOF.

Nothing heavy is imported up here: whatever prints while it is imported must find stdout guarded.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import logging
import logging.handlers
import multiprocessing
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import TextIOWrapper
    from types import TracebackType

    from engine.server.service import Opened

logger = logging.getLogger("engine")

LOG_BYTES = 2_000_000
LOGS_KEPT = 3


class PrivateLog(logging.handlers.RotatingFileHandler):
    """A log for its owner's eyes: it names folders. What is full is put aside, and the oldest goes."""

    def _open(self) -> TextIOWrapper[Any]:
        def opener(path: str, flags: int) -> int:
            return os.open(path, flags, 0o600)

        return cast("TextIOWrapper[Any]", open(self.baseFilename, self.mode, encoding=self.encoding, opener=opener))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the engine; the exit code is 0 when the desktop hung up, however much went wrong in between."""
    multiprocessing.freeze_support()
    source, target = _private_streams()
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    options = _parse(arguments)
    _start_logging(options.log_file)
    _serve(options, source, target)
    return 0


def _private_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take stdin and stdout for the protocol alone: what anyone else prints goes to stderr, what they read is empty."""
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (0, 1):
            msvcrt.setmode(descriptor, os.O_BINARY)
    source, target = os.dup(0), os.dup(1)
    _point(0, os.open(os.devnull, os.O_RDONLY))
    try:
        os.dup2(2, 1)
    except OSError:  # there is no stderr: a windowed program on Windows
        _point(1, os.open(os.devnull, os.O_WRONLY))
    sys.stdout = sys.stderr
    return os.fdopen(source, "rb", buffering=0), os.fdopen(target, "wb", buffering=0)


def _point(descriptor: int, to: int) -> None:
    os.dup2(to, descriptor)
    os.close(to)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m engine", description="The engine of Balloon; speaks JSON-RPC.")
    parser.add_argument("--library", metavar="PATH", help="the library's folder or postgresql:// address")
    parser.add_argument("--model", metavar="KEY", help="search with this model instead of the library's")
    parser.add_argument("--log-file", type=Path, metavar="PATH", help="write the log here instead of to stderr")
    return parser.parse_args(arguments)


def _start_logging(file: Path | None) -> None:
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    trouble: OSError | None = None
    if file is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handler = PrivateLog(file, maxBytes=LOG_BYTES, backupCount=LOGS_KEPT, encoding="utf-8")
        except OSError as error:
            trouble = error
    form = "%(asctime)s %(threadName)s %(name)s %(levelname)s %(message)s"
    logging.basicConfig(level=logging.INFO, handlers=[handler], format=form)
    sys.excepthook = _log_exception
    with contextlib.suppress(AttributeError, RuntimeError):  # there is no stderr: a windowed program on Windows
        faulthandler.enable()  # a crash of a native library leaves at least the Python stack
    if trouble is not None:
        logger.warning("the log goes to stderr: %s", trouble)


def _log_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logger.critical("the engine ends", exc_info=(kind, error, trace))


def _serve(options: argparse.Namespace, source: BinaryIO, target: BinaryIO) -> None:
    from engine.server.service import Server

    opened = _open(options)
    server = Server(opened, source, target)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: server.stop())
    ended = server.serve()
    logger.info("the engine ends")
    if not ended:
        # A thread hangs inside the system, on a dead network disk perhaps. The library needs no farewell: what was
        # not committed is done again, and the lock falls with the process.
        logging.shutdown()
        os._exit(0)
    if opened.engine is not None:
        opened.engine.close()


def _open(options: argparse.Namespace) -> Opened:
    """Open the library for writing, else for reading, else not at all; the desktop is told why."""
    from engine.api import Engine
    from engine.config import library_paths
    from engine.errors import KnownError
    from engine.protocol import ErrorKind
    from engine.server.service import Opened

    try:
        paths = library_paths(options.library)
        return Opened(Engine.open_writer(paths, options.model))
    except KnownError as error:
        logger.warning("the library cannot be opened for writing: %s", error)
        trouble = error
    if trouble.kind not in {ErrorKind.LIBRARY_BUSY, ErrorKind.LIBRARY_READ_ONLY}:
        return Opened(None, trouble)
    try:
        return Opened(Engine.open_reader(paths, options.model), trouble)
    except KnownError as error:
        logger.warning("the library cannot be opened at all: %s", error)
        return Opened(None, trouble)


if __name__ == "__main__":
    sys.exit(main())
