"""A folder of photos, a library and captions of one's own, with the rules that hold whatever was killed when."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from engine.config import LibraryPaths
from engine.imaging.thumbnails import ThumbnailStore
from engine.indexing.check import check
from engine.library.database import Database
from engine.library.photos import absolute
from tests.photo_factory import scene, write_photo

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
SIZE = (320, 240)
RUN_S = 300


class BrokenRuleError(AssertionError):
    """A photo, a caption or the library's soundness was lost."""


@dataclass
class Arena:
    """Everything lies in ``place``. ``told`` are captions of which a command said that they are kept."""

    place: Path
    source: random.Random
    files: list[Path] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    made: int = 0

    @property
    def folder(self) -> Path:
        """The photos."""
        return self.place / "photos"

    @property
    def paths(self) -> LibraryPaths:
        """The library."""
        return LibraryPaths(self.place / "library")

    def command(self, *words: str | Path) -> list[str]:
        """The command line of ``balloon WORDS`` on this library."""
        return [sys.executable, "-m", "engine.cli", *map(str, words), "--library", str(self.paths.root), "--quiet"]

    def start(self, command: list[str]) -> subprocess.Popen[bytes]:
        """Start a program whose output nobody reads."""
        with (self.place / "log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=self.environment(), stdout=log, stderr=log)

    def environment(self) -> dict[str, str]:
        """Of a person who has nothing but this arena."""
        homes = {name: str(self.place / "home") for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
        fixed = {"PYTHONPATH": str(ROOT), "ORT_DISABLE_TELEMETRY": "1", "QT_QPA_PLATFORM": "offscreen"}
        return os.environ | homes | fixed

    def run(self, *words: str | Path) -> None:
        """Run ``balloon WORDS`` to its end, which must be a good one."""
        code = self.start(self.command(*words)).wait(RUN_S)
        if code:
            log = (self.place / "log").read_text("utf-8", "replace")[-2000:]
            raise BrokenRuleError(f"balloon {words[0]} ended with {code}: {log}")

    # Photos and captions

    def add(self, count: int) -> list[Path]:
        """Write new photos, each unlike all others."""
        fresh = []
        for _ in range(count):
            self.made += 1
            folder = self.folder / f"{self.source.randrange(4)}"
            fresh.append(write_photo(folder / f"{self.made}.jpg", scene(SIZE, seed=self.made)))
        self.files += fresh
        return fresh

    def stir(self) -> None:
        """New photos, two edited and two moved: something to do for the next run."""
        self.add(8)
        for place in self.source.sample(range(len(self.files)), 4):
            if place % 2:
                self.made += 1
                write_photo(self.files[place], scene(SIZE, seed=self.made))
            else:
                self.made += 1
                self.files[place] = self.files[place].rename(self.folder / f"moved {self.made}.jpg")

    def captions_file(self, count: int) -> tuple[Path, set[str]]:
        """A file with ``count`` captions for photos that are there, and the captions."""
        texts = {f"{self.source.choice(self.files)}": f"caption {self.made}-{number}" for number in range(count)}
        self.made += 1
        file = self.place / f"captions-{self.made}.csv"
        file.write_text("file,caption\n" + "".join(f"{path},{text}\n" for path, text in texts.items()), "utf-8")
        return file, set(texts.values())

    # Rules

    def verify(self, *, mend: bool = False) -> None:
        """What holds after every kill; with ``mend`` damage that was there before it may be repaired first."""
        database = Database.open_writer(self.paths)
        try:
            thumbnails = ThumbnailStore(self.paths.thumbnails)
            if mend:
                check(database, thumbnails, repair=True)
            report = check(database, thumbnails, repair=False)
            if not report.sound:
                raise BrokenRuleError(f"check finds {[finding for finding in report.findings if not finding.sound]}")
            kept = {text for (text,) in database.rows("SELECT text FROM caption")}
            if self.told - kept:
                raise BrokenRuleError(f"captions are lost: {sorted(self.told - kept)[:3]}")
        finally:
            database.close()

    def complete(self) -> None:
        """A rerun completes: every file is there once, searchable, with its thumbnail, and no issue is left."""
        self.run("index", self.folder)
        self.verify()
        database = Database.open_writer(self.paths)
        try:
            self._compare(database)
        finally:
            database.close()

    def _compare(self, database: Database) -> None:
        known = Counter(path for path, _ in _present(database))
        wrong = set(self.files) ^ set(known) | {path for path, count in known.items() if count > 1}
        issues = database.rows("SELECT path, reason, detail FROM issue")
        thumbnails = ThumbnailStore(self.paths.thumbnails)
        dark = [path for path, digest in _present(database) if not thumbnails.is_whole(digest)]
        if wrong or issues or dark:
            raise BrokenRuleError(
                f"differs from disk: {sorted(wrong)[:3]}, issues {issues[:3]}, no thumbnail {dark[:3]}"
            )


def _present(database: Database) -> Iterator[tuple[Path, bytes]]:
    rows = database.rows(
        """
        SELECT folder.path, photo.path, content.digest FROM photo
          JOIN folder ON folder.id = photo.folder JOIN content ON content.id = photo.content
          JOIN embedding ON embedding.content = content.id
         WHERE photo.missing_since IS NULL
        """
    )
    for root, path, digest in rows:
        yield absolute(root, path), digest
