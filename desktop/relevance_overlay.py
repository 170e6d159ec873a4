"""Draws where a word is seen in a photo: a grid of relevance becomes a smooth, translucent picture."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QImage, qRgba

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.protocol.methods import WordRelevance

LONG_EDGE = 112  # pixels of the picture; the canvas scales it up bilinearly
# An overlay lies on arbitrary photos, so its colours are its own: a dark veil where nothing matched, turning
# into a warm light where it matched. (relevance, red, green, blue, alpha)
STOPS = ((0.0, 8, 10, 24, 128), (0.45, 60, 20, 40, 76), (0.72, 255, 130, 30, 70), (1.0, 255, 204, 40, 150))


def heat_image(word: WordRelevance) -> QImage | None:
    """The word's map as ARGB32, ``LONG_EDGE`` pixels long; None where the values do not fill the grid."""
    if word.rows < 1 or word.columns < 1 or len(word.relevance) != word.rows * word.columns:
        return None
    scale = LONG_EDGE / max(word.rows, word.columns)
    height, width = max(1, round(word.rows * scale)), max(1, round(word.columns * scale))
    values = smooth(word.relevance, (word.rows, word.columns), (height, width))
    indexed = QImage(bytes(_byte(value) for value in values), width, height, width, QImage.Format.Format_Indexed8)
    indexed.setColorTable(colour_table())
    return indexed.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)  # a copy: the bytes may go


def smooth(grid: Sequence[float], shape: tuple[int, int], size: tuple[int, int]) -> list[float]:
    """Interpolate ``grid`` of ``shape`` (rows, columns) to ``size`` (height, width), row by row.

    Between the centres of two cells the weight follows 3 t^2 - 2 t^3, so the slope is continuous, no value is larger
    than the largest of the grid, and a cell's value is met at its centre; outside the outer centres it stays the same.
    """
    rows, columns = shape
    across = _steps(columns, size[1])
    lines = []
    for row in range(rows):
        cells = grid[row * columns : (row + 1) * columns]
        lines.append([cells[low] + (cells[high] - cells[low]) * part for low, high, part in across])
    values: list[float] = []
    for low, high, part in _steps(rows, size[0]):
        pairs = zip(lines[low], lines[high], strict=True)
        values += [above + (below - above) * part for above, below in pairs]
    return values


def _steps(cells: int, pixels: int) -> list[tuple[int, int, float]]:
    steps = []
    for pixel in range(pixels):
        position = min(max((pixel + 0.5) * cells / pixels - 0.5, 0.0), cells - 1.0)
        low = int(position)
        part = position - low
        steps.append((low, min(low + 1, cells - 1), part * part * (3 - 2 * part)))
    return steps


def _byte(value: float) -> int:
    return round(255 * min(1.0, max(0.0, value))) if not math.isnan(value) else 0


def colour_table() -> list[int]:
    """256 ARGB colours from no relevance to full relevance."""
    return [_colour(level / 255) for level in range(256)]


def _colour(level: float) -> int:
    for low, high in itertools.pairwise(STOPS):
        if level <= high[0]:
            part = (level - low[0]) / (high[0] - low[0])
            red, green, blue, alpha = (
                round(one + (other - one) * part) for one, other in zip(low[1:], high[1:], strict=True)
            )
            return qRgba(red, green, blue, alpha)
    return QColor(*STOPS[-1][1:]).rgba()
