"""Where each tile is: square tiles in lines that fill the width, in sections that may have a heading.

Pure arithmetic over the sections, so that a hundred thousand tiles cost no more than ten. All lengths are logical
pixels; places are those of the whole content, not of what is in view.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Section:
    """Rows from ``first`` on belong together; ``title`` stands above them, "" for no heading."""

    first: int
    title: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the content."""

    left: int
    top: int
    width: int
    height: int


class TileLayout:
    """The geometry of ``count`` tiles of ``cell`` pixels, ``columns`` in a line, cut into sections.

    A list without sections is one section without a heading.
    """

    def __init__(self, count: int, sections: Sequence[Section], columns: int, cell: int, heading: int) -> None:
        self.count, self.columns, self.cell, self.heading = count, max(1, columns), max(1, cell), heading
        self._sections = [section for section in sections if section.first < count] or [Section(0)]
        self._firsts = [section.first for section in self._sections]
        self._tops: list[int] = []
        top = 0
        for place, section in enumerate(self._sections):
            self._tops.append(top)
            top += self._heading_of(section) + self._lines(place) * self.cell
        self.height = top if count else 0

    def box(self, row: int) -> Box:
        """Where the tile of a row is."""
        place = self._section_of(row)
        line, column = divmod(row - self._firsts[place], self.columns)
        return Box(column * self.cell, self._first_line(place) + line * self.cell, self.cell, self.cell)

    def row_at(self, left: int, top: int) -> int | None:
        """The row whose tile is at a point; None beside the tiles and on a heading."""
        if not 0 <= top < self.height or not 0 <= left < self.columns * self.cell:
            return None
        place = bisect_right(self._tops, top) - 1
        below = top - self._first_line(place)
        if below < 0:
            return None
        row = self._firsts[place] + below // self.cell * self.columns + left // self.cell
        return row if row < self._end(place) else None

    def rows_between(self, top: int, bottom: int) -> range:
        """The rows that have a part between two heights (both included)."""
        if not self.count or bottom < 0 or top >= self.height:
            return range(0)
        return range(self._row_from(max(0, top)), self._row_to(min(bottom, self.height - 1)))

    def headings_between(self, top: int, bottom: int) -> list[tuple[str, int]]:
        """The titles that have a part between two heights, each with the height where it begins."""
        first = max(0, bisect_right(self._tops, top) - 1)
        last = bisect_right(self._tops, bottom)
        found = zip(self._sections[first:last], self._tops[first:last], strict=True)
        return [(section.title, at) for section, at in found if section.title and at + self.heading > top]

    def title_at(self, top: int) -> str:
        """The title of the section that is at a height."""
        return self._sections[max(0, bisect_right(self._tops, top) - 1)].title

    def has_heading_over(self, row: int) -> bool:
        """Whether a row is in the first line under a heading."""
        place = self._section_of(row)
        return bool(self._sections[place].title) and row - self._firsts[place] < self.columns

    def below(self, row: int) -> int:
        """The row under this one, in the next section if need be; itself in the last line."""
        place = self._section_of(row)
        column = (row - self._firsts[place]) % self.columns
        if row + self.columns < self._end(place):
            return row + self.columns
        if (row - self._firsts[place]) // self.columns < self._lines(place) - 1:
            return self._end(place) - 1  # the last line is short
        if place + 1 == len(self._sections):
            return row
        return min(self._firsts[place + 1] + column, self._end(place + 1) - 1)

    def above(self, row: int) -> int:
        """The row over this one, in the section before if need be; itself in the first line."""
        place = self._section_of(row)
        column = (row - self._firsts[place]) % self.columns
        if row - self.columns >= self._firsts[place]:
            return row - self.columns
        if place == 0:
            return row
        before = self._firsts[place - 1]
        return min(before + (self._lines(place - 1) - 1) * self.columns + column, self._end(place - 1) - 1)

    def _row_from(self, top: int) -> int:
        place = bisect_right(self._tops, top) - 1
        line = max(0, top - self._first_line(place)) // self.cell
        return min(self._firsts[place] + line * self.columns, self._end(place) - 1)

    def _row_to(self, bottom: int) -> int:
        place = bisect_right(self._tops, bottom) - 1
        line = (bottom - self._first_line(place)) // self.cell
        if line < 0:  # on a heading
            return self._firsts[place]
        return min(self._firsts[place] + (line + 1) * self.columns, self._end(place))

    def _section_of(self, row: int) -> int:
        return max(0, bisect_right(self._firsts, row) - 1)

    def _end(self, place: int) -> int:
        return self._firsts[place + 1] if place + 1 < len(self._firsts) else self.count

    def _lines(self, place: int) -> int:
        return -(-(self._end(place) - self._firsts[place]) // self.columns)

    def _heading_of(self, section: Section) -> int:
        return self.heading if section.title else 0

    def _first_line(self, place: int) -> int:
        return self._tops[place] + self._heading_of(self._sections[place])
