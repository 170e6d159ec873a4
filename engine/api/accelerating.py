"""What photos can be encoded on here: what this build offers, what the person chose, and what a trial found out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from engine.config import ACCELERATOR_VARIABLE
from engine.models.accelerators import AUTOMATIC, PROVIDERS, key_of, provider_called, what_is_missing
from engine.models.session import available_providers
from engine.protocol.model_methods import AcceleratorList, AcceleratorRow

if TYPE_CHECKING:
    from engine.library.settings import Settings
    from engine.models.accelerators import LeftOut
    from engine.models.encoder import Encoder
    from engine.models.image_runner import Standing

ACCELERATOR_SETTING = "models.accelerator"


def chosen(settings: Settings) -> str:
    """A key or "auto": BALLOON_ACCELERATOR comes before the library's setting."""
    return os.environ.get(ACCELERATOR_VARIABLE) or settings.get(ACCELERATOR_SETTING) or AUTOMATIC


def wanted_provider(settings: Settings) -> str | None:
    """The provider that is asked for, None for the best that works; raises ``KnownError`` (USAGE)."""
    return provider_called(chosen(settings))


def describe(settings: Settings, encoder: Encoder, *, trying: bool) -> AcceleratorList:
    """What there is and what is used; ``trying`` finds that out first, where it is not known."""
    standing = encoder.decide() if trying else encoder.standing
    available, asked = available_providers(), chosen(settings).strip().lower()
    keys = [key for key, provider in PROVIDERS.items() if provider in available or key == asked]
    return AcceleratorList(
        offered=tuple(_row(key, standing, available) for key in keys),
        chosen=asked,
        is_given=bool(os.environ.get(ACCELERATOR_VARIABLE)),
        is_tried=standing.provider is not None,
        used=None if standing.provider is None else key_of(standing.provider),
    )


def _row(key: str, standing: Standing, available: tuple[str, ...]) -> AcceleratorRow:
    """What the trial says of it, or else what can be known without one."""
    provider = PROVIDERS[key]
    found: LeftOut | None = next((each for each in standing.left_out if each.provider == provider), None)
    if found is not None:
        return AcceleratorRow(key, found.trouble, found.detail)
    return AcceleratorRow(key, what_is_missing(provider, available))
