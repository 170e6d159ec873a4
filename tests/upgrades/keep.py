"""Keeps a library as this version makes it, for the versions to come: `python -m tests.upgrades.keep`.

Run it once for each release, by the program that is released: it indexes a few drawn photos with the embedded model
through the command line, leaves behind what people leave, and packs both into ``tests/upgrades/VERSION.tar.xz``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from engine.version import version
from tests.conftest import ROOT
from tests.photo_factory import scene, write_photo

HERE = Path(__file__).resolve().parent
PHOTOS = {f"{seed}.jpg": seed for seed in range(1, 6)}
OWN_CAPTIONS = {"1.jpg": "奶奶和豆豆在院子里", "2.jpg": "the day we moved house"}
IMPORTED = {"3.jpg": "a wedding on the lake"}
REMOVED = ("4.jpg", "to be removed again")
SAVED = "circles on paper"


def balloon(home: Path, *words: str | Path) -> None:
    """Run the command with a home of its own."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "BALLOON_"))}
    line = [sys.executable, "-m", "engine.cli", *map(str, words), "--library", str(home / "library"), "--quiet"]
    subprocess.run(line, cwd=ROOT, env=kept | {"HOME": str(home)}, check=True, stdout=subprocess.DEVNULL)


def fill(home: Path) -> None:
    """Make ``home/photos`` and ``home/library`` as a person would."""
    photos = home / "photos"
    for name, seed in PHOTOS.items():
        write_photo(photos / name, scene((160, 120), seed=seed))
    balloon(home, "index", photos)
    for name, text in (*OWN_CAPTIONS.items(), REMOVED):
        balloon(home, "caption", "add", photos / name, text)
    balloon(home, "caption", "remove", photos / REMOVED[0], REMOVED[1])
    lines = [json.dumps({"file": name, "caption": text}) for name, text in IMPORTED.items()]
    (home / "captions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    balloon(home, "caption", "import", home / "captions.jsonl", "--photos", photos)
    _keep_a_search(home)


def _keep_a_search(home: Path) -> None:
    from engine.api import Engine
    from engine.config import LibraryPaths
    from engine.protocol.methods import TextItem

    with Engine.open_writer(LibraryPaths(home / "library")) as engine:
        engine.save_search(TextItem(SAVED, "kept"))
        engine.remember_search(SAVED)
        engine.set_setting("index.workers", "1")


def main() -> int:
    """Make the archive of this version."""
    file = HERE / f"{version()}.tar.xz"
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        fill(home)
        with tarfile.open(file, "w:xz", preset=9) as archive:
            for name in ("photos", "library"):
                archive.add(home / name, name, filter=_without_lock)
    sys.stdout.write(f"{file.name}: {file.stat().st_size / 1e3:.0f} kB\n")
    return 0


def _without_lock(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return None if member.name.endswith((".lock", "-shm")) else member


if __name__ == "__main__":
    sys.exit(main())
