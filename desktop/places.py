"""Where the desktop keeps its own things: settings, the log, the hand-over file; and where the resources lie."""

from __future__ import annotations

import sys
from pathlib import Path

import platformdirs


def resources_dir() -> Path:
    """The resources that come with the program: in a bundle, beside the engine of a wheel, or in a checkout."""
    bundle = getattr(sys, "_MEIPASS", None)
    root = Path(bundle) if bundle else Path(__file__).resolve().parent.parent
    installed = root / "engine" / "resources"
    return installed if installed.is_dir() else root / "resources"


def config_dir() -> Path:
    """The folder of ``desktop.ini``."""
    return platformdirs.user_config_path("balloon", appauthor=False)


def state_dir() -> Path:
    """The folder of the lock of the one window and of what a second start leaves for the first."""
    return platformdirs.user_state_path("balloon", appauthor=False)


def log_dir() -> Path:
    """The folder of ``desktop.log`` and ``engine.log``."""
    return platformdirs.user_log_path("balloon", appauthor=False)


def pasted_dir() -> Path:
    """Pictures pasted from the clipboard lie here while they are searched for."""
    return platformdirs.user_cache_path("balloon", appauthor=False) / "pasted"
