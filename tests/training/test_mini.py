"""The one command, from a small pack to a package that reads back and answers, interrupted on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from engine.models.package import read_card, verify
from engine.training import comparisons, rounding_stage
from engine.training.distillation import Lecture
from engine.training.image_tuning import ImageCourse
from engine.training.joint import JointCourse
from engine.training.mini import Order, build, read_order, stages
from engine.training.one_view import OneViewCourse
from engine.training.pixels import CropPlan
from engine.training.rounding import STEPS, rounded
from engine.training.text_tuning import TextCourse
from engine.training.views import ViewPlan
from engine.training.workshop import ROUNDED_WEIGHTS, JointPlan, Settings, Workshop
from tests.training.small_pack import write_pack

if TYPE_CHECKING:
    from pathlib import Path

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
    whole_captioned_views=ViewPlan(views=3, whole=True),
    whole_labelled_views=ViewPlan(views=2, whole=True),
    one_view_course=OneViewCourse(epochs=1, batch=20, label_batch=4),
    large_captioned_views=ViewPlan(views=2, whole=True, centre=False, size=128),
    large_labelled_views=ViewPlan(views=2, whole=True, centre=False, size=128),
    large_view_course=OneViewCourse(epochs=1, batch=20, label_batch=4),
    rounding_course=OneViewCourse(epochs=1, batch=20, label_batch=4),
    joint=JointPlan(
        open_from=14,
        courses=tuple(
            JointCourse(seed=seed, epochs=1, batch=20, label_batch=4, line_batch=8, crops=CropPlan(size=128))
            for seed in (1, 2)
        ),
    ),
)


@pytest.mark.timeout(900)  # a minute and a half of work, on a machine that may have others
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
    taken = [
        json.loads((order.work / f"figures_{stage}.json").read_text())["better"]
        for stage in ("one_view", "large_view", "joint")
    ]
    assert card.image.input_spec.resize == ("squash" if any(taken) else "shortest")
    first, second, mean = (_weights(order.work / name) for name in ("member_0.pt", "member_1.pt", "towers.pt"))
    assert not torch.equal(first, second)
    assert torch.allclose(mean, (first + second) / 2)
    told = (order.out / "README.md").read_text(encoding="utf-8")
    _rounds_towers_trained_together(order)
    _tells_what_each_stage_took(order, told)
    for wanted in ("int8, static", "hinge_max", "kl", "Re-ranking", "Known weak spots", "held-out"):
        assert wanted in told


def _rounds_towers_trained_together(order: Order) -> None:
    """As after a run on a GPU: the pairs' mean was better, and its weights are to be whole numbers."""
    shop = Workshop(order.data, order.work, SMALL)
    shop.note("joint", shop.noted("joint") | {"better": True})
    shop.path(ROUNDED_WEIGHTS).unlink()
    rounding_stage.learn_rounding(shop)
    before, after = (one.late.head.weight.detach() for one in (shop.tower_to_round(), shop.rounded_image_tower()))
    assert not torch.allclose(rounded(before, STEPS), after)
    assert torch.allclose(rounded(after, STEPS), after, rtol=1e-4, atol=1e-7)
    assert set(shop.noted("aims")) == {"en", "zh"}


def _tells_what_each_stage_took(order: Order, told: str) -> None:
    """Of both runs together: what was done in the first is not done in no time by the second."""
    shop = Workshop(order.data, order.work, SMALL)
    seconds = shop.noted("seconds")
    assert list(seconds) == list(stages(order, on_gpu=True))
    assert all(f"{name} {seconds[name] / 60:.1f}" in told for name in seconds if name != "package")
    assert seconds["images"] > 0.1


def _weights(path: Path) -> torch.Tensor:
    weights: torch.Tensor = torch.load(path, weights_only=True)["image.late.mapping.weight"]
    return weights


def test_stage_that_fails_has_taken_its_time_too(tmp_path: Path) -> None:
    order = Order(tmp_path / "no pack", tmp_path, tmp_path / "package", keep_away=tmp_path)
    shop = Workshop(order.data, order.work, SMALL)
    with pytest.raises(OSError, match="no pack"):
        build(order, SMALL)
    assert list(shop.noted("seconds")) == ["keep_away"]


def test_only_a_gpu_trains_end_to_end(tmp_path: Path) -> None:
    order = Order(tmp_path, tmp_path, tmp_path)
    plain, on_gpu = list(stages(order)), list(stages(order, on_gpu=True))
    assert "members" not in plain
    assert on_gpu.index("texts") < on_gpu.index("members") < on_gpu.index("mean") < on_gpu.index("package")


def test_the_command_line_names_pack_work_folder_and_package(tmp_path: Path) -> None:
    arguments = ["--data", "pack", "--work", str(tmp_path), "--out", "package", "--until", "distil", "--seed", "3"]
    order, seed = read_order(arguments)
    assert (str(order.data), order.work, seed) == ("pack", tmp_path, 3)
    assert order.until in stages(order)
