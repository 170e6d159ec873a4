"""Lines of bytes in and out: no line may be longer than agreed, and only one thread writes at a time."""

from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

logger = logging.getLogger(__name__)

CHUNK_BYTES = 1 << 16


class ReadsBytes(Protocol):
    """An unbuffered stream: ``read`` gives what there is, at most ``size`` bytes, and b"" at the end."""

    def read(self, size: int, /) -> bytes | None:
        """Wait for some bytes."""


class WritesBytes(Protocol):
    """An unbuffered stream: ``write`` may take a part only and says how much it took."""

    def write(self, data: memoryview, /) -> int | None:
        """Write some of ``data``."""


class LineReader:
    """Cuts a stream into lines. A last line without its newline is what a dying peer leaves: it is dropped."""

    def __init__(self, stream: ReadsBytes, longest: int) -> None:
        self._stream = stream
        self._longest = longest
        self._parts: list[bytes] = []
        self._held = 0
        self._is_too_long = False

    def __iter__(self) -> Iterator[bytes | None]:
        """Each line without its newline; None for one longer than ``longest`` bytes, which is read past, not kept."""
        while chunk := self._read():
            *ends, rest = chunk.split(b"\n")
            for end in ends:
                self._keep(end)
                yield self._take()
            self._keep(rest)

    def _read(self) -> bytes:
        try:
            return self._stream.read(CHUNK_BYTES) or b""
        except OSError as error:  # on some systems this is how a pipe says that its other end is gone
            logger.info("the input has ended: %s", error)
            return b""

    def _keep(self, part: bytes) -> None:
        self._held += len(part)
        if self._held > self._longest:
            self._is_too_long = True
            self._parts.clear()
        elif part:
            self._parts.append(part)

    def _take(self) -> bytes | None:
        line = None if self._is_too_long else b"".join(self._parts)
        self._parts.clear()
        self._held = 0
        self._is_too_long = False
        return line


def encode(message: dict[str, Any]) -> bytes:
    """Make a line of ``message``; raises ``ValueError`` for NaN and infinities, which JSON cannot say."""
    # ASCII with escapes: a file name that is not valid Unicode cannot break the line.
    return json.dumps(message, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"


class LineWriter:
    """Writes one JSON object a line, from any thread. When nobody reads any more it says so once and falls silent."""

    def __init__(self, stream: WritesBytes, on_gone: Callable[[], None]) -> None:
        self._stream = stream
        self._on_gone = on_gone
        self._sole = threading.Lock()
        self._is_gone = False

    def send(self, message: dict[str, Any]) -> None:
        """Encode and write ``message``."""
        self.send_line(encode(message))

    def send_line(self, line: bytes) -> None:
        """Write a line that ``encode`` made, waiting until the other side has room."""
        with self._sole:
            if self._is_gone:
                return
            try:
                self._write(memoryview(line))
            except OSError as error:
                logger.info("nobody reads the output any more: %s", error)
                self._is_gone = True
        if self._is_gone:
            self._on_gone()

    def _write(self, data: memoryview) -> None:
        while data:
            data = data[self._stream.write(data) or 0 :]
