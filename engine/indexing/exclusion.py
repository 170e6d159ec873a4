"""What a person wants left out of a folder: shell patterns, one a line, for a name at any depth or for a path."""

from __future__ import annotations

import fnmatch
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Exclusion:
    """Patterns such as ``*.png``, ``Screenshots`` or ``2019/raw/*``; case does not matter, ``#`` begins a remark."""

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        wanted = [pattern.strip().strip("/") for pattern in patterns if not pattern.lstrip().startswith("#")]
        expressions = [fnmatch.translate(pattern) for pattern in wanted if pattern]
        self._expression = re.compile("|".join(expressions), re.IGNORECASE) if expressions else None

    @classmethod
    def of_text(cls, text: str | None) -> Exclusion:
        """Read patterns from lines."""
        return cls((text or "").splitlines())

    def __contains__(self, path: bytes) -> bool:
        """Whether the file or directory at ``path``, relative to its folder, is left out by its name or its path."""
        if self._expression is None:
            return False
        text = os.fsdecode(path).replace(os.sep, "/")
        return bool(self._expression.match(text) or self._expression.match(text.rpartition("/")[2]))
