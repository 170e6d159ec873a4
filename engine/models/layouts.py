"""Ready-made ONNX folders of other programs, read as they lie: Immich's layout and transformers.js's.

Nothing is run here and nothing but JSON is read: the result names the files and says what their inputs want.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from engine.errors import KnownError
from engine.imaging.preprocess import InputSpec
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from pathlib import Path

    from engine.models.package import Cleaning

Interpolation = Literal["bilinear", "bicubic", "lanczos"]
Numbers = tuple[float, float, float]

CLIP_LENGTH = 77
LARGE_FOR_CONVNEXT = 384
SIGLIP_LENGTH = 64
_MANY = 1 << 20  # a tokenizer without a limit says 1e30
# Pillow's numbers, which image processors write.
_RESAMPLING: dict[int, Interpolation] = {1: "lanczos", 2: "bilinear", 3: "bicubic"}
# CLIP's, which an image processor uses where its file names none.
_MEAN, _STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True, slots=True)
class ForeignModel:
    """What a ready-made folder says of its model; ``max_length`` and ``padding`` as ``TextTower`` has them."""

    layout: Literal["Immich", "transformers.js", "checkpoint"]
    image: Path
    text: Path
    tokenizer: Path
    input_spec: InputSpec
    mean: Numbers
    std: Numbers
    max_length: int
    padding: Literal["longest", "max_length"]
    pad_token: str | None
    cleaning: Cleaning
    image_outputs: tuple[str, ...]
    text_outputs: tuple[str, ...]


def read_layout(folder: Path) -> ForeignModel:
    """Recognise ``folder`` and read its settings; raises ``KnownError`` (BAD_FILE) that says what is missing."""
    if not folder.is_dir():
        raise KnownError(ErrorKind.USAGE, f"There is no folder {folder}.")
    try:
        if _is_immich(folder):
            return _immich(folder)
        if _is_transformers_js(folder):
            return _transformers_js(folder)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise refused(folder, f"its settings are not as expected ({error})") from error
    raise refused(
        folder,
        "it holds neither visual/model.onnx and textual/model.onnx (Immich's layout) nor onnx/vision_model.onnx and "
        "onnx/text_model.onnx (transformers.js's) nor config.json and model.safetensors (a checkpoint)",
    )


def is_ready_made(folder: Path) -> bool:
    """Whether ``folder`` has one of the two layouts, complete or not."""
    return _is_immich(folder) or _is_transformers_js(folder)


def _is_immich(folder: Path) -> bool:
    return (folder / "visual").is_dir() and (folder / "textual").is_dir()


def _is_transformers_js(folder: Path) -> bool:
    return (folder / "onnx" / "vision_model.onnx").is_file()


def refused(folder: Path, why: str) -> KnownError:
    """The sentence for a folder that cannot be imported."""
    return KnownError(ErrorKind.BAD_FILE, f"The model in {folder.name} cannot be imported: {why}.")


def _immich(folder: Path) -> ForeignModel:
    """Immich's export of an open_clip model: texts are padded to their full length, without a mask."""
    textual, visual = folder / "textual", folder / "visual"
    pictures = _settings(folder, visual / "preprocess_cfg.json")
    texts = _settings(folder, folder / "config.json")["text_cfg"]
    canonical = (texts.get("tokenizer_kwargs") or {}).get("clean") == "canonicalize"
    return ForeignModel(
        "Immich",
        _file(folder, visual / "model.onnx"),
        _file(folder, textual / "model.onnx"),
        _file(folder, textual / "tokenizer.json"),
        InputSpec(
            _square(pictures["size"]), _resize(pictures.get("resize_mode")), _interpolation(pictures["interpolation"])
        ),
        _three(pictures["mean"]),
        _three(pictures["std"]),
        int(texts.get("context_length", CLIP_LENGTH)),
        "max_length",
        _pad_token(_settings(folder, textual / "tokenizer_config.json")),
        "canonical" if canonical else "whitespace",
        ("embedding",),
        ("embedding",),
    )


def _transformers_js(folder: Path) -> ForeignModel:
    """A Hugging Face model whose towers were exported one by one; its own tokenizer.json does all the cleaning."""
    config = _settings(folder, folder / "config.json")
    tokenizer = _settings(folder, folder / "tokenizer_config.json")
    pictures = _settings(folder, folder / "preprocessor_config.json")
    spec, mean, std = picture_settings(pictures)
    # SigLIP was trained on texts of full length without a mask, and its pooled output is the vector.
    is_siglip = str(config.get("model_type", "")).startswith("siglip")
    pooled = ("pooler_output",) if is_siglip else ()
    return ForeignModel(
        "transformers.js",
        folder / "onnx" / "vision_model.onnx",
        _file(folder, folder / "onnx" / "text_model.onnx"),
        _file(folder, folder / "tokenizer.json"),
        spec,
        mean,
        std,
        _max_length(config, tokenizer, SIGLIP_LENGTH if is_siglip else CLIP_LENGTH),
        "max_length" if is_siglip else "longest",
        _pad_token(tokenizer),
        "none",
        ("image_embeds", *pooled),
        ("text_embeds", *pooled),
    )


def picture_settings(pictures: dict[str, Any]) -> tuple[InputSpec, Numbers, Numbers]:
    """What an image processor's file means: input spec, mean and standard deviation.

    Raises ``KeyError``, ``TypeError`` or ``ValueError`` for what Balloon cannot do.
    """
    return _hugging_face_spec(pictures), *_normalisation(pictures)


def _hugging_face_spec(pictures: dict[str, Any]) -> InputSpec:
    """``shortest_edge`` and a cut, or both sides scaled."""
    if not pictures.get("do_resize", True):
        raise ValueError("do_resize is off")
    interpolation = _RESAMPLING.get(pictures.get("resample", 3))
    if interpolation is None:
        raise ValueError(f"resample {pictures['resample']}")
    size, is_cut = pictures["size"], pictures.get("do_center_crop", "crop_size" in pictures)
    edge = size.get("shortest_edge") if isinstance(size, dict) else size if is_cut else None
    if edge is not None and "crop_pct" in pictures:
        return _convnext_spec(int(edge), float(pictures["crop_pct"]), interpolation)
    if edge is not None:
        if not is_cut:
            raise ValueError("shortest_edge without a centre crop gives no square")
        cut = _square(pictures.get("crop_size", edge))
        return InputSpec(cut, "shortest", interpolation, cut / int(edge))
    both = _square(size)
    if is_cut and _square(pictures.get("crop_size", size)) != both:
        raise ValueError("a square that is cut again")
    return InputSpec(both, "squash", interpolation)


def _convnext_spec(edge: int, crop_pct: float, interpolation: Interpolation) -> InputSpec:
    """ConvNeXT's and ResNet's processor cuts without saying so, and squashes what is large."""
    if edge >= LARGE_FOR_CONVNEXT:
        return InputSpec(edge, "squash", interpolation)
    return InputSpec(edge, "shortest", interpolation, edge / int(edge / crop_pct))


def _normalisation(pictures: dict[str, Any]) -> tuple[Numbers, Numbers]:
    if not pictures.get("do_rescale", True) or not math.isclose(pictures.get("rescale_factor", 1 / 255), 1 / 255):
        raise ValueError("rescale_factor is not 1/255")
    if not pictures.get("do_normalize", True):
        return (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    return _three(pictures.get("image_mean", _MEAN)), _three(pictures.get("image_std", _STD))


def _max_length(config: dict[str, Any], tokenizer: dict[str, Any], usual: int) -> int:
    """The shorter of what the tower has positions for and what the tokenizer is told to cut at."""
    tower = config.get("text_config") or {}
    positions = tower.get("max_position_embeddings")
    if positions is not None and "roberta" in str(tower.get("model_type", "")):
        positions -= 2  # RoBERTa counts positions from pad_id + 1
    limits = [int(limit) for limit in (positions, tokenizer.get("model_max_length")) if limit and limit < _MANY]
    return min(limits, default=usual)


def _pad_token(tokenizer: dict[str, Any]) -> str | None:
    token = tokenizer.get("pad_token")
    return token["content"] if isinstance(token, dict) else token


def _settings(folder: Path, path: Path) -> dict[str, Any]:
    try:
        values = json.loads(_file(folder, path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise refused(folder, f"{path.relative_to(folder).as_posix()} cannot be read") from error
    if not isinstance(values, dict):
        raise refused(folder, f"{path.relative_to(folder).as_posix()} is not as expected")
    return values


def _file(folder: Path, path: Path) -> Path:
    if not path.is_file():
        raise refused(folder, f"{path.relative_to(folder).as_posix()} is missing")
    return path


def _square(size: Any) -> int:
    """224, [224, 224] or {"height": 224, "width": 224}."""
    sides = [size["height"], size["width"]] if isinstance(size, dict) else size
    sides = [sides] if isinstance(sides, int) else list(sides)
    if len(set(sides)) != 1 or type(sides[0]) is not int:
        raise ValueError(f"size {size} is no square")
    return sides[0]


def _resize(mode: str | None) -> Literal["shortest", "squash"]:
    if mode in (None, "shortest"):
        return "shortest"
    if mode == "squash":
        return "squash"
    raise ValueError(f"resize_mode {mode!r}")


def _interpolation(name: str) -> Interpolation:
    for known in get_args(Interpolation):
        if name.lower() == known:
            return known  # type: ignore[no-any-return]  # get_args loses the literal
    raise ValueError(f"interpolation {name!r}")


def _three(numbers: Any) -> Numbers:
    red, green, blue = (float(number) for number in numbers)
    return red, green, blue
