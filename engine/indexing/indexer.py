"""The indexer: bring folders up to date, then everything pending. The road is told in this package's docstring."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from engine.indexing.caption_vectors import CaptionEncoder
from engine.indexing.pipeline import DecodeOptions, Pipeline, Tally
from engine.indexing.reconcile import Reconciler
from engine.indexing.sidecars import SidecarSync
from engine.indexing.store import Store
from engine.library.retention import Retention
from engine.library.twins import Twins
from engine.protocol import IndexProgress, IndexReport, is_remote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.imaging.thumbnails import ThumbnailStore
    from engine.indexing.caption_vectors import EncodesBoth
    from engine.indexing.scanner import Changes
    from engine.library.connection import Connection
    from engine.library.folders import Folder


class Indexer:
    """Brings folders up to date. Uses the writer connection it is given, from the thread that calls ``run``."""

    def __init__(
        self,
        database: Connection,
        encoder: EncodesBoth,
        thumbnails: ThumbnailStore,
        options: DecodeOptions | None = None,
        *,
        reads_text: bool = False,
    ) -> None:
        """``reads_text``: also read the text in photos (extra ``ocr``), slowly, once everything else is done."""
        self._database = database
        self._reads_text = reads_text
        self._encoder = encoder
        self._options = options or DecodeOptions()
        self._thumbnails = thumbnails
        self._reconciler = Reconciler(database)
        self._store = Store(database, encoder.card, thumbnails)
        self._stop = threading.Event()

    def stop(self) -> None:
        """Ask a running ``run`` to end after what is in hand; safe from any thread and from a signal handler."""
        self._stop.set()

    @property
    def is_stopped(self) -> bool:
        """Whether ``stop`` was called."""
        return self._stop.is_set()

    def run(self, folders: Sequence[Folder], progress: Callable[[IndexProgress], None]) -> IndexReport:
        """Scan ``folders`` and work off everything pending in the library; returns when done or stopped."""
        started = time.monotonic()
        scanned = [(folder, found) for folder in folders if (found := self._scan(folder, progress)) is not None]
        self._reconciler.note_unreachable(besides=folders)
        changes = [found for _, found in scanned]
        tally = self._work_off(folders, progress)
        self._settle_captions()
        self._read_captions(scanned, progress)
        self._let_go()
        self._read_texts(progress)
        return IndexReport(
            added=sum(len(change.added) for change in changes),
            changed=sum(len(change.changed) for change in changes),
            moved=sum(len(change.moved) for change in changes),
            missing=sum(len(change.missing) for change in changes),
            unchanged=sum(change.unchanged for change in changes),
            decoded=tally.decoded,
            embedded=tally.embedded,
            issues=tally.issues,
            seconds=time.monotonic() - started,
            interrupted=self._stop.is_set(),
        )

    def _work_off(self, folders: Sequence[Folder], progress: Callable[[IndexProgress], None]) -> Tally:
        """Digest, decode, encode and store everything pending, here: another indexer may do it elsewhere."""
        del folders  # what is pending in others is worked off as well
        pipeline = Pipeline(self._store, self._encoder, self._options, self._stop)
        pipeline.run(progress)
        return pipeline.tally

    def _settle_captions(self) -> None:
        """Only now is it known that a photo that was changed and went to another folder left the first."""
        if not self._stop.is_set():
            with self._database.transaction():
                Twins(self._database).settle()

    def _let_go(self) -> None:
        """Once a day: forget what has been gone for long. Its thumbnails go last, when no row speaks of them."""
        retention = Retention(self._database)
        if not self._stop.is_set() and retention.is_due():
            for digest in retention.look():
                self._thumbnails.remove(digest)
            self._thumbnails.sweep()

    def _read_texts(self, progress: Callable[[IndexProgress], None]) -> None:
        if self._reads_text and not self._stop.is_set():
            from engine.indexing.recognizing import recognize_pending

            recognize_pending(self._database, self._store.model, self._stop.is_set, progress)

    def _read_captions(
        self, scanned: Sequence[tuple[Folder, Changes]], progress: Callable[[IndexProgress], None]
    ) -> None:
        """Sidecars wait until their photos have contents; what pictures and sidecars say is encoded at the end."""
        if not self._stop.is_set():
            SidecarSync(self._database).run(scanned, self._stop.is_set)
            CaptionEncoder(self._database, self._encoder).encode_pending(progress, self._stop.is_set)

    def _scan(self, folder: Folder, progress: Callable[[IndexProgress], None]) -> Changes | None:
        if self._stop.is_set() or is_remote(folder.path):
            return None  # a storage is read by a cluster
        progress(IndexProgress("scan", 0, 0, 0, 0.0, str(folder.path)))
        return self._reconciler.scan(folder, self._stop.is_set)
