"""A write-ahead log cut short, as a power cut leaves it: the library opens and keeps whole transactions only."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

from engine.config import LibraryPaths
from engine.library.database import Database
from engine.library.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

TRANSACTIONS = 40
CUTS = 30
WAL_HEADER = 32
FRAME_HEADER = 24


def write_and_copy(folder: Path) -> tuple[bytes, bytes, int]:
    """The database file and its log while the writer is still open, and the page size."""
    paths = LibraryPaths(folder)
    Database.open_writer(paths).close()
    database = Database.open_writer(paths)
    for number in range(TRANSACTIONS):
        with database.transaction():
            Settings(database).set(f"cut-{number:03}", "a" * 5_000)
            Settings(database).set(f"cut-{number:03}-pair", "b" * 5_000)
    log = paths.database.with_name(paths.database.name + "-wal").read_bytes()
    size = int(database.value("PRAGMA page_size"))
    content = paths.database.read_bytes()
    database.close()
    return content, log, size


def whole_commits(log: bytes, page_size: int) -> int:
    """Commit frames that are there in full: a frame whose second big-endian word (the new size) is not zero."""
    step = FRAME_HEADER + page_size
    starts = range(WAL_HEADER, len(log) - step + 1, step)
    return sum(log[start + 4 : start + 8] != bytes(4) for start in starts)


def test_log_cut_at_any_byte_keeps_exactly_the_transactions_before_the_cut(tmp_path: Path) -> None:
    content, log, page_size = write_and_copy(tmp_path / "written")
    assert whole_commits(log, page_size) == TRANSACTIONS
    chosen = random.Random(20261123)
    for cut in (0, len(log), *(chosen.randrange(len(log)) for _ in range(CUTS))):
        paths = LibraryPaths(tmp_path / "cut")
        paths.root.mkdir(mode=0o700)
        paths.database.write_bytes(content)
        paths.database.with_name(paths.database.name + "-wal").write_bytes(log[:cut])
        database = Database.open_writer(paths)
        kept = [key for (key,) in database.rows("SELECT key FROM setting WHERE key LIKE 'cut-%' ORDER BY key")]
        expected = range(whole_commits(log[:cut], page_size))
        assert kept == [key for n in expected for key in (f"cut-{n:03}", f"cut-{n:03}-pair")], cut
        assert database.value("PRAGMA integrity_check") == "ok", cut
        database.close()
        shutil.rmtree(paths.root)
