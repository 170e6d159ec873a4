"""What the pipeline reads from and writes to the library, each write one transaction."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import KnownError
from engine.library.captions import Caption, Captions
from engine.library.contents import ContentFacts, Contents, PendingContent
from engine.library.edits import Edits
from engine.library.embeddings import Embeddings, usable
from engine.library.issues import Issues
from engine.library.photos import PATH_REASONS, PendingPhoto, Photos
from engine.library.twins import Twins
from engine.protocol import ErrorKind, IssueReason

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engine.imaging.jobs import Decoded, Failed
    from engine.imaging.metadata import PhotoFacts
    from engine.imaging.thumbnails import ThumbnailStore
    from engine.indexing.digests import DigestRead
    from engine.library.connection import Connection
    from engine.models.package import ModelCard


@dataclass(frozen=True, slots=True)
class DigestOutcome:
    """What settling a batch of digests came to. ``finished`` photos need nothing more, or cannot be used."""

    contents: tuple[int, ...]
    left_for_later: frozenset[int]
    issues: int
    finished: int


class Store:
    """The pipeline's view of the library, under one model."""

    def __init__(self, database: Connection, card: ModelCard, thumbnails: ThumbnailStore) -> None:
        self._database = database
        self._thumbnails = thumbnails
        self._photos = Photos(database)
        self._contents = Contents(database)
        self._issues = Issues(database)
        self._captions = Captions(database)
        self._edits = Edits(database)
        self._twins = Twins(database)
        with database.transaction():
            self._embeddings = Embeddings.of_model(database, card.key, card.fingerprint, card.dim)

    @property
    def model(self) -> int:
        """The model's id in this library."""
        return self._embeddings.model

    def count_pending(self) -> int:
        """Photos and contents that still need work."""
        unread = self._photos.count_unread()
        return unread + self._contents.count_without_embedding(self._embeddings.model)

    def pending_contents(self, *, limit: int, after: int, upto: int = 2**62) -> list[PendingContent]:
        """Contents without a vector, by id."""
        return self._contents.without_embedding(self._embeddings.model, limit=limit, after=after, upto=upto)

    def newest_content(self) -> int:
        """The highest id of a content."""
        return self._contents.newest()

    def unread_photos(self, *, limit: int, besides: Collection[int]) -> list[PendingPhoto]:
        """Photos whose digest is to be read, leaving out those in hand."""
        found = self._photos.unread(limit=limit + len(besides))
        return [photo for photo in found if photo.id not in besides][:limit]

    def settle_digests(self, reads: Sequence[DigestRead]) -> DigestOutcome:
        """Give each photo its content, or record why it has none."""
        contents: list[int] = []
        changing: set[int] = set()
        issues = finished = 0
        with self._database.transaction():
            for read in reads:
                if read.error is not None:
                    self._issues.record(read.photo.folder, read.photo.path, read.error.reason, read.error.detail)
                    issues += 1
                    finished += 1
                elif read.digest is None:
                    changing.add(read.photo.id)  # still being written: the next scan sees it settled
                    finished += 1
                else:
                    content = self._photos.assign(read.photo.id, read.digest, read.photo.byte_size)
                    contents.append(content)
                    finished += not self._contents.is_pending(content, self._embeddings.model)
            if not self._photos.unread(limit=1):
                self._edits.settle()
        return DigestOutcome(tuple(contents), frozenset(changing), issues, finished)

    def content_of(self, digest: bytes) -> int | None:
        """The content with this digest, if it is known."""
        return self._contents.of_digest(digest)

    def _write_thumbnail(self, digest: bytes, jpeg: bytes) -> None:
        try:
            if not self._database.keep_thumbnail(digest, jpeg):
                self._thumbnails.write(digest, jpeg)
        except OSError as error:
            known = _known_trouble(error)
            if known is None:
                raise
            raise known from error

    def record_failures(self, failures: Sequence[tuple[PendingContent, Failed]]) -> None:
        """A failure of the bytes holds for every photo with these bytes, a failure of the path for that path alone."""
        with self._database.transaction():
            for content, failed in failures:
                if failed.reason in PATH_REASONS:
                    self._issues.record(content.folder, content.path, failed.reason, failed.detail)
                else:
                    self._issues.record_content(content.id, failed.reason, failed.detail)

    def known_vectors(self, batch: Sequence[Decoded]) -> dict[bytes, NDArray[np.float32]]:
        """Vectors, shape (dim,), that the library has for the pixels of these photos, by pixel digest."""
        digests = {decoded.pixel_digest for decoded in batch if decoded.pixel_digest is not None}
        return self._twins.vectors(self._embeddings, digests)

    def store_batch(self, batch: Sequence[tuple[PendingContent, Decoded]], vectors: NDArray[np.float32]) -> int:
        """Store facts, captions, thumbnails and vectors (N, dim); how many vectors were unusable.

        A file that changed since its digest was taken is passed over: the next scan reads it anew.
        """
        same = [_is_as_read(content) for content, _ in batch]
        fine = usable(vectors)
        for (content, decoded), is_same in zip(batch, same, strict=True):
            if is_same and decoded.thumbnail is not None:
                self._write_thumbnail(content.digest, decoded.thumbnail)
        with self._database.transaction():
            for row, (content, decoded) in enumerate(batch):
                if not same[row]:
                    continue
                self._contents.set_facts(content.id, _facts(decoded.facts), decoded.pixel_digest)
                found = [Caption(item.text, item.language, item.source) for item in decoded.facts.captions]
                self._captions.add(content.id, found)
                if fine[row]:
                    self._embeddings.add([content.id], vectors[row : row + 1])
                    self._twins.take_over(content.id)
                else:
                    detail = "the model gave no usable vector for it"
                    self._issues.record_content(content.id, IssueReason.UNUSABLE_VECTOR, detail)
        return int((~fine).sum())


def _known_trouble(error: OSError) -> KnownError | None:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return KnownError(
            ErrorKind.DISK_FULL, "There is no room left on the disk that holds the library. Free some space."
        )
    if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
        return KnownError(ErrorKind.LIBRARY_READ_ONLY, "The library may not be written here. Check its permissions.")
    return None


def _is_as_read(content: PendingContent) -> bool:
    try:
        about = content.absolute.stat()
    except OSError:
        return True  # gone by now, but what was decoded is what was there
    return (about.st_size, about.st_mtime_ns) == (content.byte_size, content.mtime_ns)


def _facts(facts: PhotoFacts) -> ContentFacts:
    return ContentFacts(
        facts.format, facts.width, facts.height, facts.taken_at, facts.camera, facts.latitude, facts.longitude
    )
