"""A line plot on two logarithmic axes, as SVG. Small on purpose: the only thing drawn is a figure over a size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 420, 70, 210, 40, 40
COLOURS = ("#d1323d", "#3465a4", "#4e9a06", "#8f5902", "#75507b", "#06989a", "#555753", "#c4a000", "#f57900")


@dataclass(frozen=True, slots=True)
class Line:
    """A name and its points (size, figure), both above 0, by size."""

    name: str
    points: tuple[tuple[float, float], ...]


class _Axis:
    """Whole powers of ten around some values, laid over a stretch of the drawing."""

    def __init__(self, values: Sequence[float], begin: float, end: float) -> None:
        self._low = math.floor(math.log10(min(values)) + 1e-9)
        self._high = max(self._low + 1, math.ceil(math.log10(max(values)) - 1e-9))
        self._begin, self._end = begin, end

    def at(self, value: float) -> float:
        share = (math.log10(value) - self._low) / (self._high - self._low)
        return self._begin + share * (self._end - self._begin)

    def ticks(self) -> list[float]:
        return [10.0**power for power in range(self._low, self._high + 1)]


def plot(title: str, lines: Sequence[Line]) -> str:
    """Draw ``lines``, of which at least one has a point."""
    points = [point for line in lines for point in line.points]
    across = _Axis([size for size, _ in points], LEFT, WIDTH - RIGHT)
    up = _Axis([value for _, value in points], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
        ' font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="22" font-size="14" font-weight="bold">{escape(title)}</text>',
        *(_grid(across.at(tick), TOP, across.at(tick), HEIGHT - BOTTOM) for tick in across.ticks()),
        *(_grid(LEFT, up.at(tick), WIDTH - RIGHT, up.at(tick)) for tick in up.ticks()),
        *(_label(across.at(tick), HEIGHT - BOTTOM + 18, tick, "middle") for tick in across.ticks()),
        *(_label(LEFT - 6, up.at(tick) + 4, tick, "end") for tick in up.ticks()),
    ]
    for number, line in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        places = [(across.at(size), up.at(value)) for size, value in line.points]
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        height = TOP + 16 * number + 8
        parts.append(f'<rect x="{WIDTH - RIGHT + 14}" y="{height - 9}" width="10" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 30}" y="{height}">{escape(line.name)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _grid(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#dddddd"/>'


def _label(x: float, y: float, value: float, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{value:g}</text>'
