"""Is a bundle alive? `smoke.py BUNDLE` does the main job with it, in folders of its own: standard library only.

Indexes pictures that it makes, searches in both languages, speaks to the engine as the window does, opens the window
without a screen, looks that the bundle's folder was not written to, and removes what Balloon kept.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import Any

EDGE = 96
COLOURS = {"red": (255, 40, 40), "green": (20, 255, 20), "blue": (10, 40, 255)}
PATIENCE_S = 120
WINDOW_S = 8
EXE = ".exe" if sys.platform == "win32" else ""


def png(red: int, green: int, blue: int) -> bytes:
    """A picture of one colour with a gradient, as a PNG file."""
    rows = b"".join(
        b"\0" + b"".join(bytes((red, green * column // EDGE, blue * row // EDGE)) for column in range(EDGE))
        for row in range(EDGE)
    )
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", EDGE, EDGE, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    packed = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


class Bundle:
    """The programs of a bundle, with a home of their own."""

    def __init__(self, folder: Path, home: Path) -> None:
        # Balloon.app has its programs deeper inside.
        inner = folder / "Contents" / "MacOS"
        self.folder = inner if inner.is_dir() else folder
        own = {"HOME": str(home), "BALLOON_LIBRARY": str(home / "library"), "QT_QPA_PLATFORM": "offscreen"}
        self.environment = os.environ | own | {"PYTHONUTF8": "1"}

    def command(self, name: str) -> str:
        """The path of one program."""
        return str(self.folder / f"{name}{EXE}")

    def balloon(self, *words: str | Path) -> str:
        """Run the command and give what it says; a failure ends the test."""
        started = time.monotonic()
        line = [self.command("balloon"), *map(str, words)]
        done = subprocess.run(
            line, env=self.environment, capture_output=True, timeout=PATIENCE_S, check=False, encoding="utf-8"
        )
        sys.stdout.write(
            f"balloon {' '.join(map(str, words))}: {done.returncode}, {time.monotonic() - started:.2f} s\n"
        )
        if done.returncode:
            raise SystemExit(f"{done.stdout}\n{done.stderr}")
        return done.stdout

    def json(self, *words: str | Path) -> Any:
        """Run the command with ``--json``."""
        return json.loads(self.balloon(*words, "--json"))

    def ask_engine(self) -> Any:
        """Say hello to the engine process over its standard input, then hang up."""
        hello = {"jsonrpc": "2.0", "id": 1, "method": "hello", "params": {"protocol_version": 1}}
        done = subprocess.run(
            [self.command("balloon-engine")], env=self.environment, input=json.dumps(hello) + "\n", capture_output=True,
            timeout=PATIENCE_S, check=True, encoding="utf-8",
        )  # fmt: skip
        return json.loads(done.stdout.splitlines()[0])["result"]

    def open_window(self) -> None:
        """Open the window and see that it is still there after a while."""
        window = subprocess.Popen([self.command("balloon")], env=self.environment)
        try:
            code = window.wait(WINDOW_S)
        except subprocess.TimeoutExpired:
            window.terminate()
            window.wait(PATIENCE_S)
        else:
            raise SystemExit(f"the window closed by itself with {code}")


def main(folder: Path) -> int:
    """Try everything once."""
    before = {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}
    assert all(path.exists() for path in before), "a link leads nowhere"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        home = Path(place)
        photos = home / "照片 of mine"
        photos.mkdir()
        for name, colour in COLOURS.items():
            (photos / f"{name}.png").write_bytes(png(*colour))
        bundle = Bundle(folder, home)
        sys.stdout.write(bundle.balloon("--version"))
        report = bundle.json("index", photos)
        assert (report["embedded"], report["issues"]) == (len(COLOURS), 0), report
        assert len(bundle.json("similar", photos / "red.png")["hits"]) == len(COLOURS) - 1
        assert bundle.json("captions", photos / "red.png")["captions"]
        bundle.balloon("caption", "add", photos / "blue.png", "蓝色的墙")
        for query, name in {"red": "red.png", "蓝色的墙": "blue.png"}.items():
            assert Path(bundle.json("search", query)["hits"][0]["path"]).name == name
        bundle.balloon("check")
        welcome = bundle.ask_engine()
        assert welcome["model"] == "balloon-mini", welcome
        bundle.open_window()
        bundle.balloon("library", "remove", "--yes")
    after = {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}
    assert after == before, "the bundle's own folder was written to"
    sys.stdout.write("alive\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
