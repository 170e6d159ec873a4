"""The catalogue: models that Balloon offers for download, with what others have published about them."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING

from engine.config import resources_dir
from engine.protocol.json_values import BadValueError, from_json
from engine.protocol.model_methods import ModelCatalogue, OfferedModel

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE_FILE = "catalogue.json"


def offered() -> tuple[OfferedModel, ...]:
    """The models of the catalogue that came with the program; none where it cannot be read."""
    return read_catalogue(resources_dir() / "models" / CATALOGUE_FILE)


@functools.cache
def read_catalogue(path: Path) -> tuple[OfferedModel, ...]:
    """Read a catalogue; one that is missing or damaged offers nothing."""
    try:
        return from_json(ModelCatalogue, json.loads(path.read_text(encoding="utf-8"))).models
    except (OSError, ValueError, BadValueError):
        return ()


def find_offer(key: str) -> OfferedModel | None:
    """The offered model called ``key``."""
    return next((model for model in offered() if model.key == key), None)
