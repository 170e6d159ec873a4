"""Models of a known size with random weights: a ViT-B/32 vision tower at 256 pixels, for Balloon and its peers alike.

What is measured is how fast a tower of this size is fed and run; what it thinks of a photo is of no interest. The size
is that of the model which rclip downloads. Needs the extra ``models``.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.config import DEFAULT_MODEL, model_dirs
from engine.imaging.preprocess import InputSpec
from engine.models.catalog import find_package
from engine.models.package import ImageTower, image_fingerprint, read_card, write_card

if TYPE_CHECKING:
    from pathlib import Path

SIZE, DIM = 256, 512
KEY = "vit-b32"
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def made(place: Path) -> Path:
    """A folder with ``visual.onnx``, ``vit-b32`` (a package for Balloon) and ``clip`` (for transformers)."""
    folder = place / "towers"
    if not (folder / "complete").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _write_weights(folder)
        _write_package(folder)
        (folder / "complete").touch()
    return folder


def _write_weights(folder: Path) -> None:
    import torch
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

    torch.manual_seed(1)
    config = CLIPConfig(
        projection_dim=DIM,
        vision_config={"image_size": SIZE, "patch_size": 32, "hidden_size": 768, "intermediate_size": 3072,
                       "num_hidden_layers": 12, "num_attention_heads": 12, "projection_dim": DIM},
        text_config={"projection_dim": DIM, "num_hidden_layers": 1, "vocab_size": 64},
    )  # fmt: skip
    model = CLIPModel(config).eval()
    model.save_pretrained(folder / "clip")
    CLIPImageProcessor(
        size={"shortest_edge": SIZE}, crop_size={"height": SIZE, "width": SIZE}, image_mean=MEAN, image_std=STD
    ).save_pretrained(folder / "clip")
    (folder / "clip" / "words.json").write_text(json.dumps({}), encoding="ascii")

    class Visual(torch.nn.Module):
        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            projected: torch.Tensor = model.visual_projection(model.vision_model(pixels).pooler_output)
            return projected

    visual = Visual()
    visual.model = model
    program = torch.onnx.export(
        visual, (torch.zeros(2, 3, SIZE, SIZE),), dynamo=True, input_names=["input"], output_names=["output"],
        dynamic_shapes=({0: torch.export.Dim("photos")},), opset_version=20, verbose=False,
    )  # fmt: skip
    assert program is not None  # dynamo gives one
    program.save(str(folder / "visual.onnx"), external_data=False)


def _write_package(folder: Path) -> None:
    """The embedded model's package with this image tower in place of its own; its text tower is never run."""
    mini = find_package(DEFAULT_MODEL, model_dirs())
    package = folder / KEY
    shutil.copytree(mini, package)
    shutil.copyfile(folder / "visual.onnx", package / "image.onnx")
    image = ImageTower("image.onnx", InputSpec(SIZE), "float32", MEAN, STD, "input", "output")
    card = replace(read_card(mini), key=KEY, name="ViT-B/32, random", dim=DIM, image=image, calibration=None)
    write_card(package, replace(card, fingerprint=image_fingerprint(package, image)))
