"""The two kinds of trouble that are nobody's bug; whatever else is raised is a bug and leaves a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.protocol import ErrorKind, IssueReason


class PhotoError(Exception):
    """One file cannot be used: it becomes an issue row and work goes on."""

    def __init__(self, reason: IssueReason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail


class KnownError(Exception):
    """The surroundings do not allow what was asked. ``str()`` is one calm sentence that says what to do."""

    def __init__(self, kind: ErrorKind, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind
