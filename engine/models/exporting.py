"""From a checkpoint of PyTorch (Hugging Face's layout) to two ONNX graphs, compared with PyTorch before they count.

The one module of the engine's models that knows torch and transformers (extra ``models``). It runs in a process of its
own (``export_process``): the app that runs never imports it. Nothing is fetched, and no code of a checkpoint is run.
"""

from __future__ import annotations

import logging
import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from transformers import AutoConfig, AutoImageProcessor, AutoModel, AutoTokenizer

from engine.imaging.trial_pictures import noise, photographs
from engine.models.checkpoint_tokens import TOKENIZER_FILE, write_tokenizer
from engine.models.checkpoints import CLIP_LENGTH, SIGLIP_LENGTH, family_of
from engine.models.layouts import ForeignModel, picture_settings, refused
from engine.models.package import TextTower
from engine.models.parity import Parity, compare
from engine.models.trials import TEXTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.imaging.preprocess import InputSpec
    from engine.models.checkpoints import Family
    from engine.models.layouts import Numbers

logger = logging.getLogger(__name__)

LARGEST_IN_ONE_FILE = 1_900_000_000  # bytes: a protobuf file ends at 2 GiB
PIXEL_TOLERANCE = 2 / 255
"""How far a pixel may be from what the checkpoint's own image processor makes of the same photo."""
_NOISE_ROWS = 2
_MANY = 1 << 20  # a tokenizer without a limit says 1e30


@dataclass(frozen=True, slots=True)
class Exported:
    """The graphs in a folder, described as a ready-made model would be, and how near they are to PyTorch."""

    model: ForeignModel
    logit_scale: float
    parity: tuple[Parity, ...]


def export_checkpoint(source: Path, target: Path, tell: Callable[[str], None] = lambda _: None) -> Exported:
    """Write the towers and the tokenizer of the checkpoint ``source`` into ``target``.

    ``tell`` hears what is done next. Raises ``KnownError`` (BAD_FILE) for a checkpoint that cannot be taken, or whose
    tokenizer or preprocessing cannot be followed.
    """
    family = family_of(source)
    tell("reading")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch and transformers, about their own insides
        checkpoint = _Checkpoint(source, family)
        model = _described(checkpoint, target)
        tell("image tower")
        write_graph(checkpoint.image_graph(), (checkpoint.blank_pixels(),), ("pixels",), target / "image.onnx")
        tell("text tower")
        write_graph(checkpoint.text_graph(), checkpoint.blank_texts(), checkpoint.text_inputs, target / "text.onnx")
        tell("comparing")
        parity = (_image_parity(checkpoint, target), _text_parity(checkpoint, target))
    return Exported(model, checkpoint.logit_scale, parity)


class _Checkpoint:
    """A loaded checkpoint: its model, tokenizer and image processor, and what they say of their inputs."""

    def __init__(self, source: Path, family: Family) -> None:
        offline: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        self.source = source
        self.family = family
        try:
            self.config: Any = AutoConfig.from_pretrained(source, **offline)
            self.model: Any = AutoModel.from_pretrained(source, **offline, use_safetensors=True, dtype=torch.float32)
            self.tokenizer: Any = AutoTokenizer.from_pretrained(source, **offline)
            self.processor: Any = AutoImageProcessor.from_pretrained(source, **offline, backend="pil")
        except Exception as error:  # whatever these readers raise, it is this folder that they cannot read
            raise refused(source, f"its files cannot be read ({_first_line(error)})") from error
        self.model.eval().requires_grad_(requires_grad=False)
        self.spec, self.mean, self.std = self._pictures()
        self.max_length = self._length()

    def _pictures(self) -> tuple[InputSpec, Numbers, Numbers]:
        names = (
            "do_resize", "size", "resample", "do_center_crop", "crop_size", "crop_pct", "do_rescale", "rescale_factor",
            "do_normalize", "image_mean", "image_std",
        )  # fmt: skip
        settings = {name: _plain(getattr(self.processor, name, None)) for name in names}
        settings = {name: value for name, value in settings.items() if value is not None}
        if self.family.patches:
            side = self.patches_a_side * self.config.vision_config.patch_size
            settings["size"] = {"height": side, "width": side}
        try:
            return picture_settings(settings)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise refused(self.source, f"its pictures cannot be prepared as it wants ({error})") from error

    @property
    def patches_a_side(self) -> int:
        """Of NaFlex's free shapes the square one; the largest that its limit of patches allows."""
        return math.isqrt(int(self.processor.max_num_patches))

    def _length(self) -> int:
        text = self.config.text_config
        positions = getattr(text, "max_position_embeddings", None)
        if positions is not None and (self.family.shifted or "roberta" in str(text.model_type)):
            positions -= 2  # RoBERTa counts positions from pad_id + 1
        limits = [int(limit) for limit in (positions, self.tokenizer.model_max_length) if limit and 0 < limit < _MANY]
        return min(limits, default=CLIP_LENGTH if self.family.masked else SIGLIP_LENGTH)

    @property
    def logit_scale(self) -> float:
        """What the checkpoint multiplies cosines by."""
        return float(self.model.logit_scale.exp())

    @property
    def text_inputs(self) -> tuple[str, ...]:
        """The inputs of the text graph."""
        return ("input_ids", "attention_mask") if self.family.masked else ("input_ids",)

    def image_graph(self) -> torch.nn.Module:
        """Pixels (N, size, size, 3) uint8 to vectors."""
        if self.family.patches:
            return _FromPixels(_Patches(self.model, self.patches_a_side), self.mean, self.std)
        return image_module(self.model, self.mean, self.std)

    def text_graph(self) -> torch.nn.Module:
        """Token ids, and their mask where the family has one, to vectors."""
        return _Texts(self.model)

    def blank_pixels(self) -> torch.Tensor:
        """An input to trace with."""
        size = self.spec.size
        return torch.zeros((2, size, size, 3), dtype=torch.uint8)

    def blank_texts(self) -> tuple[torch.Tensor, ...]:
        """An input to trace with; its length stands for any where there is a mask."""
        length = min(8, self.max_length) if self.family.masked else self.max_length
        ids = torch.full((2, length), self.tokenizer.eos_token_id or self.tokenizer.sep_token_id or 0)
        return (ids, torch.ones_like(ids)) if self.family.masked else (ids,)

    def tokens(self, texts: list[str]) -> dict[str, torch.Tensor]:
        """Texts as the checkpoint's own tokenizer makes them, padded as the family was trained."""
        encoded = self.tokenizer(
            texts,
            padding=True if self.family.masked else "max_length",
            truncation=True,
            max_length=self.max_length,
            return_tensors="pt",
        )
        return {name: encoded[name] for name in self.text_inputs}


class _Pictures(torch.nn.Module):
    """Normalised pictures (N, 3, size, size) to vectors."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        if not hasattr(self.model, "visual_projection") or not _pools_to_a_map(self.model):
            return _vector(self.model.get_image_features(pixel_values=values))
        pooled = self.model.vision_model(pixel_values=values).pooler_output
        projected: torch.Tensor = self.model.visual_projection(pooled.flatten(1))
        return projected


def _pools_to_a_map(model: Any) -> bool:
    """A ResNet's pooled output is (N, width, 1, 1)."""
    return hasattr(model.config.vision_config, "hidden_sizes")


class _Patches(torch.nn.Module):
    """SigLIP 2 with free shapes (NaFlex), held to one square of patches: its position table is then a constant."""

    def __init__(self, model: Any, side: int) -> None:
        super().__init__()
        vision = model.vision_model
        embeddings = vision.embeddings
        self.side, self.patch = side, int(embeddings.patch_size)
        self.project, self.encoder = embeddings.patch_embedding, vision.encoder
        self.norm, self.head = vision.post_layernorm, vision.head
        known = embeddings.position_embedding_size
        table = embeddings.position_embedding.weight.reshape(known, known, -1)
        positions = embeddings.resize_positional_embeddings(table, torch.tensor([[side, side]]), max_length=side * side)
        self.register_buffer("positions", positions)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        cells = values.permute(0, 2, 3, 1).reshape(-1, self.side, self.patch, self.side, self.patch, 3)
        patches = cells.permute(0, 1, 3, 2, 4, 5).reshape(-1, self.side * self.side, self.patch * self.patch * 3)
        hidden = self.encoder(inputs_embeds=self.project(patches) + self.positions, attention_mask=None)
        pooled: torch.Tensor = self.head(self.norm(hidden.last_hidden_state))
        return pooled


class _FromPixels(torch.nn.Module):
    """Puts the normalisation into the graph: a GPU then gets a quarter of the bytes and does the arithmetic itself."""

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, tower: torch.nn.Module, mean: Numbers, std: Numbers) -> None:
        super().__init__()
        self.tower = tower
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        values = pixels.permute(0, 3, 1, 2).to(torch.float32) / 255.0
        found: torch.Tensor = self.tower((values - self.mean) / self.std)
        return found


class _Texts(torch.nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None = None) -> torch.Tensor:
        return _vector(self.model.get_text_features(input_ids=input_ids, attention_mask=attention_mask))


def _vector(output: Any) -> torch.Tensor:
    found: torch.Tensor = output if isinstance(output, torch.Tensor) else output.pooler_output
    return found


def image_module(model: Any, mean: Numbers, std: Numbers) -> torch.nn.Module:
    """A model's image tower from uint8 pixels (N, size, size, 3) to vectors."""
    return _FromPixels(_Pictures(model), mean, std)


def write_graph(module: torch.nn.Module, inputs: tuple[torch.Tensor, ...], names: tuple[str, ...], path: Path) -> None:
    """Write ``module`` as an ONNX graph whose first axis is free; with two inputs (ids, mask) the second is, too."""
    batch = torch.export.Dim.DYNAMIC
    is_free_length = len(names) > 1
    shapes = tuple({0: batch, 1: batch} if is_free_length else {0: batch} for _ in names)
    weights = sum(tensor.numel() * tensor.element_size() for tensor in module.state_dict().values())
    torch.onnx.export(
        module.eval(),
        inputs,
        str(path),
        dynamo=True,
        input_names=list(names),
        output_names=["vector"],
        dynamic_shapes=shapes,
        external_data=weights > LARGEST_IN_ONE_FILE,
        verbose=False,
    )


def _described(checkpoint: _Checkpoint, target: Path) -> ForeignModel:
    """Write the tokenizer and say what the graphs will want."""
    padding: Literal["longest", "max_length"] = "longest" if checkpoint.family.masked else "max_length"
    tokenizer = checkpoint.tokenizer
    tower = TextTower("text.onnx", TOKENIZER_FILE, checkpoint.max_length, padding, tokenizer.pad_token_id or 0)
    cleaning = write_tokenizer(tokenizer, checkpoint.source, target, tower)
    return ForeignModel(
        "checkpoint",
        target / "image.onnx",
        target / "text.onnx",
        target / TOKENIZER_FILE,
        checkpoint.spec,
        checkpoint.mean,
        checkpoint.std,
        checkpoint.max_length,
        padding,
        tokenizer.pad_token,
        cleaning,
        ("vector",),
        ("vector",),
    )


# Comparing with PyTorch, fed by the checkpoint's own image processor and tokenizer


def _image_parity(checkpoint: _Checkpoint, target: Path) -> Parity:
    from engine.imaging.preprocess import preprocess
    from engine.models.session import Session

    session = Session(target / "image.onnx")
    pictures = [*photographs(), *noise(checkpoint.spec.size, _NOISE_ROWS)]
    ours = np.stack([preprocess(picture, checkpoint.spec) for picture in pictures])
    _compare_pixels(checkpoint, pictures, ours)
    with torch.no_grad():
        expected = _Reference(checkpoint)(pictures)
    return compare("image", expected, session.run("vector", {"pixels": ours}))


class _Reference:
    """PyTorch's vectors of pictures, by the checkpoint's own road: image processor and model as published."""

    def __init__(self, checkpoint: _Checkpoint) -> None:
        self._checkpoint = checkpoint

    def __call__(self, pictures: list[Any]) -> NDArray[np.float32]:
        checkpoint = self._checkpoint
        if checkpoint.family.patches:
            side = checkpoint.spec.size
            square = [picture.resize((side, side), checkpoint.processor.resample) for picture in pictures]
            inputs = checkpoint.processor(square, return_tensors="pt")
            found = _vector(checkpoint.model.get_image_features(**inputs))
        else:
            found = _Pictures(checkpoint.model)(checkpoint.processor(pictures, return_tensors="pt")["pixel_values"])
        return np.asarray(found.numpy(), dtype=np.float32)


def _compare_pixels(checkpoint: _Checkpoint, pictures: list[Any], ours: NDArray[np.uint8]) -> None:
    """Raise ``KnownError`` where Balloon prepares a photo otherwise than the checkpoint's image processor."""
    if checkpoint.family.patches:
        return  # it cuts into patches what has any shape; the vectors tell
    theirs = checkpoint.processor(pictures, return_tensors="np")["pixel_values"]
    mean, std = (np.asarray(values).reshape(1, 3, 1, 1) for values in (checkpoint.mean, checkpoint.std))
    values = np.asarray(theirs) * std + mean
    expected = values.transpose(0, 2, 3, 1)
    if expected.shape != ours.shape:
        raise refused(checkpoint.source, f"its pictures have the shape {expected.shape[1:]}, not {ours.shape[1:]}")
    difference = float(np.abs(expected - ours / 255.0).max())
    if difference > PIXEL_TOLERANCE:
        raise refused(checkpoint.source, f"its pictures would be prepared otherwise (by {difference * 255:.1f} of 255)")


def _text_parity(checkpoint: _Checkpoint, target: Path) -> Parity:
    from engine.models.session import Session

    session = Session(target / "text.onnx")
    expected, found = [], []
    for texts in (list(TEXTS), *([text] for text in TEXTS)):  # in company, and alone
        tokens = checkpoint.tokens(texts)
        with torch.no_grad():
            expected.append(_Texts(checkpoint.model)(**tokens).numpy())
        found.append(session.run("vector", {name: values.numpy() for name, values in tokens.items()}))
    return compare("text", np.concatenate(expected), np.concatenate(found))


def _plain(value: Any) -> Any:
    """A size of transformers as the dictionary that its file has."""
    if value is None or isinstance(value, (bool, int, float, str, list, tuple, dict)):
        return value
    names = ("height", "width", "shortest_edge", "longest_edge")
    found = {name: getattr(value, name, None) for name in names}
    return {name: number for name, number in found.items() if number is not None} or value


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
