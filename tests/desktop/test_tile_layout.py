"""The arithmetic of the grid, against a slow count of every tile."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from desktop.tile_layout import Box, Section, TileLayout

CELL, HEADING = 10, 7


@st.composite
def layouts(draw: st.DrawFn) -> TileLayout:
    count = draw(st.integers(0, 60))
    firsts = sorted(draw(st.sets(st.integers(1, 59), max_size=6)))
    titled = draw(st.booleans())
    sections = [Section(first, draw(st.sampled_from(["", "May"]))) for first in [0, *firsts]] if titled else []
    return TileLayout(count, sections, draw(st.integers(1, 7)), CELL, HEADING)


@given(layouts(), st.integers(-20, 700), st.integers(-5, 80))
def test_point_belongs_to_the_tile_whose_box_holds_it(layout: TileLayout, top: int, left: int) -> None:
    boxes = [layout.box(row) for row in range(layout.count)]
    holding = [row for row, box in enumerate(boxes) if holds(box, left, top)]
    assert holding == ([] if (row := layout.row_at(left, top)) is None else [row])


@given(layouts(), st.integers(-20, 700), st.integers(0, 200))
def test_rows_between_two_heights_are_those_that_show(layout: TileLayout, top: int, height: int) -> None:
    bottom = top + height
    shown = [row for row in range(layout.count) if touches(layout.box(row), top, bottom)]
    found = layout.rows_between(top, bottom)
    assert set(shown) <= set(found)
    assert len(found) <= len(shown) + layout.columns, "at most a line too many, beside a heading"


@given(layouts())
def test_tiles_and_headings_lie_one_under_the_other(layout: TileLayout) -> None:
    boxes = [layout.box(row) for row in range(layout.count)]
    for one, next_one in pairwise(boxes):
        is_beside = (next_one.top, next_one.left) == (one.top, one.left + CELL)
        assert is_beside or (next_one.left == 0 and next_one.top >= one.top + CELL)
    headings = layout.headings_between(0, layout.height)
    for _title, top in headings:
        assert not any(box.top < top + HEADING and box.top + CELL > top for box in boxes)
    last = max((box.top + CELL for box in boxes), default=0)
    assert layout.height == last


@given(layouts())
def test_down_and_up_stay_near_the_column_and_reach_both_ends(layout: TileLayout) -> None:
    for row in range(layout.count):
        assert layout.box(layout.below(row)).top >= layout.box(row).top
        assert layout.box(layout.above(row)).top <= layout.box(row).top
        assert layout.box(layout.below(row)).left <= layout.box(row).left
        assert layout.box(layout.above(row)).left <= layout.box(row).left
        assert (layout.below(row) == row) == (layout.box(row).top == layout.box(layout.count - 1).top)
        assert (layout.above(row) == row) == (layout.box(row).top == layout.box(0).top)


def test_title_of_a_height_is_that_of_its_section() -> None:
    layout = TileLayout(5, [Section(0, "May"), Section(3, "April")], columns=2, cell=CELL, heading=HEADING)
    second = layout.box(3).top - HEADING
    assert layout.headings_between(0, layout.height) == [("May", 0), ("April", second)]
    assert [layout.title_at(top) for top in (0, second - 1, second)] == ["May", "May", "April"]


def holds(box: Box, left: int, top: int) -> bool:
    return box.left <= left < box.left + box.width and box.top <= top < box.top + box.height


def touches(box: Box, top: int, bottom: int) -> bool:
    return box.top <= bottom and box.top + box.height > top
