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

    from engine.cluster.stages import Result
    from engine.indexing.pipeline import Tally
    from engine.indexing.store import Store
    from engine.library.distributed import DistributedWork, PendingFile


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

    def take(self, found: Iterable[Result]) -> None:
        """Store a batch of results; those nobody waits for (any more) are passed over."""
        kept = [(self._given.pop(result.photo), result) for result in found if result.photo in self._given]
        self._tally.done += len(kept)
        self.troubles += [result.trouble for _, result in kept if result.trouble]
        read = [(file, result) for file, result in kept if result.digest and file.digest in {None, result.digest}]
        contents = self._settle(kept)
        stored = self._work.with_vector(list(contents.values()))
        batch: list[tuple[PendingContent, Decoded]] = []
        vectors: list[bytes] = []
        failures: list[tuple[PendingContent, Failed]] = []
        for file, result in read:
            content = contents.pop(result.digest, None)  # of copies in one batch the first is enough
            if content is None or content in stored:
                continue
            pending = PendingContent(
                content, result.digest, file.folder, file.path, file.absolute, file.byte_size, file.mtime_ns
            )
            if isinstance(result.answer, Failed):
                failures.append((pending, result.answer))
            elif result.answer is not None:
                batch.append((pending, result.answer))
                vectors.append(result.vector)
        self._store_all(batch, vectors, failures)

    def _settle(self, kept: list[tuple[PendingFile, Result]]) -> dict[bytes, ContentId]:
        """Give photos their contents, or record why they have none; contents by digest, those known before too."""
        reads: list[DigestRead] = []
        for file, result in kept:
            pending = PendingPhoto(file.photo, file.folder, file.path, file.absolute, file.byte_size)
            if isinstance(result.answer, Failed) and not result.digest:
                reads.append(DigestRead(pending, None, PhotoError(result.answer.reason, result.answer.detail)))
            elif result.digest and file.digest is None:
                reads.append(DigestRead(pending, result.digest))
        if reads:
            self._tally.issues += self._store.settle_digests(reads, are_more_coming=True).issues
        return self._store.contents_of(list({result.digest for _, result in kept if result.digest}))

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
