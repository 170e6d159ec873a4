"""How commands say things: answers on standard output (text or one JSON document), the rest on standard error."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from engine.protocol.json_values import to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.errors import KnownError


class Output:
    """Standard output and error as one command uses them."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self.as_json = as_json
        self.quiet = quiet

    @property
    def shows_progress(self) -> bool:
        """Whether a person is looking."""
        return not self.quiet and not self.as_json and sys.stderr.isatty()

    def document(self, value: Any) -> None:
        """The one JSON document of a ``--json`` run; a value that is no text (an odd file name) is replaced."""
        text = json.dumps(to_json(value), ensure_ascii=False, indent=2)
        self._write(sys.stdout, text)

    def line(self, text: str = "") -> None:
        """A line of the answer."""
        self._write(sys.stdout, text)

    def note(self, text: str) -> None:
        """A remark beside the answer; silent with ``--quiet`` or ``--json``."""
        if not self.quiet and not self.as_json:
            self._write(sys.stderr, text)

    def problem(self, error: KnownError) -> None:
        """One sentence on standard error; with ``--json`` also a document, so that a script always finds one."""
        self._write(sys.stderr, f"balloon: {error}")
        if self.as_json:
            self.document({"error": {"kind": error.kind, "message": str(error)}})

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Left-aligned columns."""
        widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
            self.line("  ".join(cells).rstrip())

    @staticmethod
    def _write(stream: Any, text: str) -> None:
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, "replace").decode(encoding, "replace") + "\n")


def one_line(text: str) -> str:
    """``text`` without what would break a line or command the terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _width(text: str) -> int:
    # A Chinese character takes two columns of a terminal.
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
