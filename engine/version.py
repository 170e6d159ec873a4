"""Which Balloon this is: the version, and the build it came from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

from engine.config import resources_dir

if TYPE_CHECKING:
    from pathlib import Path

DISTRIBUTION = "balloon-photos"
STAMP = "build.json"


@dataclass(frozen=True, slots=True)
class Build:
    """What packaging wrote down (``packaging/stamp.py``). All empty in a checkout.

    ``feed`` is the address that tells the latest version (https), ``date`` the commit's (ISO).
    """

    commit: str = ""
    date: str = ""
    flavour: str = ""
    feed: str = ""

    def __str__(self) -> str:
        if not self.commit:
            return "from source"
        facts = ", ".join(fact for fact in (self.date, self.flavour) if fact)
        return f"{self.commit} ({facts})" if facts else self.commit


def version() -> str:
    """The installed version, "unknown" when run from a bare checkout."""
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "unknown"


def build(resources: Path | None = None) -> Build:
    """The build's stamp; an absent or unreadable one is no reason to fail."""
    try:
        stamp = json.loads(((resources or resources_dir()) / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Build()
    if not isinstance(stamp, dict):
        return Build()
    return Build(*(str(stamp.get(key, "")) for key in ("commit", "date", "flavour", "feed")))
