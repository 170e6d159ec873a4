"""Storing what the cluster sends back: one transaction a step, and what the library has already is passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.errors import PhotoError
from engine.imaging.jobs import Decoded, Failed
from engine.indexing.digests import DigestRead
from engine.library.contents import PendingContent
from engine.library.photos import ContentId, PendingPhoto

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.indexing.pipeline import Tally
    from engine.indexing.store import Store
    from engine.library.distributed import DistributedWork, PendingFile

Result = "tuple[int, bytes, str, Decoded | Failed | None, bytes]"


class Committer:
    """Takes results into the library, on the writer connection's thread. A result that comes twice is stored once."""

    def __init__(self, store: Store, work: DistributedWork, tally: Tally, dim: int) -> None:
        self._store = store
        self._work = work
        self._tally = tally
        self._dim = dim
        self._given: dict[int, PendingFile] = {}
        self.troubles: list[str] = []

    def expect(self, files: Iterable[PendingFile]) -> None:
        """These files are on their way through the cluster."""
        self._given.update((file.photo, file) for file in files)

    def take(self, found: Iterable[tuple[int, bytes, str, Decoded | Failed | None, bytes]]) -> None:
        """Store a batch of results; those nobody waits for (any more) are passed over."""
        batch: list[tuple[PendingContent, Decoded]] = []
        vectors: list[bytes] = []
        failures: list[tuple[PendingContent, Failed]] = []
        for photo, digest, trouble, answer, vector in found:
            file = self._given.pop(photo, None)
            if file is None:
                continue
            self._tally.done += 1
            if trouble:
                self.troubles.append(trouble)
            elif isinstance(answer, Failed) and not digest:
                self._settle(file, None, answer)
            elif answer is not None and digest:
                content = self._content(file, digest)
                if content is None:
                    continue
                if isinstance(answer, Failed):
                    failures.append((content, answer))
                else:
                    batch.append((content, answer))
                    vectors.append(vector)
        self._store_all(batch, vectors, failures)

    def _store_all(
        self,
        batch: list[tuple[PendingContent, Decoded]],
        vectors: list[bytes],
        failures: list[tuple[PendingContent, Failed]],
    ) -> None:
        if failures:
            self._store.record_failures(failures)
            self._tally.issues += len(failures)
        if batch:
            table = np.frombuffer(b"".join(vectors), dtype="<f4").reshape(len(batch), self._dim)
            unusable = self._store.store_batch(batch, table)
            self._tally.decoded += len(batch)
            self._tally.embedded += len(batch) - unusable
            self._tally.issues += unusable

    def _content(self, file: PendingFile, digest: bytes) -> PendingContent | None:
        """The content that the file holds, None where it has its vector (a copy, or work that came twice)."""
        if file.digest is not None and file.digest != digest:
            return None  # changed since it was listed: the next scan reads it anew
        content = self._settle(file, digest, None) if file.digest is None else self._store.content_of(digest)
        if content is None or self._work.has_vector(content):
            return None
        return PendingContent(
            ContentId(content), digest, file.folder, file.path, file.absolute, file.byte_size, file.mtime_ns
        )

    def _settle(self, file: PendingFile, digest: bytes | None, failed: Failed | None) -> int | None:
        pending = PendingPhoto(file.photo, file.folder, file.path, file.absolute, file.byte_size)
        error = None if failed is None else PhotoError(failed.reason, failed.detail)
        outcome = self._store.settle_digests([DigestRead(pending, digest, error)])
        self._tally.issues += outcome.issues
        return outcome.contents[0] if outcome.contents else None
