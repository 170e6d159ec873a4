"""Engine: every request as one typed method. An ``Engine`` belongs to the thread that opened it.

The first one of a process is opened by ``open_writer`` (it holds the writer lock for life) or ``open_reader``; other
threads take a ``sibling``, which shares the model and the hot matrix and has a connection of its own.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.api.keeping import BANK_SETTING, MODEL_SETTING, OCR_SETTING, WORKERS_SETTING, Keeping
from engine.api.parts import Parts, Shared, matrix_of, open_encoder
from engine.api.roots import root_of
from engine.config import (
    DEFAULT_MODEL,
    LIBRARY_VARIABLE,
    library_paths,
    remember_place,
    resources_dir,
)
from engine.errors import KnownError
from engine.imaging.thumbnails import ThumbnailStore
from engine.library import opening
from engine.library.folders import polled_key
from engine.library.settings import Settings
from engine.protocol import (
    CheckReport,
    ErrorKind,
    FolderState,
    FolderStatus,
    IndexProgress,
    IndexReport,
    IssueRow,
    LibraryStatus,
    PhotoPath,
    SearchResult,
    is_remote,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

    from engine.api.caption_exchange import CaptionExchange
    from engine.config import LibraryPaths
    from engine.indexing.indexer import Indexer
    from engine.indexing.pipeline import DecodeOptions
    from engine.library.connection import Connection
    from engine.library.folders import Folder
    from engine.library.opening import Lock
    from engine.library.recovery import Recovery
    from engine.models.encoder import Encoder
    from engine.protocol import methods as wire


class Engine(Keeping):
    """One library, one model, all requests. Every method may raise ``KnownError``."""

    def __init__(self, database: Connection, shared: Shared, lock: Lock | None = None) -> None:
        super().__init__(Parts(database, shared))
        self._lock = lock
        self.recovered: Recovery | None = None  # what was done about a damaged library when it was opened

    @classmethod
    def open_writer(cls, paths: LibraryPaths, model: str | None = None) -> Engine:
        """Open for indexing and everything else; only one process may at a time."""
        lock = opening.take_lock(paths)
        try:
            recovered = opening.make_whole(paths)
            with opening.closed_on_error(opening.open_writer(paths)) as database:
                engine = cls(database, replace(_shared(paths, database, model), holds_lock=True), lock)
        except BaseException:
            lock.release()
            raise
        engine.recovered = recovered
        return engine

    @classmethod
    def open_for_repair(cls, paths: LibraryPaths, model: str | None = None) -> Engine:
        """Open for writing after a look at every page: a damaged file is set aside, and ``recovered`` tells."""
        opening.suspect(paths)
        return cls.open_writer(paths, model)

    @classmethod
    def open_reader(cls, paths: LibraryPaths, model: str | None = None) -> Engine:
        """Open for searching; works while another process is indexing."""
        with opening.closed_on_error(opening.open_reader(paths)) as database:
            return cls(database, _shared(paths, database, model))

    def sibling(self, *, write: bool) -> Engine:
        """An engine for the calling thread: another connection, the same model and hot matrix. Holds no lock itself:
        ``write`` is for siblings of the engine that holds it.
        """
        open_it = opening.open_writer if write else opening.open_reader
        return Engine(open_it(self.paths), self._parts.shared)

    def seen_with(self, shared: Shared) -> Engine:
        """This very connection under another model; there is nothing more to close."""
        return Engine(self._parts.database, shared)

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection and, where this engine holds the lock, let another process write."""
        self._parts.database.close()
        if self._lock is not None:
            self._lock.release()

    @property
    def paths(self) -> LibraryPaths:
        """Where the library lies."""
        return self._parts.shared.paths

    @property
    def encoder(self) -> Encoder:
        """The model at work."""
        return self._parts.encoder

    def interrupt(self) -> None:
        """Stop this engine's running query; the one method for other threads."""
        self._parts.database.interrupt()

    # Folders and indexing

    def add_folder(self, path: Path, *, on_cluster: bool = False) -> Folder:
        """Watch a folder; ``path`` must be a directory that can be listed, or a storage that a cluster reads."""
        path = root_of(path, self.paths.root, on_cluster=on_cluster)
        with self._parts.database.transaction():
            return self._parts.folders.add(path)

    def remove_folder(self, path: Path) -> None:
        """Stop watching a folder; the photos on disk are not touched."""
        path = path if is_remote(path) else Path(os.path.realpath(path.expanduser()))
        self.remove_folder_id(self._parts.folders.get(path).id)

    def remove_folder_id(self, folder_id: int) -> None:
        """Stop watching a folder; the photos on disk are not touched."""
        with self._parts.database.transaction():
            self._parts.folders.remove(self._parts.folders.by_id(folder_id).id)

    def pause_folder(self, folder_id: int, *, paused: bool) -> None:
        """Leave a folder alone for a while, or take it up again."""
        state = FolderState.PAUSED if paused else FolderState.ONLINE
        with self._parts.database.transaction():
            self._parts.folders.set_state(self._parts.folders.by_id(folder_id).id, state)

    def folders(self) -> list[Folder]:
        """The watched folders."""
        return self._parts.folders.all()

    def indexer(self, options: DecodeOptions | None = None, *, on: str | None = None) -> Indexer:
        """An indexer over this library and model; one run each. ``on`` names a cluster: ``ray`` or ``ray://ADDRESS``."""
        from engine.indexing.indexer import Indexer
        from engine.models.recognition import is_available

        reads_text = self.get_setting(OCR_SETTING) == "true" and is_available()
        thumbnails = self._parts.shared.thumbnails
        if on is not None:
            from engine.cluster.indexer import ClusterIndexer

            return ClusterIndexer(self._parts.database, self.encoder, thumbnails, options, on=on)
        options = options or self._decode_options()
        return Indexer(self._parts.database, self.encoder, thumbnails, options, reads_text=reads_text)

    def _decode_options(self) -> DecodeOptions:
        from engine.indexing.pipeline import DecodeOptions

        wanted = self.get_setting(WORKERS_SETTING) or ""
        return DecodeOptions(workers=int(wanted)) if wanted.isdecimal() and int(wanted) else DecodeOptions()

    def index(
        self, folders: Sequence[Folder] | None = None, progress: Callable[[IndexProgress], None] = lambda _: None
    ) -> IndexReport:
        """Bring ``folders`` (all by default) up to date and work off everything pending."""
        return self.indexer().run(self.folders() if folders is None else folders, progress)

    # Searching

    def search(self, text: str, limit: int) -> SearchResult:
        """The photos that fit ``text`` best."""
        from engine.protocol.methods import SearchRequest

        return self.search_request(SearchRequest(text, limit=limit, grouped=False))

    def search_request(self, request: wire.SearchRequest) -> SearchResult:
        """One search: words with filters and negation, photos to be like, texts not wanted."""
        from engine.api import searching

        return searching.search(self._parts, request)

    def improve(self, request: wire.SearchRequest, result: SearchResult) -> SearchResult | None:
        """A better order of the first hits, or None where there is none to be had."""
        from engine.api import improving

        return improving.improve(self._parts, request, result)

    def understand(self, text: str) -> wire.Understood:
        """What the query language makes of ``text``."""
        from engine.api import searching

        return searching.understand(text)

    def similar(self, photo: Path, limit: int) -> SearchResult:
        """The photos that look most like the file ``photo``."""
        from engine.protocol.methods import SimilarRequest

        return self.similar_request(SimilarRequest(path=PhotoPath.of(photo), limit=limit))

    def similar_request(self, request: wire.SimilarRequest) -> SearchResult:
        """Photos like one of the library or any file; itself and its copies are left out."""
        from engine.api import searching

        return searching.similar(self._parts, request)

    def browse(self, request: wire.BrowseRequest) -> wire.BrowseResult:
        """A page of all photos, newest first."""
        from engine.api import searching

        return searching.browse(self._parts, request)

    def vectors(self) -> tuple[NDArray[np.int64], NDArray[np.float32], dict[int, Path]]:
        """Contents (N,), their vectors (N, dim) and a present file for each content that has one."""
        contents, vectors = self._parts.embeddings().load()
        found = self._parts.contents.present([int(content) for content in contents])
        return contents, vectors, {content: photo.path for content, photo in found.items()}

    # One photo

    def photo_details(self, photo_id: int) -> wire.PhotoDetails:
        """Everything known about a photo."""
        from engine.api import showing

        return showing.details(self._parts, photo_id)

    def preview(self, request: wire.PreviewRequest) -> wire.PreviewResult:
        """A large picture of a photo, written once and kept."""
        from engine.api import showing

        return showing.preview(self._parts, request)

    def clear_caches(self) -> wire.CachesCleared:
        """Remove what is made again when it is looked at; nothing of the user's."""
        from engine.api import showing

        return showing.clear_caches(self._parts)

    def explain(self, request: wire.ExplainRequest) -> wire.Explanation:
        """Which part of a photo each word of a query is near to."""
        from engine.api import showing

        return showing.explain(self._parts, request)

    # Captions

    def nearest_captions(
        self, request: wire.CaptionsRequest, reading_bank: Callable[[], None] = lambda: None
    ) -> wire.CaptionsResult:
        """The captions nearest to a photo; ``reading_bank`` is called before what takes seconds, once for a model."""
        from engine.api import captioning

        return captioning.nearest(self._parts, request, reading_bank)

    def add_caption(self, request: wire.CaptionAdd) -> wire.CaptionRow:
        """Add the user's own caption to a photo."""
        from engine.api import captioning

        return captioning.add(self._parts, request)

    def edit_caption(self, request: wire.CaptionEdit) -> wire.CaptionRow:
        """Change a caption's words."""
        from engine.api import captioning

        return captioning.edit(self._parts, request)

    def remove_caption(self, caption_id: int) -> None:
        """Remove a caption."""
        from engine.api import captioning

        captioning.remove(self._parts, caption_id)

    def caption_exchange(self) -> CaptionExchange:
        """Captions files in and out, listing and finding captions."""
        from engine.api.caption_exchange import CaptionExchange

        return CaptionExchange(self._parts)

    def prepare_captions(self) -> None:
        """Make the caption bank's vectors if this model has none yet: seconds, once."""
        bank = self._parts.shared.bank
        if bank is not None and self.get_setting(BANK_SETTING) != "false":
            bank.vectors()

    def captioned_photos(self) -> list[tuple[Path, tuple[str, ...]]]:
        """Present photos with the captions people gave them."""
        from engine.api import captioning

        return captioning.captioned_photos(self._parts)

    # The library

    def folder_status(self) -> list[FolderStatus]:
        """Each folder with its counts."""
        return [self.status_of(folder) for folder in self._parts.folders.all()]

    def status_of(self, folder: Folder) -> FolderStatus:
        """One folder with its counts."""
        counts = self._parts.folders.counts(folder.id, self._parts.embeddings().model)
        return FolderStatus(
            folder.id, PhotoPath.of(folder.path), folder.state, counts.photos, counts.indexed,
            counts.missing, counts.issues, folder.full_scan_at, self.get_setting(polled_key(folder.id)),
        )  # fmt: skip

    def status(self) -> LibraryStatus:
        """The library in one look."""
        parts, embeddings = self._parts, self._parts.embeddings()
        return LibraryStatus(
            library=self.paths.shown,
            model=self.encoder.card.key,
            folders=len(parts.folders.all()),
            photos=parts.photos.count(),
            contents=parts.contents.count(),
            indexed=embeddings.count(),
            pending=parts.photos.count_unread() + parts.contents.count_without_embedding(embeddings.model),
            issues=parts.issues.count(),
            byte_size=parts.database.byte_size(),
            writer_active=not parts.shared.holds_lock and opening.is_held(self.paths),
            recovered_from=None if (recovery := self.recovery()) is None else recovery.set_aside,
            **self.last_run(),
        )

    def issues(self) -> list[IssueRow]:
        """Files that could not be used."""
        return self._parts.issues.all()

    def retry_issues(self) -> int:
        """Forget the issues, so that the next indexing tries those files again; how many they were."""
        with self._parts.database.transaction():
            return self._parts.issues.retry()

    def move_library(self, chosen: Path) -> Path:
        """Copy the library into ``chosen``, or a new folder in it, for the next start to open; where it will be.

        Nothing may be written any more: what is, stays behind. Only the user's usual library can be moved.
        """
        from engine.library.moving import copy_library, place_for

        if LIBRARY_VARIABLE in os.environ or library_paths() != self.paths:
            raise KnownError(ErrorKind.PLACE_GIVEN, "This library's place was given: it is not moved.")
        target = place_for(chosen, self.paths)
        copy_library(self._parts.database, self.paths, target)
        remember_place(target)
        return target

    def check(self, *, repair: bool) -> CheckReport:
        """Is the library sound? ``repair`` needs a writing engine."""
        from engine.indexing.check import check

        parts, package = self._parts, (self.encoder.folder, self.encoder.card)
        report = check(parts.database, parts.shared.thumbnails, repair=repair, package=package)
        if repair and not report.sound:
            opening.suspect(self.paths)  # what cannot be mended while the library is open is when it next opens
        return report

    def doctor(self) -> wire.DoctorResult:
        """What this computer can do, tried out."""
        from engine.diagnosis import diagnose
        from engine.protocol.methods import DoctorLine, DoctorResult

        findings = diagnose(self.paths, lambda: self.encoder)
        return DoctorResult(tuple(DoctorLine(item.name, item.text, item.fine) for item in findings))


def _shared(paths: LibraryPaths, database: Connection, model: str | None) -> Shared:
    key = model or Settings(database).get(MODEL_SETTING) or DEFAULT_MODEL
    encoder = open_encoder(key, Settings(database))
    return Shared(
        paths=paths,
        encoder=encoder,
        matrix=matrix_of(paths, encoder),
        thumbnails=ThumbnailStore(paths.thumbnails),
        bank_file=resources_dir() / "captions" / "bank.jsonl",
    )
