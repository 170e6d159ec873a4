"""Reading the text in a photo (extra ``ocr``: RapidOCR, which carries its Chinese and English models).

It runs in a process of its own, at the lowest priority: a picture that breaks it costs that one photo, and its memory
is given back when the work is done.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import multiprocessing
import os
from typing import TYPE_CHECKING, Any

from engine.errors import KnownError, PhotoError
from engine.protocol import ErrorKind, IssueReason

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from types import TracebackType

LEAST_SURE = 0.7  # of 1: below that the recogniser mostly sees letters in leaves and tiles
PICTURE_EDGE = 1600
DEADLINE_S = 60.0
LONGEST_TEXT = 4000
LOWEST_PRIORITY = 19


def is_available() -> bool:
    """Whether the extra ``ocr`` is installed."""
    return importlib.util.find_spec("rapidocr") is not None


class TextRecognizer:
    """Reads text from pictures while used as a context manager; from one thread."""

    def __init__(self) -> None:
        if not is_available():
            raise KnownError(
                ErrorKind.EXTRA_MISSING,
                "Reading text in photos needs the extra 'ocr'. Install it: pip install 'balloon-photos[ocr]'",
            )
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None

    def __enter__(self) -> TextRecognizer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def read(self, jpeg: bytes) -> tuple[str, ...]:
        """The lines of text in a JPEG file's bytes, top to bottom; raises ``PhotoError`` (TIMEOUT, CRASHED)."""
        pipe = self._started()
        try:
            pipe.send_bytes(jpeg)
            if not pipe.poll(DEADLINE_S):
                self._end()
                raise PhotoError(IssueReason.TIMEOUT, "reading its text took too long")
            answer = json.loads(pipe.recv_bytes(1_000_000))
        except (EOFError, OSError, ValueError) as error:
            self._end()
            raise PhotoError(IssueReason.CRASHED, "reading its text failed") from error
        return tuple(str(line) for line in answer)

    def _started(self) -> Connection:
        if self._pipe is None:
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(target=serve, args=(theirs,), name="recognizer", daemon=True)
            self._process.start()
            theirs.close()
        return self._pipe

    def _end(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._pipe = self._process = None


def serve(pipe: Connection) -> None:
    """The recogniser's process: JPEG bytes in, a JSON list of lines out, until the pipe closes."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    if hasattr(os, "nice"):
        os.nice(LOWEST_PRIORITY)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    # By name, because the extra may be missing where types are checked.
    engine: Any = importlib.import_module("rapidocr").RapidOCR(params={"Global.log_level": "critical"})
    with contextlib.suppress(EOFError, OSError):
        while True:
            found = engine(pipe.recv_bytes())
            pairs = zip(found.txts or (), found.scores or (), strict=True)
            lines = [text for text, score in pairs if score >= LEAST_SURE and text.strip()]
            pipe.send_bytes(json.dumps(lines).encode()[:1_000_000])
