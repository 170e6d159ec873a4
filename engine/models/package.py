"""The model package: a folder with ``model.json`` (the model card), two ONNX towers and a tokenizer, nothing else.

``ModelCard`` is the typed form of ``model.json``. Every file of a package is named in the card with its size, sha256;
a file that is not named is never opened, and a name may not leave the folder.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, Literal, get_args

import numpy as np

from engine.errors import KnownError
from engine.imaging.preprocess import InputSpec
from engine.protocol import ErrorKind

Cleaning = Literal["nfkc", "whitespace", "canonical", "none"]

CARD_NAME = "model.json"
FORMAT = 1
_CHANNELS = 3
_CHOICES = frozenset(itertools.product(("uint8", "float32"), ("longest", "max_length"), ("shortest", "squash")))
_CLEANINGS = frozenset(get_args(Cleaning))
_INTERPOLATIONS = frozenset(("bilinear", "bicubic", "lanczos"))


@dataclass(frozen=True, slots=True)
class ImageTower:
    """The image side. Input: ``dtype`` uint8 means (N, size, size, 3) pixels 0..255 and a graph that normalises itself;
    float32 means (N, 3, size, size) of (pixel / 255 - mean) / std. Output ``output``: (N, dim) float32, not
    necessarily of unit length. ``grid_output``, where present: (N, rows * columns, grid width) float32.

    ``half_file``, where present, is the same graph computing in float16, for GPUs. ``data_files`` hold weights that do
    not fit into ``file`` (ONNX's external data) and lie beside it.
    """

    file: str
    input_spec: InputSpec
    dtype: Literal["uint8", "float32"] = "uint8"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    input: str = "pixels"
    output: str = "vector"
    grid_output: str | None = None
    half_file: str | None = None
    data_files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextTower:
    """The text side. Input: ``input_ids`` (N, L) int64 and, unless None, ``attention_mask`` (N, L) int64 of 0 and 1.
    Output: (N, dim) float32 in the space of the image vectors. The tokenizer file adds its special tokens itself.

    ``cleaning`` comes before it: ``nfkc`` folds forms and widths, ``whitespace`` makes every run of it one space,
    ``canonical`` also takes ASCII punctuation away and lowers (open_clip's "canonicalize"), ``none`` is nothing.
    ``data_files`` as the image tower has them.
    """

    file: str
    tokenizer: str
    max_length: int
    padding: Literal["longest", "max_length"] = "longest"
    pad_id: int = 0
    lowercase: bool = False
    cleaning: Cleaning = "nfkc"
    input_ids: str = "input_ids"
    attention_mask: str | None = "attention_mask"
    output: str = "vector"
    data_files: tuple[str, ...] = ()

    def cleaned(self, cleaning: Cleaning) -> TextTower:
        """The same tower with another cleaning."""
        return replace(self, cleaning=cleaning)


@dataclass(frozen=True, slots=True)
class Reranker:
    """Attention between a text's words and a photo's cells, which orders the first ``head`` hits anew.

    Inputs: ``words`` (1, L, any) float32, which the text tower gives as its output ``states``; ``mask`` (1, L) int64
    unless None; ``cells`` (N, cells, dim) float32, the grids of N photos. Output: N float32 numbers, each to be added
    to the cosine of its photo. No input may have a first axis fixed to 1.
    """

    file: str
    states: str = "states"
    head: int = 20
    words: str = "words"
    mask: str | None = "mask"
    cells: str = "cells"
    output: str = "scores"


@dataclass(frozen=True, slots=True)
class Calibration:
    """Cosine similarities from which a hit counts as a match and as possible; below that nothing fits.

    What share of the hits at a score is right does not depend on the number of photos, so ``match`` is for all
    (balloon-mini's has 0.77 to 0.86 from 20 photos to 911). But the best of more photos scores higher, whether it fits
    or not: ``possible`` is for ``photos``, and ``rise`` holds, for other numbers in growing order, what is to be added.

    ``languages`` holds thresholds for texts of one language ("en", "zh"); all others are judged by the shared ones.
    """

    match: float
    possible: float
    photos: int = 200
    rise: tuple[tuple[int, float], ...] = ()
    languages: dict[str, Calibration] = field(default_factory=dict)

    def of(self, language: str) -> Calibration:
        """The thresholds for texts of this language: its own, or the shared ones where it has none."""
        return self.languages.get(language, self)

    def among(self, photos: int) -> Calibration:
        """The thresholds for a search among so many photos: even between what was measured, and steady beyond it."""
        if not self.rise:
            return self
        sizes, rises = zip(*self.rise, strict=True)
        rise = float(np.interp(math.log2(max(1, photos)), np.log2(sizes), rises))
        return Calibration(self.match, min(self.match, self.possible + rise), photos)


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What ``model.json`` says. ``fingerprint`` (sha256 over the image tower's bytes and input spec) names the vector
    space of the photos: packages that share it share their stored vectors.
    """

    key: str
    name: str
    dim: int
    languages: tuple[str, ...]
    licence: str
    image: ImageTower
    text: TextTower
    logit_scale: float
    fingerprint: str
    sources: tuple[dict[str, str], ...] = ()
    calibration: Calibration | None = None
    reranker: Reranker | None = None
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def text_fingerprint(self) -> str:
        """Names the text tower: a learned mapping changes it and leaves the photos' ``fingerprint`` as it is."""
        return str(self.files[(*self.text.data_files, self.text.file)[0]]["sha256"])


def image_fingerprint(folder: Path, image: ImageTower) -> str:
    """Sha256 (hex) over the image tower's file and everything that changes its input."""
    spec = json.dumps([asdict(image.input_spec), image.dtype, image.mean, image.std], sort_keys=True)
    weights = "+".join(file_sha256(folder / name) for name in (image.file, *image.data_files))
    return hashlib.sha256(f"{weights}|{spec}|{image.output}".encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """Sha256 (hex) of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_card(folder: Path, card: ModelCard) -> None:
    """Write ``model.json``, filling in sizes and sha256 of every other file of ``folder``."""
    files = {
        path.relative_to(folder).as_posix(): {"byte_size": path.stat().st_size, "sha256": file_sha256(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != CARD_NAME
    }
    values = asdict(card) | {"files": files}
    text = json.dumps(values, ensure_ascii=False, indent=2)
    (folder / CARD_NAME).write_text(text + "\n", encoding="utf-8")


def read_card(folder: Path) -> ModelCard:
    """Read and check ``model.json``; raises ``KnownError`` (MODEL_MISSING, MODEL_DAMAGED)."""
    try:
        values = json.loads((folder / CARD_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise KnownError(ErrorKind.MODEL_MISSING, f"There is no model package in {folder}.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(folder, "model.json cannot be read") from error
    try:
        card = _card_from(values)
        _check_values(card)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _damaged(folder, f"model.json is not as expected ({error})") from error
    _check_names(folder, card)
    return card


def verify(folder: Path, card: ModelCard, *names: str) -> None:
    """Compare these files (or all) with their size and sha256; raises ``KnownError`` (MODEL_DAMAGED)."""
    for name in names or card.files:
        facts = card.files[name]
        path = folder / name
        if not path.is_file() or path.stat().st_size != facts["byte_size"]:
            raise _damaged(folder, f"{name} is missing or has another size")
        if file_sha256(path) != facts["sha256"]:
            raise _damaged(folder, f"{name} has been changed")


def _damaged(folder: Path, what: str) -> KnownError:
    return KnownError(ErrorKind.MODEL_DAMAGED, f"The model package {folder.name} is damaged: {what}. Install it again.")


def _card_from(values: dict[str, Any]) -> ModelCard:
    if values.get("format") != FORMAT:
        raise ValueError(f"format {values.get('format')}, expected {FORMAT}")
    image = dict(values["image"])
    image["input_spec"] = InputSpec(**image["input_spec"])
    image["mean"], image["std"] = tuple(image["mean"]), tuple(image["std"])
    text = dict(values["text"])
    image["data_files"], text["data_files"] = tuple(image.get("data_files", ())), tuple(text.get("data_files", ()))
    calibration = values.get("calibration")
    return ModelCard(
        **values
        | {
            "image": ImageTower(**image),
            "text": TextTower(**text),
            "calibration": None if calibration is None else _calibration_from(calibration),
            "reranker": Reranker(**values["reranker"]) if values.get("reranker") else None,
            "languages": tuple(values["languages"]),
            "sources": tuple(values["sources"]),
        }
    )


def _calibration_from(values: dict[str, Any]) -> Calibration:
    rise = tuple((size, rise) for size, rise in values.get("rise", ()))
    languages = {language: _calibration_from(own) for language, own in values.get("languages", {}).items()}
    return Calibration(**values | {"rise": rise, "languages": languages})


def _check_values(card: ModelCard) -> None:
    """Raise ``ValueError`` for what would otherwise fail much later, in the middle of a search."""
    image, text, spec = card.image, card.text, card.image.input_spec
    needed = (
        card.key, card.name, card.licence, card.fingerprint, *card.languages,
        image.file, image.input, image.output, text.file, text.tokenizer, text.input_ids, text.output,
        *image.data_files, *text.data_files,
    )  # fmt: skip
    numbers = (card.logit_scale, *image.mean, *image.std, spec.crop_fraction)
    checks = {
        "names": _are(str, *needed) and all(needed),
        "optional names": _are((str, type(None)), image.grid_output, image.half_file, text.attention_mask),
        "sizes": all(type(count) is int and count > 0 for count in (card.dim, spec.size, text.max_length)),
        "padding": type(text.pad_id) is int and _are(bool, text.lowercase),
        "numbers": _are((int, float), *numbers) and all(map(math.isfinite, numbers)),
        "mean and std": len(image.mean) == len(image.std) == _CHANNELS and min(image.std) > 0,
        "crop_fraction": 0 < spec.crop_fraction <= 1,
        "choices": (image.dtype, text.padding, spec.resize) in _CHOICES and spec.interpolation in _INTERPOLATIONS,
        "cleaning": text.cleaning in _CLEANINGS,
        "reranker": card.reranker is None or (_is_reranker(card.reranker) and image.grid_output is not None),
        "calibration": card.calibration is None or _is_calibration(card.calibration),
        "files": all(_is_file_fact(name, fact) for name, fact in card.files.items()),
    }
    wrong = [name for name, is_fine in checks.items() if not is_fine]
    if wrong:
        raise ValueError(", ".join(wrong))


def _is_calibration(limits: Calibration) -> bool:
    sizes, rises = [size for size, _ in limits.rise], [rise for _, rise in limits.rise]
    return (
        -1 <= limits.possible <= limits.match <= 1
        and all(type(size) is int and size > 0 for size in (limits.photos, *sizes))
        and (_are((int, float), *rises) and sizes == sorted(set(sizes)))
        and all(not own.languages and _is_calibration(own) for own in limits.languages.values())
    )


def _is_reranker(reranker: Reranker) -> bool:
    names = (reranker.file, reranker.states, reranker.words, reranker.cells, reranker.output)
    has_head = type(reranker.head) is int and reranker.head > 0
    return _are(str, *names) and all(names) and _are((str, type(None)), reranker.mask) and has_head


def _are(kind: type | tuple[type, ...], *values: object) -> bool:
    return all(isinstance(value, kind) for value in values)


def _is_file_fact(name: object, fact: object) -> bool:
    return (
        isinstance(name, str)
        and isinstance(fact, dict)
        and type(fact.get("byte_size")) is int
        and isinstance(fact.get("sha256"), str)
    )


def _check_names(folder: Path, card: ModelCard) -> None:
    wanted = {card.image.file, card.text.file, card.text.tokenizer, *card.image.data_files, *card.text.data_files}
    if card.image.half_file is not None:
        wanted.add(card.image.half_file)
    if card.reranker is not None:
        wanted.add(card.reranker.file)
    for name in wanted | set(card.files):
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
            raise _damaged(folder, f"the file name {name!r} leaves the folder")
    unlisted = wanted - set(card.files)
    if unlisted:
        raise _damaged(folder, f"{', '.join(sorted(unlisted))} is not listed")
