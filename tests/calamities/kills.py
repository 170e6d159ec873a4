"""``make kills``: kill -9 of every process of Balloon at random moments of everything that writes.

After each kill the library passes ``check`` and holds every caption that a command had acknowledged; now and then, and
at the end, a rerun completes and every photo is there once.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import apsw

from tests.calamities.arena import Arena, BrokenRuleError
from tests.engine_process import EngineProcess, descendants_of, wait_until_ended
from tests.library.older import make_older

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMPLETE_EVERY = 10
FIRST_SPAN_S = 4.0
EARLIEST = 0.3
"""The first part of a command's time, in which it only starts up, is left alone."""


@dataclass
class Tally:
    """How often each kind of kill was tried, and what was lost."""

    tried: Counter[str] = field(default_factory=Counter)
    too_late: int = 0
    lost: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[tuple[str, str]]:
        """Give the table, row by row."""
        for kind, count in self.tried.items():
            yield f"killed: {kind}", f"{count}"
        yield "killed, together", f"{self.tried.total()}"
        yield "survived", f"{self.tried.total() - len(self.lost)}"
        yield "lost", f"{len(self.lost)}"
        yield "ended before its kill (not counted)", f"{self.too_late}"


class Killer:
    """Kills in one arena. Every kill gives True when it struck, False when the work was done before it."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._source = arena.source
        self._spans: dict[str, float] = {}
        self.kinds: dict[str, Callable[[], bool]] = {
            "engine while indexing": self._engine,
            "index command": self._index,
            "decode worker": self._worker,
            "caption import": self._import,
            "migration": self._migration,
            "repair": self._repair,
            "desktop": self._desktop,
        }

    def strike(self, kind: str) -> bool:
        """Do one kill of this kind, then look whether all rules hold."""
        struck = self.kinds[kind]()
        self._arena.verify(mend=kind == "repair")
        return struck

    def _index(self) -> bool:
        self._arena.stir()
        return self._killed("index", self._arena.command("index", self._arena.folder))

    def _worker(self) -> bool:
        self._arena.stir()
        process = self._arena.start(self._arena.command("index", self._arena.folder))
        workers = self._workers_of(process)
        time.sleep(self._source.uniform(0.0, 0.2))
        victim = self._source.choice(workers) if workers else None
        struck = victim is not None and _kill(victim)
        if process.wait(300):
            raise BrokenRuleError(f"indexing ended with {process.returncode} when a worker was killed")
        return struck

    def _workers_of(self, process: subprocess.Popen[bytes]) -> list[int]:
        while process.poll() is None:
            workers = [pid for pid in descendants_of(process.pid) if b"spawn_main" in _command_of(pid)]
            if workers:
                return workers
            time.sleep(0.02)
        return []

    def _engine(self) -> bool:
        self._arena.stir()
        with EngineProcess(self._arena.paths.root, log=self._arena.place / "engine.log") as engine:
            engine.hello()
            engine.result("folders.add", {"path": str(self._arena.folder)})
            below = engine.descendants()
            time.sleep(self._source.uniform(0.0, 1.5))
            below += engine.descendants()
            engine.kill()
            _expect_ended(below)
        return True

    def _import(self) -> bool:
        file, texts = self._arena.captions_file(200)
        command = self._arena.command("caption", "import", file)
        if self._killed("import", command):
            return True
        self._arena.told |= texts
        return False

    def _migration(self) -> bool:
        with contextlib.closing(apsw.Connection(str(self._arena.paths.database))) as connection:
            make_older(connection, self._source.choice((1, 2, 3)))
        return self._killed("migration", self._arena.command("index", self._arena.folder), latest=0.6)

    def _repair(self) -> bool:
        with contextlib.closing(apsw.Connection(str(self._arena.paths.database))) as connection:
            connection.execute("UPDATE text_index SET name = 'wrong' WHERE rowid % 2")
            connection.execute("UPDATE embedding SET vector = zeroblob(length(vector)) WHERE id % 5 = 0")
        return self._killed("repair", self._arena.command("check", "--repair"))

    def _desktop(self) -> bool:
        self._arena.stir()
        command = [sys.executable, "-m", "desktop", "--library", str(self._arena.paths.root)]
        return self._killed("desktop", command, latest=1.5)

    def _killed(self, kind: str, command: list[str], *, latest: float = 1.0) -> bool:
        """Start, wait for a random part of the time it usually takes, and kill; False when it was done before."""
        span = self._spans.get(kind, FIRST_SPAN_S)
        started = time.monotonic()
        process = self._arena.start(command)
        try:
            process.wait(span * self._source.uniform(EARLIEST * latest, latest))
        except subprocess.TimeoutExpired:
            below = descendants_of(process.pid)
            process.kill()
            process.wait(30)
            _expect_ended(below)
            return True
        self._spans[kind] = time.monotonic() - started
        if process.returncode not in {0, 1}:
            raise BrokenRuleError(f"{command[2:5]} ended with {process.returncode} without being killed")
        return False


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _expect_ended(pids: list[int]) -> None:
    left = wait_until_ended(pids)
    if left:
        raise BrokenRuleError(f"processes are left over: {[_command_of(pid) for pid in left]}")


def kill_often(place: Path, count: int, seed: int, *, kinds: tuple[str, ...] = ()) -> Tally:
    """Strike until ``count`` kills have struck, the kinds in turn."""
    arena = Arena(place, random.Random(seed))
    killer, tally = Killer(arena), Tally()
    arena.add(12)
    arena.complete()
    first, texts = arena.captions_file(40)
    arena.run("caption", "import", first)
    arena.told |= texts
    turns = kinds or tuple(killer.kinds)
    turn = 0
    while tally.tried.total() < count:
        kind = turns[turn % len(turns)]
        turn += 1
        try:
            struck = killer.strike(kind)
            tally.tried[kind] += struck
            tally.too_late += not struck
            if struck and tally.tried.total() % COMPLETE_EVERY == 0:
                arena.complete()
        except BrokenRuleError as error:
            tally.tried[kind] += 1
            tally.lost.append(f"{kind}, kill {tally.tried.total()}: {error}")
    try:
        arena.complete()
    except BrokenRuleError as error:
        tally.lost.append(f"at the end: {error}")
    return tally


def main() -> int:
    """Run, print the table; 1 when anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        tally = kill_often(Path(place), options.count, options.seed)
    sys.stdout.writelines(f"{label:<40}{value:>6}\n" for label, value in tally.rows())
    sys.stdout.writelines(f"  {line}\n" for line in tally.lost)
    return int(bool(tally.lost))


if __name__ == "__main__":
    sys.exit(main())
