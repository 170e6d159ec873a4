"""``make fuzz``: give malformed pictures to the real decode pool and count what becomes of them."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from engine.config import LibraryPaths
from engine.imaging.formats import PHOTO_SUFFIXES
from engine.imaging.pool import Decoded, DecodeJob, DecodePool
from engine.imaging.preprocess import InputSpec
from engine.imaging.thumbnails import ThumbnailStore
from engine.indexing.check import check
from engine.indexing.indexer import Indexer
from engine.indexing.pipeline import DecodeOptions
from engine.library.database import Database
from engine.library.folders import Folders
from engine.library.issues import Issues
from engine.protocol import IssueReason
from tests.fakes import FakeEncoder
from tests.hostile.mutations import malformed_pictures, sound_pictures

if TYPE_CHECKING:
    from collections.abc import Iterator

SPEC = InputSpec(size=64)
DEADLINE_S = 30.0
_DIED = "the decoder"


@dataclass(slots=True)
class Tally:
    """What became of the pictures. ``surprises`` are (name, detail) of those that no decoder border had foreseen."""

    tried: int = 0
    decoded: int = 0
    refused: Counter[IssueReason] = field(default_factory=Counter)
    crashed: list[tuple[str, str]] = field(default_factory=list)
    late: list[tuple[str, str]] = field(default_factory=list)
    over_memory: list[tuple[str, str]] = field(default_factory=list)
    surprises: list[tuple[str, str]] = field(default_factory=list)
    escaped: int = 0

    def rows(self) -> Iterator[tuple[str, int]]:
        """Give the table, row by row."""
        yield "tried", self.tried
        yield "decoded", self.decoded
        for reason, count in sorted(self.refused.items()):
            yield f"refused: {reason}", count
        yield "over memory", len(self.over_memory)
        yield "over deadline", len(self.late)
        yield "worker crashed", len(self.crashed)
        yield "unforeseen error, caught", len(self.surprises)
        yield "escaped", self.escaped


def fuzz(folder: Path, count: int, seed: int, *, workers: int = 2) -> Tally:
    """Decode ``count`` malformed pictures; ``escaped`` counts those without exactly one answer of their own."""
    tally = Tally()
    answered: Counter[int] = Counter()
    names: list[str] = []
    sound = sound_pictures(folder / "sound")

    def jobs() -> Iterator[DecodeJob]:
        for name, data in malformed_pictures(count, seed, sound):
            path = folder / name
            path.write_bytes(data)
            names.append(name)
            yield DecodeJob(len(names) - 1, path, (SPEC,))

    with DecodePool(workers, deadline_s=DEADLINE_S) as pool:
        for result in pool.run(jobs()):
            answered[result.key] += 1
            name = names[result.key]
            _count(
                tally, name, result.reason if not isinstance(result, Decoded) else None, getattr(result, "detail", "")
            )
    tally.tried = len(names)
    tally.escaped = sum(answered[key] != 1 for key in range(count))
    return tally


def index_all(place: Path, pictures: Path) -> tuple[int, int, int]:
    """Index a folder of them: how many became searchable, how many issues with a reason, how many neither."""
    paths = LibraryPaths(place / "library")
    database = Database.open_writer(paths)
    encoder, thumbnails = FakeEncoder(), ThumbnailStore(paths.thumbnails)
    with database.transaction():
        folder = Folders(database).add(pictures)
    Indexer(database, encoder, thumbnails, DecodeOptions(workers=2, deadline_s=DEADLINE_S)).run(
        [folder], lambda _: None
    )
    files = {path.name for path in pictures.iterdir() if path.suffix.lower() in PHOTO_SUFFIXES}
    found = database.rows("SELECT name FROM photo JOIN embedding ON embedding.content = photo.content")
    searchable = {name for (name,) in found}
    issues = {row.path.to_path().name for row in Issues(database).all() if row.reason}
    is_sound = check(database, thumbnails, repair=False).sound
    database.close()
    return len(files & searchable), len(files & issues), len(files - searchable - issues) + (not is_sound)


def _count(tally: Tally, name: str, reason: IssueReason | None, detail: str) -> None:
    if reason is None:
        tally.decoded += 1
    elif reason is IssueReason.TIMEOUT:
        tally.late.append((name, detail))
    elif reason is IssueReason.MEMORY:
        tally.over_memory.append((name, detail))
    elif reason is IssueReason.CRASHED:
        (tally.crashed if detail.startswith(_DIED) else tally.surprises).append((name, detail))
    else:
        tally.refused[reason] += 1


def main() -> int:
    """Run, print the table and the names of what deserves a look; 1 when anything escaped or was not foreseen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as place:
        tally = fuzz(Path(folder), options.count, options.seed)
        searchable, issues, neither = index_all(Path(place), Path(folder))
    sys.stdout.writelines(f"{label:<28}{value:>8}\n" for label, value in tally.rows())
    sys.stdout.write(f"indexed: {searchable} searchable, {issues} issues with a reason, {neither} neither\n")
    for name, detail in (*tally.crashed, *tally.late, *tally.over_memory, *tally.surprises):
        sys.stdout.write(f"  {name}: {detail}\n")
    return int(tally.escaped > 0 or bool(tally.surprises) or neither > 0)


if __name__ == "__main__":
    sys.exit(main())
