"""Reading files to learn their digests, on a few threads: what tells a new photo from a moved or copied one."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import PhotoError
from engine.protocol import IssueReason

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from engine.library.photos import PendingPhoto

DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class DigestRead:
    """A photo's digest, or why there is none; ``digest`` None without an ``error`` means the file is still changing."""

    photo: PendingPhoto
    digest: bytes | None
    error: PhotoError | None = None


def read_digest(path: Path, byte_size: int) -> bytes | None:
    """BLAKE2b-256 of the file; None when its size is no longer ``byte_size``; raises ``PhotoError``."""
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=DIGEST_BYTES)).digest()
            size = os.fstat(stream.fileno()).st_size
    except FileNotFoundError as error:
        raise PhotoError(IssueReason.VANISHED, "the file is gone") from error
    except OSError as error:
        raise PhotoError(IssueReason.UNREADABLE, error.strerror or str(error)) from error
    if size == 0:
        raise PhotoError(IssueReason.EMPTY, "the file holds no bytes")
    return digest if size == byte_size else None


class DigestReader:
    """Threads that read digests and hand each ``DigestRead`` to ``deliver``, called on those threads."""

    def __init__(self, threads: int, deliver: Callable[[DigestRead], None]) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="digest")
        self._deliver = deliver

    def __enter__(self) -> DigestReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def submit(self, photo: PendingPhoto) -> None:
        """Read ``photo`` soon."""
        self._pool.submit(self._read, photo)

    def _read(self, photo: PendingPhoto) -> None:
        try:
            self._deliver(DigestRead(photo, read_digest(photo.absolute, photo.byte_size)))
        except PhotoError as error:
            self._deliver(DigestRead(photo, None, error))
