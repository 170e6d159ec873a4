"""Export to ONNX: the files say what PyTorch says, with free batch and length, small and large."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from engine.training.early import EarlySession
from engine.training.image_tower import ImageTower
from engine.training.image_tuning import as_states, image_vectors
from engine.training.packaging import export_image_tower, export_text_tower, fold_norms, largest_difference, open_graph
from engine.training.quantising import quantise_static, quantise_weights, store_half
from engine.training.text_tower import TextTower, TextTowerShape

if TYPE_CHECKING:
    from pathlib import Path


def pixels(count: int) -> np.ndarray:
    """Smooth random photos."""
    small = np.random.default_rng(count).integers(0, 255, (count, 7, 7, 3)).astype(np.uint8)
    return small.repeat(32, axis=1).repeat(32, axis=2)


@pytest.fixture(scope="module")
def tower() -> ImageTower:
    torch.manual_seed(0)
    return ImageTower.pretrained(dim=16, open_from=11).eval()


@pytest.fixture(scope="module")
def image_file(tower: ImageTower, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("image") / "image.onnx"
    export_image_tower(tower, path)
    return path


def copied(path: Path, folder: Path) -> Path:
    target = folder / path.name
    target.write_bytes(path.read_bytes())
    return target


def test_image_file_agrees_with_pytorch_for_any_batch(tower: ImageTower, image_file: Path) -> None:
    for count in (1, 3):
        assert largest_difference(image_file, tower, {"pixels": pixels(count)}) < 1e-4


def test_vector_is_the_unit_mean_of_the_grid(image_file: Path) -> None:
    vector, grid = open_graph(image_file)({"pixels": pixels(2)})
    assert (vector.shape, grid.shape) == ((2, 16), (2, 49, 16))
    mean = grid.mean(axis=1)
    np.testing.assert_allclose(vector, mean / np.linalg.norm(mean, axis=1, keepdims=True), atol=1e-5)


def test_half_precision_on_disk_halves_the_file_and_keeps_the_vectors(
    tower: ImageTower, image_file: Path, tmp_path: Path
) -> None:
    path = copied(image_file, tmp_path)
    store_half(path)
    assert path.stat().st_size < 0.6 * image_file.stat().st_size
    assert largest_difference(path, tower, {"pixels": pixels(2)}) < 5e-3


def test_static_int8_keeps_the_direction_of_the_vectors(image_file: Path, tmp_path: Path) -> None:
    path = copied(image_file, tmp_path)
    quantise_static(path, pixels(8))
    assert path.stat().st_size < 0.4 * image_file.stat().st_size
    small, whole = (open_graph(file)({"pixels": pixels(2)})[0] for file in (path, image_file))
    assert (small * whole).sum(axis=1).min() > 0.8


def test_folded_norms_change_nothing(tower: ImageTower) -> None:
    given = torch.from_numpy(pixels(1))
    with torch.inference_mode():
        torch.testing.assert_close(fold_norms(tower)(given)[0], tower(given)[0], atol=1e-4, rtol=1e-3)


def test_early_and_late_stages_are_the_whole_tower(tower: ImageTower, tmp_path: Path) -> None:
    early = EarlySession.make(tower, tmp_path / "early.onnx")
    with torch.inference_mode():
        whole = tower(torch.from_numpy(pixels(2)))[0].numpy()
    parts = image_vectors(tower.late, early(pixels(2)))
    assert (whole * parts).sum(axis=1).min() > 0.99  # bfloat16


def test_fine_tuning_leaves_norm_statistics_and_depthwise_filters_alone(tower: ImageTower) -> None:
    late = ImageTower.pretrained(dim=16, open_from=14).late.train()
    before = {name: value.clone() for name, value in late.state_dict().items()}
    optimiser = torch.optim.SGD([value for value in late.parameters() if value.requires_grad], lr=0.1)
    torch.autograd.backward(late.vector(as_states(np.ones((2, 7, 7, 192), np.float16))).square().sum())
    optimiser.step()
    changed = {name for name, value in late.state_dict().items() if not torch.equal(value, before[name])}
    assert "head.weight" in changed
    assert not [name for name in changed if "running" in name or "_depthwise_conv" in name]
    assert tower.late.mapping.out_features == 16


def test_text_file_agrees_with_pytorch_and_survives_quantisation(tmp_path: Path) -> None:
    torch.manual_seed(0)
    tower = TextTower(TextTowerShape(500, width=32, heads=2, hidden=64, layers=2, dim=16)).eval()
    path = tmp_path / "text.onnx"
    export_text_tower(tower, path)
    ids = np.random.default_rng(0).integers(4, 500, (3, 9))
    mask = np.ones_like(ids)
    mask[1, 5:] = 0
    inputs = {"input_ids": ids, "attention_mask": mask}
    assert largest_difference(path, tower, inputs) < 1e-5
    one = {"input_ids": ids[:1, :4], "attention_mask": mask[:1, :4]}
    assert largest_difference(path, tower, one) < 1e-5
    size = path.stat().st_size
    quantise_weights(path)
    assert path.stat().st_size < size
    assert largest_difference(path, tower, inputs) < 0.1
