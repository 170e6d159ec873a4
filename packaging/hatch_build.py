"""Puts the stamp of the build into the wheel, and into the source archive for the wheels made from it."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class StampHook(BuildHookInterface):  # type: ignore[type-arg]  # its parameter is hatchling's own business
    """Called by hatchling for every wheel and source archive."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the stamp to what is packed; an editable install is no build."""
        if version == "editable":
            return
        stamp = _load_stamp(Path(self.root) / "packaging" / "stamp.py")
        self._folder = tempfile.TemporaryDirectory()
        file = Path(self._folder.name) / stamp.NAME
        stamp.write(file, stamp.stamp(Path(self.root), self.target_name))
        place = f"engine/resources/{stamp.NAME}" if self.target_name == "wheel" else stamp.NAME
        build_data["force_include"][str(file)] = place

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Clean up."""
        if version != "editable":
            self._folder.cleanup()


def _load_stamp(file: Path) -> Any:
    # The folder is no package: its name is that of a library that build tools import.
    spec = importlib.util.spec_from_file_location("stamp", file)
    if spec is None or spec.loader is None:
        raise ImportError(file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
