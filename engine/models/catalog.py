"""Which model packages are on this computer."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from engine.config import model_dirs, own_models_dir
from engine.errors import KnownError
from engine.models.package import CARD_NAME, ModelCard, read_card
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def find_package(key: str, folders: Sequence[Path]) -> Path:
    """The folder of the package called ``key``: the first of ``folders`` that holds it; raises ``KnownError``."""
    for folder in folders:
        if is_there(key, (folder,)):
            return folder / key
    known = ", ".join(sorted(card.key for card in installed(folders))) or "none"
    raise KnownError(ErrorKind.MODEL_MISSING, f"There is no model called {key!r}. Models on this computer: {known}.")


def is_there(key: str, folders: Sequence[Path]) -> bool:
    """Whether one of ``folders`` holds a package called ``key``, sound or not."""
    is_name = bool(key.strip(".")) and "/" not in key and "\\" not in key
    return is_name and any((folder / key / CARD_NAME).is_file() for folder in folders)


def find_card(key: str, folders: Sequence[Path]) -> ModelCard:
    """The card of the package called ``key``; raises ``KnownError``."""
    return read_card(find_package(key, folders))


def own_package(key: str) -> Path:
    """The folder of a model of the user's own; raises ``KnownError`` (USAGE) for one that Balloon came with."""
    folder = own_models_dir() / key
    if find_package(key, model_dirs()) != folder:
        raise KnownError(ErrorKind.USAGE, f"{key} comes with Balloon and stays. Use another with: balloon models use")
    return folder


def remove_package(key: str) -> None:
    """Remove a model of the user's own; its vectors are the library's affair."""
    shutil.rmtree(own_package(key))


def installed(folders: Sequence[Path]) -> list[ModelCard]:
    """The cards of all sound packages; of two with one key the first folder's counts."""
    cards: dict[str, ModelCard] = {}
    for folder in folders:
        for card_path in sorted(folder.glob(f"*/{CARD_NAME}")):
            try:
                card = read_card(card_path.parent)
            except KnownError:
                continue  # a damaged package is reported when someone asks for it by name
            cards.setdefault(card.key, card)
    return list(cards.values())
