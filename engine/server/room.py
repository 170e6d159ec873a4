"""Is there room on the library's disk again, after it was full?"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

ROOM_LOOK_EVERY_S: Final = 5.0
ENOUGH_BYTES: Final = 32 * 1024 * 1024


class Room:
    """How much was free when the disk was full: going on is worth a try once there is clearly more.

    A disk that seems to have room and yet takes nothing more (a quota) is left alone until it has more than before.
    """

    def __init__(self, library: Path) -> None:
        self._library = library
        self._was = self._free()

    def has_come(self) -> bool:
        """Whether it is worth a try."""
        return self._free() >= self._was + ENOUGH_BYTES

    def _free(self) -> int:
        try:
            return shutil.disk_usage(self._library).free
        except OSError:
            return 0
