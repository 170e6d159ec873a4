"""Backbones of the Hugging Face family from folders on disk, small and randomly initialised."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel, BertTokenizer, ResNetConfig, ResNetModel, ViTConfig, ViTModel

from engine.training.features import TransformersImage, TransformerText

if TYPE_CHECKING:
    from pathlib import Path

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "dog", "red", "balloon"]


def small_bert(folder: Path) -> Path:
    torch.manual_seed(0)
    (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    BertModel(config).save_pretrained(folder)
    return folder


def test_bert_gives_unit_vectors_that_do_not_depend_on_the_batch(tmp_path: Path) -> None:
    features = TransformerText.open(small_bert(tmp_path))
    together = features.encode(["a dog", "a red balloon", "dog"])
    alone = features.encode(["a dog"])
    assert together.shape == (3, features.dim) == (3, 16)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(together[0], alone[0], atol=0.02)  # bfloat16
    assert features.encode([]).shape == (0, 16)


@pytest.mark.parametrize("kind", ["resnet", "vit"])
def test_image_backbone_gives_one_vector_per_photo(tmp_path: Path, kind: str) -> None:
    torch.manual_seed(0)
    if kind == "resnet":
        ResNetModel(ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1])).save_pretrained(tmp_path)
    else:
        config = ViTConfig(
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            image_size=32,
            patch_size=8,
        )
        ViTModel(config).save_pretrained(tmp_path)
    settings = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3, "size": {"height": 32, "width": 32}}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(settings), encoding="utf-8")
    features = TransformersImage.open(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 255, (3, features.size, features.size, 3)).astype(np.uint8)
    vectors = features.encode(pixels)
    assert features.size == 32
    assert vectors.shape == (3, features.dim) == (3, 16)
    assert not np.allclose(vectors[0], vectors[1])
