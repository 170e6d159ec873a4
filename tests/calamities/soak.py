"""``make soak``: a real engine on many small photos that come, move and go while someone searches, for a long time.

Memory must stay flat, no descriptor, thread or process may be left over, and in the end the library holds exactly what
lies on disk.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from engine.config import LibraryPaths
from engine.imaging.thumbnails import ThumbnailStore
from engine.indexing.check import check
from engine.library.database import Database
from engine.library.photos import absolute
from engine.protocol.methods import SearchRequest
from tests.engine_process import EngineProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = ("a red balloon", "海上的气球", "green -blue", "people on a beach", "雪山", "name:1", "a cat in 2024", "sunset")
PER_FOLDER = 100
SAMPLE_EVERY_S = 2.0
SETTLED_S = 1.0
PATIENCE_S = 3600.0
MEMORY_SLACK = 48 * 1024 * 1024


@dataclass(frozen=True)
class Use:
    """What a process holds at one moment: bytes of memory, open descriptors, threads, and processes below it."""

    memory: int
    descriptors: int
    threads: int
    processes: int

    @classmethod
    def of(cls, engine: EngineProcess) -> Use:
        """Ask the system."""
        place = Path(f"/proc/{engine.process.pid}")
        facts = dict(line.split(":", 1) for line in (place / "status").read_text("ascii").splitlines())
        return cls(
            int(facts["VmRSS"].split()[0]) * 1024,
            len(os.listdir(place / "fd")),
            int(facts["Threads"]),
            len(engine.descendants()),
        )


@dataclass
class Outcome:
    """What a soak came to. ``waits_ms`` are searches, asked one at a time while photos come and go."""

    photos: int = 0
    changes: dict[str, int] = field(default_factory=dict)
    waits_ms: list[float] = field(default_factory=list)
    samples: list[Use] = field(default_factory=list)
    before: Use | None = None
    after: Use | None = None
    lost: int = 0
    doubled: int = 0
    is_sound: bool = False

    @property
    def growth(self) -> int:
        """Bytes of memory that the last quarter of the time uses more than the second: the first one warms up."""
        quarter = max(1, len(self.samples) // 4)
        memory = [sample.memory for sample in self.samples]
        return int(median(memory[-quarter:]) - median(memory[quarter : 2 * quarter] or memory))

    def leaks(self) -> list[str]:
        """What there is more of at rest afterwards than at rest before."""
        assert self.before is not None
        assert self.after is not None
        kinds = ("descriptors", "threads", "processes")
        more = [kind for kind in kinds if getattr(self.after, kind) > getattr(self.before, kind)]
        return more + ["memory"] * (self.growth > MEMORY_SLACK)

    def rows(self) -> Iterator[tuple[str, str]]:
        """Give the table, row by row."""
        assert self.before is not None
        assert self.after is not None
        yield "photos at the end", f"{self.photos}"
        yield "changes", ", ".join(f"{count} {kind}" for kind, count in sorted(self.changes.items()))
        yield "searches", f"{len(self.waits_ms)}"
        yield "search p50 / p95 / slowest", f"{_percentiles(self.waits_ms)} ms"
        yield "memory before / after / most", " / ".join(f"{use / 1e6:.0f}" for use in self._memories()) + " MB"
        yield "memory, last against second quarter", f"{self.growth / 1e6:+.1f} MB"
        for kind in ("descriptors", "threads", "processes"):
            yield f"{kind} at rest, before / after", f"{getattr(self.before, kind)} / {getattr(self.after, kind)}"
        yield "lost / doubled photos", f"{self.lost} / {self.doubled}"
        yield "check", "sound" if self.is_sound else "NOT SOUND"
        yield "leaks", ", ".join(self.leaks()) or "none"

    def _memories(self) -> tuple[int, int, int]:
        assert self.before is not None
        assert self.after is not None
        return self.before.memory, self.after.memory, max(sample.memory for sample in self.samples)

    @property
    def is_fine(self) -> bool:
        """Whether nothing leaked and nothing was lost."""
        return not self.leaks() and not self.lost and not self.doubled and self.is_sound


def _percentiles(waits: list[float]) -> str:
    p95 = quantiles(waits, n=20)[-1] if len(waits) > 1 else max(waits)
    return f"{median(waits):.0f} / {p95:.0f} / {max(waits):.0f}"


class Disk:
    """The folder of photos, and somebody who works in it."""

    def __init__(self, root: Path, source: random.Random) -> None:
        self.root = root
        self.files: list[Path] = []
        self._source = source
        self._made = 0

    def add(self, count: int) -> None:
        """Write new photos, each unlike all others."""
        for _ in range(count):
            folder = self.root / f"{self._made // PER_FOLDER:04d}"
            folder.mkdir(parents=True, exist_ok=True)
            numbers = np.random.default_rng(self._made)
            rough = Image.fromarray(numbers.integers(0, 256, (3, 4, 3), dtype=np.uint8))
            path = folder / f"{self._made}.jpg"
            rough.resize((64, 48), Image.Resampling.BILINEAR).save(path, quality=80)
            self.files.append(path)
            self._made += 1

    def change(self) -> str:
        """Do one thing at random; its name."""
        does = {"added": self._add, "moved": self._move, "deleted": self._delete, "edited": self._edit}
        kind = self._source.choice([*does, "moved"])
        does[kind]()
        return kind

    def _add(self) -> None:
        self.add(self._source.randint(1, 10))

    def _move(self) -> None:
        for place in self._some():
            path = self.files[place]
            target = self.root / f"moved {self._source.randrange(50)}" / f"{self._source.getrandbits(40):x}.jpg"
            target.parent.mkdir(exist_ok=True)
            self.files[place] = path.rename(target)

    def _delete(self) -> None:
        for place in sorted(self._some(), reverse=True):
            self.files.pop(place).unlink()

    def _edit(self) -> None:
        for place in self._some():
            with Image.open(self.files[place]) as picture:
                turned = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            turned.save(self.files[place], quality=80)

    def _some(self) -> list[int]:
        count = min(len(self.files) // 2, self._source.randint(1, 10))
        return self._source.sample(range(len(self.files)), count)


def soak(place: Path, photos: int, seconds: float, seed: int, *, pause_s: float = 0.25) -> Outcome:
    """Index ``photos`` new photos in ``place``, then change and search for ``seconds``."""
    source = random.Random(seed)
    disk, outcome = Disk(place / "photos", source), Outcome()
    disk.add(photos)
    library = place / "library"
    with EngineProcess(library, log=place / "engine.log") as engine:
        engine.hello()
        engine.result("folders.add", {"path": str(disk.root)})
        _wait_until_settled(engine, disk)
        _search(engine, source)
        outcome.before = _at_rest(engine)
        _keep_busy(engine, disk, source, outcome, (seconds, pause_s))
        _wait_until_settled(engine, disk)
        outcome.after = _at_rest(engine)
    _judge(outcome, disk, LibraryPaths(library))
    return outcome


def _keep_busy(
    engine: EngineProcess, disk: Disk, source: random.Random, outcome: Outcome, times: tuple[float, float]
) -> None:
    seconds, pause_s = times
    end = time.monotonic() + seconds
    sample_due = 0.0
    while (moment := time.monotonic()) < end:
        kind = disk.change()
        outcome.changes[kind] = outcome.changes.get(kind, 0) + 1
        outcome.waits_ms.append(_search(engine, source))
        if moment >= sample_due:
            outcome.samples.append(Use.of(engine))
            sample_due = moment + SAMPLE_EVERY_S
        engine.listen_for(pause_s)
        engine.heard.clear()


def _search(engine: EngineProcess, source: random.Random) -> float:
    started = time.perf_counter()
    engine.result("search", SearchRequest(source.choice(WORDS), limit=50), patience_s=120)
    return (time.perf_counter() - started) * 1000


def _wait_until_settled(engine: EngineProcess, disk: Disk) -> None:
    """Until the engine, asked to look at everything, knows every photo that lies there."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        (folder,) = engine.result("folders.list")["folders"]
        if (folder["photos"], folder["indexed"]) == (len(disk.files), len(disk.files)):
            return
        engine.listen_for(1.0)
        engine.heard.clear()
    raise AssertionError(f"the engine does not come to rest: {folder}, {len(disk.files)} photos on disk")


def _at_rest(engine: EngineProcess) -> Use:
    """What it holds when its workers have ended; Python's own resource tracker stays."""
    deadline = time.monotonic() + 60
    engine.listen_for(SETTLED_S)
    while (use := Use.of(engine)).processes > 1 and time.monotonic() < deadline:
        engine.listen_for(SETTLED_S)
    return use


def _judge(outcome: Outcome, disk: Disk, paths: LibraryPaths) -> None:
    database = Database.open_writer(paths)
    rows = database.rows(
        """
        SELECT folder.path, photo.path FROM photo JOIN folder ON folder.id = photo.folder
          JOIN embedding ON embedding.content = photo.content WHERE photo.missing_since IS NULL
        """
    )
    outcome.is_sound = check(database, ThumbnailStore(paths.thumbnails), repair=False).sound
    database.close()
    known = [absolute(root, path) for root, path in rows]
    outcome.photos = len(disk.files)
    outcome.lost = len(set(disk.files) - set(known))
    outcome.doubled = len(known) - len(set(known)) + len(set(known) - set(disk.files))


def main() -> int:
    """Run, print the table; 1 when anything leaked or was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=20_000)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        outcome = soak(Path(place), options.photos, options.minutes * 60, options.seed)
    sys.stdout.writelines(f"{label:<38}{value}\n" for label, value in outcome.rows())
    return int(not outcome.is_fine)


if __name__ == "__main__":
    sys.exit(main())
