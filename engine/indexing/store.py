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
from engine.library.photos import PATH_REASONS, ContentId, PendingPhoto, Photos
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

    def settle_digests(self, reads: Sequence[DigestRead], *, are_more_coming: bool = False) -> DigestOutcome:
        """Give each photo its content, or record why it has none.

        Where ``are_more_coming`` whoever calls says ``settle_edits`` after the last; else that comes with the last one
        that is outstanding here.
        """
        failed = [(read.photo, read.error) for read in reads if read.error is not None]
        changing = frozenset(read.photo.id for read in reads if read.error is None and read.digest is None)
        read_well = [(read.photo.id, read.digest, read.photo.byte_size) for read in reads if read.digest is not None]
        with self._database.transaction():
            for photo, error in failed:
                self._issues.record(photo.folder, photo.path, error.reason, error.detail)
            contents = self._photos.assign_all(read_well)
            pending = self._contents.pending_among(contents, self._embeddings.model)
            if not are_more_coming:
                self._settle_edits()
        done = sum(content not in pending for content in contents)
        # One that is still being written is done for now: the next scan sees it settled.
        return DigestOutcome(tuple(contents), changing, len(failed), len(failed) + len(changing) + done)

    def settle_edits(self) -> None:
        """Let own captions follow files that were changed, unless a digest is still outstanding."""
        with self._database.transaction():
            self._settle_edits()

    def _settle_edits(self) -> None:
        if self._edits.are_waiting() and not self._photos.unread(limit=1):
            self._edits.settle()

    def contents_of(self, digests: Sequence[bytes]) -> dict[bytes, ContentId]:
        """The contents with these digests, as far as they are known."""
        return self._contents.of_digests(digests)

    def _write_thumbnails(self, thumbnails: Sequence[tuple[bytes, bytes]]) -> None:
        try:
            if not self._database.keep_thumbnails(thumbnails):
                for digest, jpeg in thumbnails:
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
        read = [pair for pair, is_same in zip(batch, same, strict=True) if is_same]
        rows = [row for row, is_same in enumerate(same) if is_same and fine[row]]
        self._write_thumbnails([(item.digest, found.thumbnail) for item, found in read if found.thumbnail is not None])
        with self._database.transaction():
            self._contents.set_all_facts((item.id, _facts(found.facts), found.pixel_digest) for item, found in read)
            self._captions.add_all(
                (item.id, Caption(caption.text, caption.language, caption.source))
                for item, found in read
                for caption in found.facts.captions
            )
            contents = [batch[row][0].id for row in rows]
            self._embeddings.add(contents, vectors[rows])
            self._twins.take_over(contents)
            for row, (item, _) in enumerate(batch):
                if same[row] and not fine[row]:
                    detail = "the model gave no usable vector for it"
                    self._issues.record_content(item.id, IssueReason.UNUSABLE_VECTOR, detail)
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
