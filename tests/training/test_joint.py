"""Training both towers together: views cut out of whole photos, texts drawn for them, the opened image tower."""

from __future__ import annotations

import numpy as np
import torch

from engine.training.alignment import Album
from engine.training.image_tower import ImageTower
from engine.training.joint import class_numbers, draw_texts, pools_of
from engine.training.pixels import CropPlan, cut_out, random_views, whole_views


def gradient(count: int = 2, edge: int = 32) -> torch.Tensor:
    """Photos whose red is the column and whose green is the row."""
    ramp = torch.linspace(0, 248, edge)
    photo = torch.stack([ramp.expand(edge, edge), ramp[:, None].expand(edge, edge), torch.zeros(edge, edge)], dim=2)
    return photo.byte().expand(count, -1, -1, -1)


def test_whole_box_cuts_out_the_whole_photo() -> None:
    boxes = torch.tensor([[0.0, 0.0, 1.0, 1.0]]).expand(2, -1)
    cut = cut_out(gradient(), boxes, torch.zeros(2, dtype=torch.bool), 32)
    assert torch.allclose(cut, gradient().float(), atol=1e-3)
    assert torch.allclose(whole_views(gradient(), 32), gradient().float(), atol=1e-3)


def test_box_cuts_out_its_part_and_mirrors_it_where_told() -> None:
    boxes = torch.tensor([[0.5, 0.25, 0.5, 0.5]]).expand(2, -1)
    plain, mirrored = cut_out(gradient(), boxes, torch.tensor([False, True]), 16)
    assert torch.allclose(plain, gradient()[0, 8:24, 16:].float(), atol=1e-3)
    assert torch.allclose(mirrored, plain.flip(1), atol=1e-3)


def test_random_views_stay_within_the_range_of_pixels_and_mirror_only_what_may_be() -> None:
    plan = CropPlan(size=24, least_side=0.9, whole=0.0, jitter=0.0)
    views = random_views(gradient(64), torch.zeros(64, dtype=torch.bool), plan, np.random.default_rng(1))
    assert views.shape == (64, 24, 24, 3)
    assert 0 <= float(views.min()) <= float(views.max()) <= 255
    assert bool((views[:, :, -1, 0] > views[:, :, 0, 0]).all()), "red still grows to the right"
    turned = random_views(gradient(64), torch.ones(64, dtype=torch.bool), plan, np.random.default_rng(1))
    grows = turned[:, 0, -1, 0] > turned[:, 0, 0, 0]
    assert 0 < int(grows.sum()) < 64


def test_texts_are_drawn_from_each_language_without_doubles() -> None:
    album = Album(("a", "b", "c", "d"), ((0, 1, 2), (0,)), ((3,), ()), (frozenset("x"), frozenset("x")))
    photos = np.array([1, 0])
    for seed in range(20):
        texts, owner = draw_texts(pools_of(album), photos, 2, np.random.default_rng(seed))
        drawn = [sorted(texts[owner == place].tolist()) for place in (0, 1)]
        assert drawn[0] == [0]
        assert drawn[1][-1] == 3
        assert len(set(drawn[1])) == 3
    assert class_numbers(album).tolist() == [0, 0]


def test_opened_tower_computes_what_it_did_and_learns_in_more_places() -> None:
    tower = ImageTower.pretrained(16, open_from=14).eval()
    pixels = torch.randint(0, 255, (1, 224, 224, 3), dtype=torch.uint8)
    learning = sum(one.requires_grad for one in tower.late.parameters())
    with torch.inference_mode():
        before = tower(pixels)[0]
        after = tower.opened(open_from=12, drop_path=0.1)(pixels)[0]
    assert torch.allclose(before, after, atol=1e-5)
    assert (len(tower.early.blocks), len(tower.late.blocks)) == (12, 4)
    assert sum(one.requires_grad for one in tower.late.parameters()) > learning
