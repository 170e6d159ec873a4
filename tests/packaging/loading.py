"""The scripts of packaging/ as modules: that folder is no package, so that it hides nobody's library."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

from tests.conftest import ROOT

PACKAGING = ROOT / "packaging"


def load(path: str) -> Any:
    """The script at this path below packaging/."""
    name = "packaging_" + path.removesuffix(".py").replace("/", "_")
    spec = importlib.util.spec_from_file_location(name, PACKAGING / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module
