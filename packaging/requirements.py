"""Print what the bundle is built from: the dependencies of pyproject.toml with one build of ONNX Runtime.

`requirements.py [cpu|cuda]`; ``pip install -r`` reads it. Version ranges stay where they are kept, in pyproject.toml.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

CPU_RUNTIME = "onnxruntime"
CUDA_RUNTIME = "onnxruntime-gpu"
RUNTIMES = {"cpu": CPU_RUNTIME, "cuda": CUDA_RUNTIME}


def requirements(pyproject: Path, accelerator: str) -> list[str]:
    """The dependencies; ONNX Runtime's one line is that of the accelerator, whatever the platform is."""
    dependencies: list[str] = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["dependencies"]
    others = [line for line in dependencies if not line.startswith(CPU_RUNTIME)]
    wanted = RUNTIMES[accelerator]
    chosen = next(line for line in dependencies if line.startswith((f"{wanted}>", f"{wanted}=")))
    return [chosen.split(";")[0].strip(), *others]


if __name__ == "__main__":
    accelerator = sys.argv[1] if len(sys.argv) > 1 else "cpu"
    sys.stdout.write("\n".join(requirements(Path(__file__).parent.parent / "pyproject.toml", accelerator)) + "\n")
