"""Which Balloon this is."""

from __future__ import annotations

from importlib import metadata

DISTRIBUTION = "balloon-photos"


def version() -> str:
    """The installed version, "unknown" when run from a bare checkout."""
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "unknown"


def describe_version() -> str:
    """Version and embedded model in one line."""
    from engine.config import DEFAULT_MODEL, resources_dir
    from engine.errors import KnownError
    from engine.models.package import read_card

    try:
        card = read_card(resources_dir() / "models" / DEFAULT_MODEL)
    except KnownError:
        return f"Balloon {version()} (no embedded model)"
    return f"Balloon {version()}, model {card.key} {card.fingerprint[:8]}"
