"""Engine: the one door to everything Balloon can do, and the place where its parts are put together.

An ``Engine`` belongs to the thread that opened it. The writing one holds the writer lock for life; readers need none.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from engine.config import DEFAULT_MODEL, model_dirs
from engine.errors import KnownError, PhotoError
from engine.imaging.thumbnails import ThumbnailStore
from engine.library.database import Database
from engine.library.embeddings import Embeddings
from engine.library.folders import Folder, Folders
from engine.library.issues import Issues
from engine.library.lock import WriterLock, is_held
from engine.library.photos import Photos
from engine.library.settings import Settings
from engine.models.catalog import find_package
from engine.models.encoder import Encoder
from engine.protocol import (
    CheckReport,
    ErrorKind,
    FolderStatus,
    IndexProgress,
    IndexReport,
    IssueRow,
    LibraryStatus,
    PhotoPath,
    SearchResult,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

    from engine.config import LibraryPaths
    from engine.indexing.indexer import Indexer
    from engine.indexing.pipeline import DecodeOptions
    from engine.search.retrieval import Retriever

MODEL_SETTING = "model"


class Engine:
    """One library, one model, all requests. Every method may raise ``KnownError``."""

    def __init__(self, paths: LibraryPaths, database: Database, lock: WriterLock | None, encoder: Encoder) -> None:
        self.paths = paths
        self.encoder = encoder
        self._database = database
        self._lock = lock
        self._photos = Photos(database)
        self._folders = Folders(database)
        self._issues = Issues(database)
        self._thumbnails = ThumbnailStore(paths.thumbnails)
        self._retriever: Retriever | None = None

    @classmethod
    def open_writer(cls, paths: LibraryPaths, model: str | None = None) -> Engine:
        """Open for indexing and everything else; only one process may at a time."""
        lock = WriterLock(paths)
        try:
            database = Database.open_writer(paths)
            return cls(paths, database, lock, _open_encoder(database, model))
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open_reader(cls, paths: LibraryPaths, model: str | None = None) -> Engine:
        """Open for searching; works while another process is indexing."""
        database = Database.open_reader(paths)
        return cls(paths, database, None, _open_encoder(database, model))

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the library and let another process write."""
        self._database.close()
        if self._lock is not None:
            self._lock.release()

    # Folders and indexing

    def add_folder(self, path: Path) -> Folder:
        """Watch a folder; ``path`` must be a directory that can be listed."""
        path = Path(os.path.realpath(path.expanduser()))
        _refuse_unlistable(path)
        if path.is_relative_to(self.paths.root) or path == self.paths.root:
            raise KnownError(
                ErrorKind.FOLDER_REFUSED, f"{path} belongs to Balloon's own library. Choose another folder."
            )
        with self._database.transaction():
            return self._folders.add(path)

    def remove_folder(self, path: Path) -> None:
        """Stop watching a folder; the photos on disk are not touched."""
        path = Path(os.path.realpath(path.expanduser()))
        with self._database.transaction():
            self._folders.remove(self._folders.get(path).id)

    def folders(self) -> list[Folder]:
        """The watched folders."""
        return self._folders.all()

    def indexer(self, options: DecodeOptions | None = None) -> Indexer:
        """An indexer over this library and model; one run each."""
        from engine.indexing.indexer import Indexer

        return Indexer(self._database, self.encoder, self._thumbnails, options)

    def index(
        self, folders: Sequence[Folder] | None = None, progress: Callable[[IndexProgress], None] = lambda _: None
    ) -> IndexReport:
        """Bring ``folders`` (all by default) up to date and work off everything pending."""
        return self.indexer().run(self.folders() if folders is None else folders, progress)

    # Searching

    def search(self, text: str, limit: int) -> SearchResult:
        """The photos that fit ``text`` best; works without a library lock and while indexing runs elsewhere."""
        return self._retrieving().by_text(text, limit)

    def similar(self, photo: Path, limit: int) -> SearchResult:
        """The photos that look most like ``photo``, in the library or not; itself and its copies are left out."""
        from engine.indexing.digests import read_digest

        try:
            digest = read_digest(photo, photo.stat().st_size)
        except OSError as error:
            raise _unusable(photo, error.strerror or str(error)) from error
        except PhotoError as error:
            raise _unusable(photo, error.detail) from error
        content = None if digest is None else self._photos.content_of_digest(digest)
        vector = None if content is None else self._embeddings().get(content)
        if vector is None:
            vector = self.encode_photo(photo)
        return self._retrieving().by_photo(photo, vector, limit, content)

    def encode_photo(self, photo: Path) -> NDArray[np.float32]:
        """Decode any photo file in a worker and encode it into a unit vector of shape (dim,)."""
        from engine.imaging.jobs import DecodeJob, Failed
        from engine.imaging.pool import DecodePool

        with DecodePool(1) as pool:
            decoded = pool.decode_one(DecodeJob(0, photo, (self.encoder.card.image.input_spec,), thumbnail=False))
        if isinstance(decoded, Failed):
            raise _unusable(photo, decoded.detail or decoded.reason.value)
        vector: NDArray[np.float32] = self.encoder.encode_images(decoded.inputs[0][None])[0]
        return vector

    def vectors(self) -> tuple[NDArray[np.int64], NDArray[np.float32], dict[int, Path]]:
        """Contents (N,), their vectors (N, dim) and a present file for each content that has one."""
        contents, vectors = self._embeddings().load()
        found = self._photos.present([int(content) for content in contents])
        return contents, vectors, {content: photo.path for content, photo in found.items()}

    # The library

    def folder_status(self) -> list[FolderStatus]:
        """Each folder with its counts."""
        model = self._embeddings().model
        rows: list[FolderStatus] = []
        for folder in self._folders.all():
            counts = self._folders.counts(folder.id, model)
            rows.append(
                FolderStatus(
                    folder.id, PhotoPath.of(folder.path), folder.state, counts.photos, counts.indexed,
                    counts.missing, counts.issues, folder.full_scan_at,
                )
            )  # fmt: skip
        return rows

    def status(self) -> LibraryStatus:
        """The library in one look."""
        embeddings = self._embeddings()
        contents = self._photos.count_contents()
        return LibraryStatus(
            library=str(self.paths.root),
            model=self.encoder.card.key,
            folders=len(self._folders.all()),
            photos=self._photos.count(),
            contents=contents,
            indexed=embeddings.count(),
            pending=self._photos.count_unread() + self._photos.count_without_embedding(embeddings.model),
            issues=self._issues.count(),
            byte_size=sum(path.stat().st_size for path in self.paths.root.rglob("*") if path.is_file()),
            writer_active=self._lock is None and is_held(self.paths),
        )

    def issues(self) -> list[IssueRow]:
        """Files that could not be used."""
        return self._issues.all()

    def retry_issues(self) -> int:
        """Forget the issues, so that the next indexing tries those files again; how many they were."""
        with self._database.transaction():
            return self._issues.retry()

    def check(self, *, repair: bool) -> CheckReport:
        """Is the library sound? ``repair`` needs a writing engine."""
        from engine.indexing.check import check

        return check(self._database, self._thumbnails, repair=repair)

    def _embeddings(self) -> Embeddings:
        card = self.encoder.card
        return Embeddings.of_model(self._database, card.key, card.fingerprint, card.dim)

    def _retrieving(self) -> Retriever:
        from engine.search.retrieval import Retriever
        from engine.search.vectors import HotMatrix

        if self._retriever is None:
            matrix = HotMatrix(self.encoder.card.dim)
            self._retriever = Retriever(self._photos, self._embeddings(), matrix, self.encoder, self._thumbnail_of)
        return self._retriever

    def _thumbnail_of(self, digest: bytes) -> Path | None:
        return self._thumbnails.path_of(digest) if self._thumbnails.has(digest) else None


def _open_encoder(database: Database, model: str | None) -> Encoder:
    key = model or Settings(database).get(MODEL_SETTING) or DEFAULT_MODEL
    return Encoder.open(find_package(key, model_dirs()))


def _refuse_unlistable(path: Path) -> None:
    try:
        with os.scandir(path):
            return
    except NotADirectoryError as error:
        raise KnownError(ErrorKind.FOLDER_REFUSED, f"{path} is a file. Give the folder that holds it.") from error
    except FileNotFoundError as error:
        raise KnownError(ErrorKind.FOLDER_GONE, f"There is no folder {path}. Check the name.") from error
    except OSError as error:
        raise KnownError(ErrorKind.FOLDER_REFUSED, f"{path} cannot be read. Check its permissions.") from error


def _unusable(photo: Path, why: str) -> KnownError:
    return KnownError(ErrorKind.PHOTO_UNUSABLE, f"{photo} cannot be used as a photo: {why}.")
