"""A model package with towers of garbage: enough for everything but running it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.imaging.preprocess import InputSpec
from engine.models.package import Calibration, ImageTower, ModelCard, TextTower, image_fingerprint, write_card

if TYPE_CHECKING:
    from pathlib import Path


def make_package(folder: Path, key: str = "tiny") -> ModelCard:
    """Write a package into ``folder`` / ``key`` and give its card."""
    package = folder / key
    package.mkdir(parents=True)
    for name in ("image.onnx", "text.onnx", "README.md"):
        (package / name).write_bytes(f"the bytes of {name}".encode() * 9)
    tokenizer = (
        '{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null, '
        '"pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null, '
        '"model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "red": 1, "balloon": 2, "abc": 3}, "unk_token": "[UNK]"}}'
    )
    (package / "tokenizer.json").write_text(tokenizer, encoding="utf-8")
    image = ImageTower("image.onnx", InputSpec(32, "squash", "bilinear"), "float32", (0.5, 0.5, 0.5), (0.2, 0.2, 0.2))
    card = ModelCard(
        key=key, name="Tiny 小", dim=8, languages=("en", "zh"), licence="Apache-2.0", image=image,
        text=TextTower("text.onnx", "tokenizer.json", 5, "longest", pad_id=7, lowercase=True), logit_scale=20.0,
        fingerprint=image_fingerprint(package, image), sources=({"name": "here", "url": "https://example.org"},),
        calibration=Calibration(0.3, 0.2),
    )  # fmt: skip
    write_card(package, card)
    return card


@pytest.fixture
def package(tmp_path: Path) -> Path:
    make_package(tmp_path)
    return tmp_path / "tiny"
