"""Multi-head attention between words and cells."""

from __future__ import annotations

import numpy as np
import torch

from engine.training.fusion import AttentionFusion, FusionCourse, FusionData, FusionShape, rerank, train_fusion


def made_data(photos: int, seed: int) -> FusionData:
    """Photos with one telling cell each; the words name it, the vectors of recall say almost nothing."""
    chance = np.random.default_rng(seed)
    signs = chance.normal(size=(photos, 8))
    cells = 0.3 * chance.normal(size=(photos, 49, 8))
    cells[np.arange(photos), chance.integers(49, size=photos)] = 3 * signs
    words = np.stack([signs, 0.1 * chance.normal(size=(photos, 8))], axis=1)
    images = chance.normal(size=(photos, 6)).astype(np.float32)
    images /= np.linalg.norm(images, axis=1, keepdims=True)
    texts = images + 1.5 * chance.normal(size=images.shape).astype(np.float32)
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    mask = np.ones((photos, 2), np.int64)
    return FusionData(words.astype(np.float16), mask, cells.astype(np.float16), texts, images, np.arange(photos))


def share_first(scores: np.ndarray) -> float:
    return float((scores.argmax(axis=1) == np.arange(len(scores))).mean())


def test_attention_is_a_distribution_over_the_cells() -> None:
    fusion = AttentionFusion(FusionShape(8, 8, width=16, heads=4)).eval()
    weights = fusion.attention(torch.randn(2, 3, 8), torch.randn(5, 49, 8))
    assert weights.shape == (2, 5, 4, 3, 49)
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(2, 5, 4, 3))


def test_padding_has_no_say() -> None:
    fusion = AttentionFusion(FusionShape(8, 8, width=16, heads=4)).eval()
    fusion.strength.data.fill_(1.0)
    words, cells = torch.randn(1, 4, 8), torch.randn(2, 49, 8)
    mask = torch.tensor([[1, 1, 0, 0]])
    changed = words.clone()
    changed[:, 2:] = 9.0
    torch.testing.assert_close(fusion(words, mask, cells), fusion(changed, mask, cells))


def test_untrained_reranker_changes_no_order() -> None:
    data = made_data(30, seed=1)
    fusion = AttentionFusion(FusionShape(8, 8, width=16, heads=4)).eval()
    before = data.texts @ data.images.T
    np.testing.assert_array_equal(rerank(fusion, data, head=10).argmax(axis=1), before.argmax(axis=1))


def test_training_finds_the_telling_cell() -> None:
    torch.manual_seed(0)
    fusion = AttentionFusion(FusionShape(8, 8, width=16, heads=4), dropout=0.0)
    train_fusion(fusion, made_data(240, seed=2), FusionCourse(epochs=40, learning_rate=1e-2, scale=10.0))
    test = made_data(40, seed=3)
    before = share_first(test.texts @ test.images.T)
    assert share_first(rerank(fusion, test, head=40)) > before + 0.2


def test_photos_outside_the_head_stay_behind_it() -> None:
    data = made_data(30, seed=1)
    fusion = AttentionFusion(FusionShape(8, 8, width=16, heads=4)).eval()
    first = np.argsort(-(data.texts @ data.images.T), axis=1)[:, :5]
    again = np.argsort(-rerank(fusion, data, head=5), axis=1)[:, :5]
    np.testing.assert_array_equal(np.sort(first, axis=1), np.sort(again, axis=1))
