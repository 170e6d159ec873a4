"""Builds Balloon's packages for the system it runs on into dist/: `build.py [--accelerator cuda] [--only bundle]`.

Everything happens in a virtual environment of its own (build/venv-ACCELERATOR), from a clean clone. Here are the steps
that Linux, Windows and macOS share; each system's own are in ``linux/``, ``windows/`` and ``macos/``.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BUILD = ROOT / "build"
DIST = ROOT / "dist"
SVG = HERE / "icons" / "balloon.svg"


@dataclass(frozen=True)
class Plan:
    """What is built: the accelerator's flavour, the version, and the Python that builds it."""

    accelerator: str
    version: str
    python: Path

    @property
    def suffix(self) -> str:
        """What tells the flavours apart in a file's name; nothing for the usual one."""
        return "" if self.accelerator == "cpu" else f"-{self.accelerator}"


def run(*words: str | Path, **variables: str) -> None:
    """Run a command in the checkout; a failure ends the build."""
    subprocess.run([str(word) for word in words], check=True, cwd=ROOT, env=os.environ | variables)


def prepare(accelerator: str) -> Plan:
    """Make the environment, install what the bundle is made of and the tools, then this checkout."""
    folder = BUILD / f"venv-{accelerator}"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    pip = (python, "-m", "pip", "--disable-pip-version-check", "-q", "install")
    inputs = (ROOT / "pyproject.toml", HERE / "tools.txt", HERE / "requirements.py")
    ready = folder / ".ready"
    if not ready.exists() or any(ready.stat().st_mtime < file.stat().st_mtime for file in inputs):
        venv.create(folder, clear=True, with_pip=True)
        listed = subprocess.run(
            [sys.executable, str(HERE / "requirements.py"), accelerator], check=True, capture_output=True, text=True
        )
        requirements = BUILD / f"requirements-{accelerator}.txt"
        requirements.write_text(listed.stdout, encoding="utf-8")
        run(*pip, "-r", requirements, "-r", HERE / "tools.txt")
        ready.touch()
    run(*pip, "--no-deps", "--force-reinstall", ".")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return Plan(accelerator, project["version"], python)


def bundle(plan: Plan) -> Path:
    """Make the one-folder bundle; gives its folder (on macOS Balloon.app lies beside it)."""
    out = DIST / "balloon"
    for old in (out, DIST / "Balloon.app", BUILD / "icons"):
        shutil.rmtree(old, ignore_errors=True)
    run(plan.python, HERE / "stamp.py", BUILD / "build.json", "--flavour", plan.accelerator)
    run(plan.python, HERE / "icons" / "render.py", SVG, BUILD / "icons", QT_QPA_PLATFORM="offscreen")
    run(
        plan.python, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", "--distpath", DIST,
        "--workpath", BUILD / "pyinstaller", HERE / "balloon.spec",
        BALLOON_VERSION=plan.version, PYTHONHASHSEED="1",
    )  # fmt: skip
    return out


def packages(plan: Plan, folder: Path) -> None:
    """Lay the bundle out in the forms that people of this system install."""
    if sys.platform == "win32":
        suffix = ("-Suffix", plan.suffix) if plan.suffix else ()
        script = HERE / "windows" / "package.ps1"
        run("powershell", "-ExecutionPolicy", "Bypass", "-File", script, "-Version", plan.version, *suffix)
    elif sys.platform == "darwin":
        run("sh", HERE / "macos" / "package.sh", plan.version)
    else:
        run(plan.python, HERE / "linux" / "words.py", BUILD / "words")
        run("sh", HERE / "linux" / "package.sh", folder, plan.version, plan.suffix, PYTHON=str(plan.python))
    # Last: packing may have made files smaller.
    run(plan.python, HERE / "sbom.py", folder, DIST / f"balloon{plan.suffix}-{plan.version}-{sys.platform}.cdx.json")


def checksums() -> None:
    """Write SHA256SUMS of every package in dist/."""
    files = sorted(path for path in DIST.iterdir() if path.is_file() and path.name != "SHA256SUMS")
    lines = []
    for path in files:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256")
        lines.append(f"{digest.hexdigest()}  {path.name}")
        sys.stdout.write(f"{path.stat().st_size / 1e6:8.1f} MB  dist/{path.name}\n")
    (DIST / "SHA256SUMS").write_text("\n".join(lines) + "\n", encoding="ascii")


def main() -> int:
    """Build."""
    parser = argparse.ArgumentParser(description="Build Balloon's packages for this system into dist/.")
    parser.add_argument("--accelerator", choices=("cpu", "cuda"), default="cpu", help="which build of ONNX Runtime")
    parser.add_argument(
        "--only", choices=("bundle", "packages"), help="stop after the bundle, or take the one in dist/"
    )
    options = parser.parse_args()
    DIST.mkdir(exist_ok=True)
    plan = prepare(options.accelerator)
    folder = DIST / "balloon" if options.only == "packages" else bundle(plan)
    if options.only != "bundle":
        packages(plan, folder)
        checksums()
    return 0


if __name__ == "__main__":
    sys.exit(main())
