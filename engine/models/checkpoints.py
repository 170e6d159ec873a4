"""Checkpoints of PyTorch as the Hugging Face hub has them: is a folder one, of which family, and may it be read?

Only JSON is read here. The weights must be safetensors: a pickle can run whatever its maker wants.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.models.layouts import refused

if TYPE_CHECKING:
    from pathlib import Path

SIGLIP_LENGTH = 64
CLIP_LENGTH = 77


@dataclass(frozen=True, slots=True)
class Family:
    """How the towers of one kind of checkpoint are fed.

    ``masked``: texts of their own length with an attention mask; else all are padded to the full length, without one.
    ``patches``: pictures are handed over as patches (SigLIP 2's NaFlex), here always a square of them. ``shifted``:
    positions are counted as RoBERTa does, so that two of them are never used.
    """

    name: str
    masked: bool = True
    patches: bool = False
    shifted: bool = False


# By the "model_type" of config.json.
FAMILIES = {
    "clip": Family("CLIP"),
    "siglip": Family("SigLIP", masked=False),
    "siglip2": Family("SigLIP 2", masked=False, patches=True),
    "metaclip_2": Family("MetaCLIP 2"),
    "chinese_clip": Family("Chinese-CLIP"),
    "altclip": Family("AltCLIP", shifted=True),
    "vision-text-dual-encoder": Family("VisionTextDualEncoder"),
}


def is_checkpoint(folder: Path) -> bool:
    """Whether ``folder`` holds a model's settings and weights of PyTorch, readable or not."""
    return (folder / "config.json").is_file() and (_has_safetensors(folder) or bool(_pickles(folder)))


def family_of(folder: Path) -> Family:
    """The family of a checkpoint; raises ``KnownError`` (BAD_FILE) for one that cannot be taken."""
    config = _config(folder)
    model_type = str(config.get("model_type", ""))
    if model_type not in FAMILIES:
        known = ", ".join(family.name for family in FAMILIES.values())
        raise refused(folder, f"it is a {model_type or 'nameless'} model, and the kinds that can be taken are {known}")
    if not _has_safetensors(folder):
        raise refused(
            folder, f"its weights ({_pickles(folder)[0]}) are a pickle, which could run anything: it needs .safetensors"
        )
    return FAMILIES[model_type]


def _has_safetensors(folder: Path) -> bool:
    return (folder / "model.safetensors").is_file() or (folder / "model.safetensors.index.json").is_file()


def _pickles(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("pytorch_model*.bin"))


def _config(folder: Path) -> dict[str, Any]:
    try:
        values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise refused(folder, "config.json cannot be read") from error
    if not isinstance(values, dict):
        raise refused(folder, "config.json is not as expected")
    return values
