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
