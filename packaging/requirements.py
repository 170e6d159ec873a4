"""Print what the bundle is built from: the dependencies of pyproject.toml with the CPU build of ONNX Runtime.

``pip install -r`` reads it. Every version range stays where it is kept, in pyproject.toml.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

GPU = "onnxruntime-gpu"


def cpu_requirements(pyproject: Path) -> list[str]:
    """The dependencies; ONNX Runtime's one line is that of the CPU, for every platform."""
    dependencies: list[str] = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["dependencies"]
    kept = [line for line in dependencies if not line.startswith(GPU)]
    return [line.split(";")[0].strip() if line.startswith("onnxruntime") else line for line in kept]


if __name__ == "__main__":
    sys.stdout.write("\n".join(cpu_requirements(Path(__file__).parent.parent / "pyproject.toml")) + "\n")
