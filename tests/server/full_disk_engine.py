"""The engine process on a disk that is full while the file DISK_IS_FULL lies in the library's folder."""

from __future__ import annotations

import sys

from engine.__main__ import main
from engine.api import Engine

MARK = "DISK_IS_FULL"


class FullDiskEngine(Engine):
    """Its writing siblings find no room for another page."""

    def sibling(self, *, write: bool) -> Engine:
        sibling = super().sibling(write=write)
        if write and (self.paths.root / MARK).exists():
            database = sibling._parts.database
            database.value(f"PRAGMA max_page_count = {database.value('PRAGMA page_count')}")
        return sibling


if __name__ == "__main__":
    import engine.api

    engine.api.Engine = FullDiskEngine  # type: ignore[misc]
    sys.exit(main())
