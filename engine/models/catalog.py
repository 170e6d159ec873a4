"""Which model packages are on this computer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import KnownError
from engine.models.package import CARD_NAME, ModelCard, read_card
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def find_package(key: str, folders: Sequence[Path]) -> Path:
    """The folder of the package called ``key``: the first of ``folders`` that holds it; raises ``KnownError``."""
    for folder in folders:
        candidate = folder / key
        if key.strip(".") and "/" not in key and "\\" not in key and (candidate / CARD_NAME).is_file():
            return candidate
    known = ", ".join(sorted(card.key for card in installed(folders))) or "none"
    raise KnownError(ErrorKind.MODEL_MISSING, f"There is no model called {key!r}. Models on this computer: {known}.")


def find_card(key: str, folders: Sequence[Path]) -> ModelCard:
    """The card of the package called ``key``; raises ``KnownError``."""
    return read_card(find_package(key, folders))


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
