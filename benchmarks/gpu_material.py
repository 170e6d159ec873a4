"""What ``gpu.py`` measures with: image towers of known sizes with random weights, and JPEG files of a camera's kind."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.imaging.preprocess import InputSpec
from engine.models.package import ImageTower, ModelCard, TextTower, image_fingerprint, write_card

PHOTOGRAPHS = Path(__file__).resolve().parent.parent / "resources" / "trial"


@dataclass(frozen=True, slots=True)
class Shape:
    """A vision transformer's size."""

    name: str
    width: int
    layers: int
    heads: int
    patch: int
    size: int = 224


def make_tower(shape: Shape, folder: Path) -> dict[str, Any]:
    """A package whose image tower has the given size and random weights, exported as an import would do it."""
    import torch
    from transformers import CLIPConfig, CLIPModel

    from engine.models.exporting import image_module, write_graph
    from engine.models.precision import write_half

    started = time.monotonic()
    torch.manual_seed(1)
    vision = {
        "hidden_size": shape.width, "intermediate_size": 4 * shape.width, "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads, "patch_size": shape.patch, "image_size": shape.size,
    }  # fmt: skip
    text = {"hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = CLIPModel(CLIPConfig(vision_config=vision, text_config=text, projection_dim=512)).eval()
    folder.mkdir(parents=True)
    module = image_module(model, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    pixels = torch.zeros((2, shape.size, shape.size, 3), dtype=torch.uint8)
    write_graph(module, (pixels,), ("pixels",), folder / "image.onnx")
    write_half(folder / "image.onnx", folder / "image.half.onnx")
    (folder / "text.onnx").write_bytes(b"none")
    (folder / "tokenizer.json").write_bytes(b"{}")
    image = ImageTower("image.onnx", InputSpec(shape.size), half_file="image.half.onnx")
    card = ModelCard(
        key=folder.name, name=shape.name, dim=512, languages=(), licence="none", image=image,
        text=TextTower("text.onnx", "tokenizer.json", 8), logit_scale=100.0,
        fingerprint=image_fingerprint(folder, image),
    )  # fmt: skip
    write_card(folder, card)
    return {"seconds": round(time.monotonic() - started, 1), "megabytes": (folder / "image.onnx").stat().st_size / 1e6}


def make_photos(folder: Path, megapixels: float, count: int) -> int:
    """JPEG files of a camera's kind: one of Balloon's two photographs enlarged, with noise, each a little otherwise."""
    from PIL import Image

    folder.mkdir(parents=True)
    originals = sorted(PHOTOGRAPHS.glob("*.jpg"))
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    size = (round(height * 1.5), height)
    chance = np.random.default_rng(1)
    pictures = [
        np.asarray(Image.open(path).convert("RGB").resize(size, Image.Resampling.BICUBIC)) for path in originals
    ]
    grain = chance.integers(0, 12, (*pictures[0].shape[:2], 1), dtype=np.uint8)
    for number in range(count):
        picture = np.roll(pictures[number % len(pictures)] // 2 + 60 + grain, number * 31, axis=1)
        Image.fromarray(picture).save(folder / f"{number}.jpg", quality=90)
    return count
