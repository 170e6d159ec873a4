"""The form of a date rule, and the one pass that finds single dates in folded text.

The rules themselves are in ``query_dates_en`` and ``query_dates_zh``; how dates join ("since", "between", 到, 之前) is
the business of ``dates``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from engine.search.query_calendar import is_sensible

if TYPE_CHECKING:
    from engine.search.query_calendar import Stretch

YEAR = r"(?:1[89]|20|21)\d\d"
NOT_LATIN_BEFORE, NOT_LATIN_AFTER = r"(?<![a-z0-9_])", r"(?![a-z0-9_])"

Maker = Callable[[dict[str, str], date], "Stretch"]
"""From the named parts that matched (a missing one is "", "all" is the whole) and today's date to a stretch of days.

Raises ``ValueError`` or ``OverflowError`` where there is no such date.
"""

_GROUP_NAME = re.compile(r"\?P<\w+>")


@dataclass(frozen=True, slots=True)
class FoundStretch:
    """A single date in a text: ``begin:end`` are positions in it."""

    begin: int
    end: int
    stretch: Stretch


class DateRules:
    """Patterns with what makes a stretch of each; an earlier rule wins over a later one at the same place."""

    def __init__(self, rules: Sequence[tuple[str, Maker]]) -> None:
        self._rules = [(re.compile(pattern), make) for pattern, make in rules]
        # One pattern for all of them finds the next place in a single pass; its group number tells which rule it was.
        self._any = re.compile("|".join(f"({_GROUP_NAME.sub('?:', pattern)})" for pattern, _ in rules))

    def find(self, text: str, today: date) -> Iterator[FoundStretch]:
        """Yield the dates of folded ``text`` in order; what looks like one and is none (31 February) is passed over."""
        for place in self._any.finditer(text):
            pattern, make = self._rules[(place.lastindex or 1) - 1]
            match = pattern.match(text, place.start())
            if match is None:
                continue
            stretch = _make(make, match, today)
            if stretch is not None:
                yield FoundStretch(match.start(), match.end(), stretch)


def _make(make: Maker, match: re.Match[str], today: date) -> Stretch | None:
    parts = defaultdict(str, {name: part for name, part in match.groupdict().items() if part})
    parts["all"] = match.group()
    try:
        stretch = make(parts, today)
    except (ValueError, OverflowError):
        return None
    return stretch if is_sensible(stretch) else None
