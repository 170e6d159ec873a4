"""A folder, a library and an indexer with a fake encoder, as one bench for indexing tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from engine.imaging.thumbnails import ThumbnailStore
from engine.indexing.indexer import Indexer
from engine.indexing.pipeline import DecodeOptions
from engine.library import opening
from engine.library.contents import Contents
from engine.library.embeddings import Embeddings
from engine.library.folders import Folders
from engine.library.issues import Issues
from tests.fakes import FakeEncoder
from tests.photo_factory import scene, write_photo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.config import LibraryPaths
    from engine.library.connection import Connection
    from engine.protocol import IndexReport


@dataclass
class Bench:
    """What the tests of indexing look at."""

    root: Path
    library: LibraryPaths
    database: Connection
    encoder: FakeEncoder = field(default_factory=FakeEncoder)

    def index(self, *roots: Path) -> IndexReport:
        folders = []
        with self.database.transaction():
            folders = [Folders(self.database).add(root) for root in roots or (self.root,)]
        thumbnails = ThumbnailStore(self.library.thumbnails)
        indexer = Indexer(self.database, self.encoder, thumbnails, DecodeOptions(workers=1, deadline_s=20.0))
        return indexer.run(folders, lambda _: None)

    def photo(self, name: str, seed: int = 1) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return write_photo(path, scene((64, 48), seed=seed))

    def searchable(self) -> dict[str, int]:
        """Content id by path relative to the root, for everything a search could show."""
        contents, _ = self.embeddings.load()
        found = Contents(self.database).present(contents.tolist())
        return {photo.path.name: photo.content for photo in found.values()}

    def rows(self) -> list[tuple[int, bytes, int | None, bool]]:
        return [
            (id_, path, content, bool(missing))
            for id_, path, content, missing in self.database.rows(
                "SELECT id, path, content, missing_since IS NOT NULL FROM photo ORDER BY path"
            )
        ]

    def issues(self) -> dict[str, str]:
        return {row.path.to_path().name: row.reason.value for row in Issues(self.database).all()}

    @property
    def embeddings(self) -> Embeddings:
        card = self.encoder.card
        return Embeddings.of_model(self.database, card.key, card.fingerprint, card.dim)


@pytest.fixture
def bench(tmp_path: Path, library: LibraryPaths) -> Iterator[Bench]:
    root = tmp_path / "photos"
    root.mkdir()
    database = opening.open_writer(library)
    made = Bench(root, library, database)
    yield made
    made.database.close()  # a test may have opened another
    database.close()
