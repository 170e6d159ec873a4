"""The relevance map: smooth, in its place, never more than the engine said."""

from __future__ import annotations

import itertools
import math

import pytest
from PySide6.QtGui import QImage, qAlpha, qRed

from desktop.relevance_overlay import LONG_EDGE, colour_table, heat_image, smooth
from engine.protocol.methods import WordRelevance


def word(rows: int, columns: int, relevance: tuple[float, ...]) -> WordRelevance:
    return WordRelevance("balloon", 0.5, rows, columns, relevance)


def redness(image: QImage, x: float, y: float) -> int:
    return image.pixelColor(int(x * image.width()), int(y * image.height())).red()


def test_the_warm_spot_lies_over_the_cell_that_matched() -> None:
    values = [0.0] * 35
    values[1 * 7 + 5] = 1.0  # second of five rows, sixth of seven columns
    image = heat_image(word(5, 7, tuple(values)))
    assert image is not None
    assert (image.width(), image.height()) == (LONG_EDGE, round(5 * LONG_EDGE / 7))
    assert redness(image, 5.5 / 7, 1.5 / 5) > 200
    assert redness(image, 1.5 / 7, 1.5 / 5) < 60
    assert redness(image, 5.5 / 7, 4.5 / 5) < 60


def test_a_cell_s_value_is_met_at_its_centre_and_nothing_overshoots() -> None:
    grid = (0.1, 0.9, 0.4, 0.2, 0.7, 0.3)
    values = smooth(grid, (2, 3), (10, 15))
    assert values[2 * 15 + 7] == pytest.approx(0.9)
    assert max(values) <= 0.9 + 1e-12
    assert min(values) >= 0.1 - 1e-12


def test_neighbouring_pixels_differ_little() -> None:
    values = smooth((0.0, 1.0), (1, 2), (1, 100))
    steps = [abs(right - left) for left, right in itertools.pairwise(values)]
    assert max(steps) < 0.04
    assert values == sorted(values)


def test_a_grid_of_one_cell_is_one_colour() -> None:
    image = heat_image(word(1, 1, (0.5,)))
    assert image is not None
    assert image.pixel(0, 0) == image.pixel(LONG_EDGE - 1, LONG_EDGE - 1)


@pytest.mark.parametrize("broken", [word(2, 2, (0.1, 0.2)), word(0, 0, ()), word(-1, -1, (0.5,))])
def test_values_that_do_not_fill_the_grid_make_no_map(broken: WordRelevance) -> None:
    assert heat_image(broken) is None


def test_values_out_of_range_are_drawn_as_the_nearest_possible() -> None:
    image = heat_image(word(1, 3, (-5.0, math.nan, 7.0)))
    assert image is not None
    assert redness(image, 0.9, 0.5) > redness(image, 0.1, 0.5)


def test_no_colour_hides_the_photo_and_more_relevance_is_warmer() -> None:
    table = colour_table()
    assert len(table) == 256
    assert max(qAlpha(colour) for colour in table) <= 160
    reds = [qRed(colour) for colour in table]
    assert reds[0] < reds[100] < reds[150]
