"""The one command, from a small pack to a package that reads back and answers, interrupted on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.models.package import read_card, verify
from engine.training import comparisons
from engine.training.distillation import Lecture
from engine.training.image_tuning import ImageCourse
from engine.training.mini import Order, build, read_order, stages
from engine.training.text_tuning import TextCourse
from engine.training.views import ViewPlan
from engine.training.workshop import Settings
from tests.training.small_pack import write_pack

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SMALL = Settings(
    dim=16,
    vocabulary=4300,
    teacher_layers=(0, 5),
    open_from=14,
    captioned_views=ViewPlan(views=2),
    labelled_views=ViewPlan(views=2),
    lecture=Lecture(presentations=200, batch=32),
    image_course=ImageCourse(epochs=1, batch=16, label_batch=4),
    further_course=ImageCourse(epochs=1, batch=16, label_batch=4),
    text_course=TextCourse(epochs=1, batch=16, label_batch=4, lesson_batch=8),
)


def test_one_command_makes_a_package_and_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparisons, "TABLE_EPOCHS", 1)
    pack = write_pack(tmp_path / "pack", captioned=40, labelled=2)
    order = Order(pack, tmp_path / "work", tmp_path / "balloon-tiny")
    build(replace(order, until="images"), SMALL)
    assert not order.out.exists()
    done = {path.name: path.stat().st_mtime_ns for path in order.work.iterdir()}
    build(order, SMALL)
    kept = {path.name: path.stat().st_mtime_ns for path in order.work.iterdir()}
    unchanged = {"image.pt", "views_captioned.npy", "frozen.pt"}
    assert {name: kept[name] for name in unchanged} == {name: done[name] for name in unchanged}
    card = read_card(order.out)
    verify(order.out, card)
    assert card.dim == 16
    assert card.languages == ("en", "zh")
    assert card.calibration is not None
    told = (order.out / "README.md").read_text(encoding="utf-8")
    for wanted in ("int8, static", "hinge_max", "kl", "Re-ranking", "Known weak spots", "held-out"):
        assert wanted in told


def test_the_command_line_names_pack_work_folder_and_package(tmp_path: Path) -> None:
    arguments = ["--data", "pack", "--work", str(tmp_path), "--out", "package", "--until", "distil", "--seed", "3"]
    order, seed = read_order(arguments)
    assert (str(order.data), order.work, seed) == ("pack", tmp_path, 3)
    assert order.until in stages(order)
