"""A library with photo rows and no files: what the library's own tests need."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.library import opening
from engine.library.captions import Caption, Captions
from engine.library.contents import ContentFacts, Contents
from engine.library.embeddings import Embeddings
from engine.library.folders import FolderId, Folders
from engine.library.issues import Issues
from engine.library.photos import ContentId, FileStamp, PhotoId, Photos

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from engine.config import LibraryPaths
    from engine.library.connection import Connection

DIM = 4
ROOT = Path("/home/ann/Pictures")


def vector_of(seed: int, dim: int = DIM) -> NDArray[np.float32]:
    """A unit vector, shape (dim,)."""
    numbers = np.random.default_rng(seed).normal(size=dim)
    vector: NDArray[np.float32] = (numbers / np.linalg.norm(numbers)).astype(np.float32)
    return vector


@dataclass
class Shelf:
    """An open library and short ways to put photos into it."""

    paths: LibraryPaths
    database: Connection
    inodes: int = field(default=0)

    @property
    def photos(self) -> Photos:
        return Photos(self.database)

    @property
    def contents(self) -> Contents:
        return Contents(self.database)

    @property
    def captions(self) -> Captions:
        return Captions(self.database)

    @property
    def issues(self) -> Issues:
        return Issues(self.database)

    @property
    def embeddings(self) -> Embeddings:
        return Embeddings.of_model(self.database, "fake", "fake-fingerprint", DIM)

    def folder(self, root: Path = ROOT) -> FolderId:
        return Folders(self.database).add(root).id

    def photo(
        self,
        path: str | bytes,
        data: str = "",
        *,
        taken_at: str | None = None,
        modified: str = "2021-06-01T12:00:00",
        image_format: str = "JPEG",
        camera: str | None = None,
        root: Path = ROOT,
    ) -> tuple[PhotoId, ContentId]:
        """Add a photo row whose bytes are ``data`` (its own path by default) and say what decoding learnt."""
        raw = path.encode() if isinstance(path, str) else path
        self.inodes += 1
        mtime_ns = int(datetime.fromisoformat(modified).timestamp()) * 10**9
        folder = self.folder(root)
        with self.database.transaction():
            self.photos.add(folder, root.name, [(raw, FileStamp(100, mtime_ns, self.inodes))])
            photo = PhotoId(self.database.value("SELECT max(id) FROM photo"))
            content = self.photos.assign(photo, digest_of(data or raw.hex()), 100)
            facts = ContentFacts(image_format, 40, 30, taken_at, camera, None, None)
            self.contents.set_facts(content, facts)
        return photo, content

    def caption(self, content: int, text: str, source: str = "user") -> int:
        """Add a caption and give its id."""
        caption = Caption(text, "en", source)
        with self.database.transaction():
            self.captions.add(content, [caption])
        found = self.captions.find(content, caption)
        assert found is not None
        return found.id


def digest_of(data: str) -> bytes:
    return hashlib.blake2b(data.encode(), digest_size=32).digest()


@pytest.fixture
def shelf(library: LibraryPaths) -> Iterator[Shelf]:
    database = opening.open_writer(library)
    yield Shelf(library, database)
    database.close()
