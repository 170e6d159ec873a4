"""The stamp of a build: which commit, of which day, in which flavour, and where newer versions are told.

`stamp.py FILE --flavour cpu` writes it; ``engine.version`` reads it. The address comes from ``BALLOON_UPDATE_FEED``
(https): a build without one has nobody to ask. What is made from a source archive takes the stamp that lies in it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = "build.json"


def stamp(root: Path, flavour: str) -> dict[str, str]:
    """The facts; empty commit and date where neither git nor an earlier stamp knows them."""
    kept = root / NAME
    facts = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else _from_git(root)
    return {
        "commit": str(facts.get("commit", "")),
        "date": str(facts.get("date", "")),
        "flavour": flavour,
        "feed": os.environ.get("BALLOON_UPDATE_FEED", "") or str(facts.get("feed", "")),
    }


def write(file: Path, facts: dict[str, str]) -> None:
    """Write the stamp as JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def _from_git(root: Path) -> dict[str, str]:
    try:
        commit, date = _git(root, "log", "-1", "--format=%h %cs").split()
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, ValueError, subprocess.CalledProcessError):
        return {}
    return {"commit": f"{commit}+changes" if changed else commit, "date": date}


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the stamp of a build.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--flavour", required=True)
    options = parser.parse_args()
    write(options.file, stamp(ROOT, options.flavour))
    sys.exit(0)
