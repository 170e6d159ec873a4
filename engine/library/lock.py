"""The writer lock: a file held for life by the one process that may write; it falls when that process dies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import KnownError
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from engine.config import LibraryPaths


class WriterLock:
    """Held from construction until ``release``; raises ``KnownError`` (LIBRARY_BUSY) when another process holds it."""

    def __init__(self, paths: LibraryPaths) -> None:
        from filelock import FileLock, Timeout

        try:
            paths.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = FileLock(paths.lock, timeout=0, mode=0o600)
            self._lock.acquire()
        except Timeout as error:
            raise KnownError(
                ErrorKind.LIBRARY_BUSY,
                "Balloon is already indexing this library in another window or terminal. Searching works meanwhile.",
            ) from error
        except OSError as error:
            raise KnownError(
                ErrorKind.LIBRARY_READ_ONLY,
                f"The library's folder {paths.root} may not be written. Check its permissions or use --library.",
            ) from error

    def release(self) -> None:
        """Let another process write."""
        self._lock.release()


def is_held(paths: LibraryPaths) -> bool:
    """Whether some process is writing now."""
    if not paths.lock.exists():
        return False
    try:
        WriterLock(paths).release()
    except KnownError as error:
        return error.kind is ErrorKind.LIBRARY_BUSY
    return False
