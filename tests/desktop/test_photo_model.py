"""The rows of the grid: hits, the divider, pages that come later, and words for screen readers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from desktop.photo_model import PhotoModel, PhotoRole
from engine.protocol import Confidence, Hit, PhotoPath

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.modeltest import ModelTester
    from pytestqt.qtbot import QtBot

MATCH, POSSIBLE = Confidence.MATCH, Confidence.POSSIBLE


def _hit(number: int, level: Confidence = MATCH) -> Hit:
    return Hit(number, PhotoPath(f"/p/{number}.jpg"), 0.3, level, number, ("vectors",), None, "2023-05-06T10:00:00")


def test_model_keeps_the_rules_of_qt(qtmodeltester: ModelTester) -> None:
    model = PhotoModel()
    qtmodeltester.check(model)
    model.show_hits([_hit(1), _hit(2, POSSIBLE)], 1)
    qtmodeltester.check(model)
    model.show_pages(50, 10, [_hit(n) for n in range(10, 20)])
    qtmodeltester.check(model)
    model.show_hits([])
    qtmodeltester.check(model)


def test_possible_matches_are_a_section_of_their_own(qtbot: QtBot) -> None:
    model = PhotoModel()
    model.show_hits([_hit(1), _hit(2, POSSIBLE), _hit(3, POSSIBLE)], 1)
    assert [model.index(row).data(PhotoRole.PHOTO_ID) for row in range(3)] == [1, 2, 3]
    assert [(section.first, section.title) for section in model.sections] == [(0, ""), (1, "Possible matches")]
    assert model.photo_count == 3
    assert model.row_of(3) == 2


def test_new_sections_over_the_same_photos_are_told(qtbot: QtBot) -> None:
    model = PhotoModel()
    model.show_hits([_hit(1), _hit(2)])
    with qtbot.waitSignal(model.sections_changed), qtbot.assertNotEmitted(model.modelReset):
        model.show_hits([_hit(1), _hit(2)], 1)
    with qtbot.assertNotEmitted(model.sections_changed):
        model.show_hits([_hit(1), _hit(2)], 1)


def test_rows_without_a_page_are_placeholders_until_it_comes(qtbot: QtBot) -> None:
    model = PhotoModel()
    model.show_pages(1000, 0, [_hit(n) for n in range(300)])
    assert model.hit_at(500) is None
    page = model.missing_page(480, 520)
    assert page == (380, 300)
    with qtbot.waitSignal(model.dataChanged):
        model.fill(model.generation, page[0], [_hit(n) for n in range(380, 680)])
    assert model.hit_at(500) == _hit(500)
    assert model.missing_page(480, 520) is None
    assert model.row_of(679) == 679


def test_page_for_an_earlier_list_is_dropped(qtbot: QtBot) -> None:
    model = PhotoModel()
    model.show_pages(10, 0, [])
    generation = model.generation
    model.show_hits([_hit(1)])
    model.fill(generation, 0, [_hit(7)])
    assert model.photo_ids() == [1]


def test_same_photos_again_do_not_reset_the_list(qtbot: QtBot) -> None:
    model = PhotoModel()
    model.show_hits([_hit(1), _hit(2)])
    with qtbot.assertNotEmitted(model.modelReset), qtbot.waitSignal(model.dataChanged):
        model.show_hits([_hit(1), replace(_hit(2), thumbnail="/t/2.jpg")])
    assert model.hit_at(1) == replace(_hit(2), thumbnail="/t/2.jpg")


def test_screen_reader_hears_name_date_caption_and_state(qtbot: QtBot) -> None:
    model = PhotoModel()
    hit = replace(_hit(1, POSSIBLE), caption="a dog", is_offline=True, channels=("vectors", "captions"))
    model.show_hits([_hit(2), hit], 1)
    words = model.index(1).data(Qt.ItemDataRole.AccessibleTextRole)
    for part in ("1.jpg", "2023", "a dog", "possible match", "captions", "cannot be reached"):
        assert part in words
    assert model.index(1).data(Qt.ItemDataRole.ToolTipRole).count("\n") >= 4


def test_screen_reader_hears_how_many_near_copies_a_tile_stands_for(qtbot: QtBot) -> None:
    model = PhotoModel()
    model.show_hits([replace(_hit(1), group=(7,)), replace(_hit(2), group=(8, 9, 10)), _hit(3)])
    heard = [model.index(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(3)]
    assert heard[0].endswith(", 1 more like it")
    assert heard[1].endswith(", 3 more like it")
    assert "like it" not in heard[2]


def test_drag_carries_the_files(tmp_path: Path, qtbot: QtBot) -> None:
    model = PhotoModel()
    hits = [replace(_hit(n), path=PhotoPath.of(tmp_path / f"{n} ä.jpg")) for n in (1, 2)]
    model.show_hits(hits)
    mime = model.mimeData([model.index(1), model.index(0)])
    assert [url.toLocalFile() for url in mime.urls()] == [str(tmp_path / "1 ä.jpg"), str(tmp_path / "2 ä.jpg")]
