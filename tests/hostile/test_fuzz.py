"""No malformed picture gets past the decode pool; ``make fuzz`` tries many more of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hostile.crafted import MAKERS
from tests.hostile.fuzz import fuzz, index_all
from tests.hostile.mutations import malformed_pictures, sound_pictures

if TYPE_CHECKING:
    from pathlib import Path

SHORT_FORM = 64


def test_every_malformed_picture_gets_one_answer_with_a_reason(tmp_path: Path) -> None:
    tally = fuzz(tmp_path, SHORT_FORM, seed=20, workers=1)
    assert tally.tried == SHORT_FORM
    assert tally.escaped == 0
    assert (tally.crashed, tally.late, tally.surprises) == ([], [], [])
    assert sum(tally.refused.values()) > SHORT_FORM // 4


def test_every_malformed_picture_of_a_folder_becomes_searchable_or_an_issue(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    sound = sound_pictures(tmp_path / "sound")
    for name, data in malformed_pictures(SHORT_FORM, 77, sound):
        (tmp_path / "pictures" / name).write_bytes(data)
    searchable, issues, neither = index_all(tmp_path, tmp_path / "pictures")
    assert neither == 0
    assert issues > SHORT_FORM // 4
    assert searchable > 0


def test_the_same_seed_makes_the_same_pictures(tmp_path: Path) -> None:
    sound = sound_pictures(tmp_path)
    first, again, other = (list(malformed_pictures(40, seed, sound)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_every_bomb_is_among_the_first_five_hundred(tmp_path: Path) -> None:
    names = {name.split("-", 1)[1] for name, _ in malformed_pictures(500, 1, sound_pictures(tmp_path))}
    assert names >= set(MAKERS)
