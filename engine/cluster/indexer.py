"""The indexer that lets a cluster decode and encode: the same scan, the same rows, the same rest as everywhere."""

from __future__ import annotations

import contextlib
import logging
import time
from typing import TYPE_CHECKING

from engine.cluster import rays
from engine.cluster.committing import Committer
from engine.cluster.feeding import Assignment, batches
from engine.cluster.stages import results, rows_of
from engine.cluster.storage import walk_storage
from engine.errors import KnownError
from engine.indexing.exclusion import Exclusion
from engine.indexing.indexer import Indexer
from engine.indexing.pipeline import Tally
from engine.library.distributed import DistributedWork
from engine.library.settings import Settings
from engine.protocol import ErrorKind, FolderState, IndexProgress, is_remote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.imaging.thumbnails import ThumbnailStore
    from engine.indexing.pipeline import DecodeOptions
    from engine.indexing.scanner import Changes
    from engine.library.connection import Connection
    from engine.library.distributed import PendingFile
    from engine.library.folders import Folder
    from engine.models.encoder import Encoder

logger = logging.getLogger(__name__)

ROUND = 20_000  # photos handed to the cluster at a time: the work list of many millions is never held whole


class ClusterIndexer(Indexer):
    """Brings folders up to date on a Ray cluster. One run each, from the writer connection's thread."""

    def __init__(
        self,
        database: Connection,
        encoder: Encoder,
        thumbnails: ThumbnailStore,
        options: DecodeOptions | None = None,
        *,
        on: str,
    ) -> None:
        """``on`` is ``ray`` or ``ray://ADDRESS``. ``options.workers`` bounds the decoding actors; without options every
        core of the cluster decodes.
        """
        super().__init__(database, encoder, thumbnails, options)
        self._workers = options.workers if options else None
        self._on = on

    def _scan(self, folder: Folder, progress: Callable[[IndexProgress], None]) -> Changes | None:
        if not is_remote(folder.path):
            return super()._scan(folder, progress)
        progress(IndexProgress("scan", 0, 0, 0, 0.0, str(folder.path)))
        exclusion = Exclusion.of_text(Settings(self._database).get(f"folder.{folder.id}.exclude"))
        disk = walk_storage(folder.path, exclusion)
        # Offline is what it is to everybody else: its photos are found and shown by their thumbnails.
        return self._reconciler.settle(folder, disk, FolderState.OFFLINE)

    def _work_off(self, folders: Sequence[Folder], progress: Callable[[IndexProgress], None]) -> Tally:
        work = DistributedWork(self._database, self._store.model, [folder.id for folder in folders])
        tally = Tally(total=work.count())
        if not tally.total or self.is_stopped:
            return tally
        committer = Committer(self._store, work, tally, self._encoder.card.dim)
        started = time.monotonic()

        def tell() -> None:
            rate = tally.done / max(1e-9, time.monotonic() - started)
            progress(IndexProgress("index", tally.done, max(0, tally.total - tally.done), tally.issues, rate))

        with rays.connected(self._on, self._options.workers):
            after = 0
            while (files := work.page(after, ROUND)) and not self.is_stopped:
                after = files[-1].photo
                committer.expect(files)
                self._round(files, committer, tell)
        self._index_vectors()
        if committer.troubles:
            raise _unanswered(committer.troubles)
        return tally

    def _round(self, files: Sequence[PendingFile], committer: Committer, tell: Callable[[], None]) -> None:
        card = self._encoder.card
        assignment = Assignment(
            rows_of(files), card.image.input_spec, self._options.deadline_s, card.key, card.fingerprint,
            self._workers,
        )  # fmt: skip
        with contextlib.closing(batches(assignment)) as coming:
            for batch in coming:
                committer.take(results(batch))
                tell()
                if self.is_stopped:
                    return

    def _settle_captions(self) -> None:
        # A storage's folder is not online here, so only the end of the run says that every digest is known.
        if not self.is_stopped:
            self._store.settle_edits()
        super()._settle_captions()

    def _index_vectors(self) -> None:
        index = getattr(self._database, "index_vectors", None)
        if index is not None and not self.is_stopped:
            index(self._store.model)


def _unanswered(troubles: Sequence[str]) -> KnownError:
    logger.info("the storage did not answer for: %s", "; ".join(troubles[:20]))
    return KnownError(
        ErrorKind.FOLDER_GONE,
        f"The storage did not answer for {len(troubles)} photos (the first: {troubles[0]}). Everything else is done; "
        "run the same command again for these.",
    )
