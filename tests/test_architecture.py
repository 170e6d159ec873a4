from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

# Cold-start: what `balloon search` must never import (each costs a tenth of a second or more).
HEAVY = ("torch", "transformers", "PySide6", "rich", "PIL", "watchdog", "engine.training", "engine.indexing.pipeline")


def test_search_imports_nothing_it_does_not_need() -> None:
    script = "import sys, engine.cli.searching, engine.api.searching, engine.models.encoder; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded.intersection(HEAVY)


def test_no_file_is_past_400_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for package in ("engine", "desktop")
        for path in sorted((ROOT / package).rglob("*.py"))
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}


def test_every_package_tells_its_story() -> None:
    for package in sorted({path.parent for path in Path(ROOT / "engine").rglob("*.py")}):
        story = (package / "__init__.py").read_text(encoding="utf-8")
        assert story.startswith('"""'), package


def test_packaging_is_no_package() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists()
