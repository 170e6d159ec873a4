"""What one thread works with: a connection with its tables, and what all threads share."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from engine.api.accelerating import wanted_provider
from engine.config import model_dirs
from engine.library.captions import Captions
from engine.library.contents import Contents
from engine.library.embeddings import Embeddings
from engine.library.folders import Folders
from engine.library.issues import Issues
from engine.library.photos import Photos
from engine.library.searches import Searches
from engine.library.selection import Selector
from engine.library.settings import Settings
from engine.models.catalog import find_package

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.config import LibraryPaths
    from engine.imaging.thumbnails import ThumbnailStore
    from engine.library.connection import Connection
    from engine.models.encoder import Encoder
    from engine.search.captioning import BankVectors
    from engine.search.expansion import Expander
    from engine.search.nearness import Vectors
    from engine.search.reranking import GridShelf
    from engine.search.retrieval import Retriever
    from engine.search.vectors import HotMatrix


@dataclass(frozen=True)
class Shared:
    """What the threads of one process share: all of it may be used from any of them."""

    paths: LibraryPaths
    encoder: Encoder
    matrix: HotMatrix
    thumbnails: ThumbnailStore
    bank_file: Path
    holds_lock: bool = False

    @cached_property
    def bank(self) -> BankVectors | None:
        """The caption bank under this model; None where the program came without one."""
        from engine.search.captioning import BankVectors, read_bank

        if not self.bank_file.is_file():
            return None
        # Another bank or another text tower has other vectors.
        version = hashlib.sha256(self.bank_file.read_bytes()).hexdigest()[:16]
        cache = self.paths.cache / f"bank-{version}-{self.encoder.card.text_fingerprint[:16]}.npy"
        return BankVectors(read_bank(self.bank_file), cache, self.encoder)

    @cached_property
    def is_word(self) -> Callable[[str], bool]:
        """Whether a run of Chinese characters is one word, by the caption bank."""
        from engine.search.chinese_words import words_of

        captions = () if self.bank is None else self.bank.captions
        return words_of(caption.text for caption in captions if caption.language == "zh")

    @cached_property
    def grids(self) -> GridShelf:
        """Grids of the photos that were last ordered anew."""
        from engine.search.reranking import GridShelf

        return GridShelf()

    @cached_property
    def expander(self) -> Expander:
        """What lends short queries the company of captions; the bank is read when the first one comes."""
        from engine.search.expansion import Expander

        return Expander(lambda: self.bank)


def open_encoder(key: str, settings: Settings) -> Encoder:
    """The encoder of a model of this computer, on the accelerator that is asked for; raises ``KnownError``."""
    from engine.models.encoder import Encoder

    return Encoder.open(find_package(key, model_dirs()), wanted=wanted_provider(settings))


def matrix_of(paths: LibraryPaths, encoder: Encoder) -> HotMatrix:
    """The vectors of this model in memory, and where they are kept between runs."""
    from engine.search.vectors import HotMatrix

    return HotMatrix(paths.cache / f"vectors-{encoder.card.fingerprint[:16]}")


class Parts:
    """One thread's view of a library: its own connection, and what is shared."""

    def __init__(self, database: Connection, shared: Shared) -> None:
        self.database = database
        self.shared = shared
        self.photos = Photos(database)
        self.contents = Contents(database)
        self.folders = Folders(database)
        self.issues = Issues(database)
        self.captions = Captions(database)
        self.settings = Settings(database)
        self.searches = Searches(database)
        self.selector = Selector(database)
        self.text_index = database.text_index()

    @property
    def encoder(self) -> Encoder:
        """The model at work."""
        return self.shared.encoder

    def embeddings(self) -> Embeddings:
        """The vectors under the model at work; on a reader the model may have been registered meanwhile."""
        card = self.encoder.card
        return Embeddings.of_model(self.database, card.key, card.fingerprint, card.dim)

    @cached_property
    def retriever(self) -> Retriever:
        """The search over this connection."""
        from engine.search.retrieval import LibraryView, Retriever

        view = LibraryView(self.contents, self.embeddings, self.selector, self.text_index, self.thumbnail_of)
        return Retriever(view, self.vectors, self.encoder, self.shared.expander)

    @cached_property
    def vectors(self) -> Vectors:
        """The vectors under the model at work, as this connection sees them: in memory, or in the shared database."""
        if self.shared.paths.address is not None:
            from engine.search.database_vectors import DatabaseVectors

            return DatabaseVectors(self.database, self.embeddings)
        from engine.search.vectors import HotView

        return HotView(self.shared.matrix)

    def thumbnail_of(self, digest: bytes) -> str | None:
        """The path of a content's thumbnail, if it has been written."""
        thumbnails = self.shared.thumbnails
        found = thumbnails.found(digest)
        if found is None and (jpeg := self.database.thumbnail(digest)) is not None:
            with contextlib.suppress(OSError):  # a full disk: the hit is shown without its picture
                thumbnails.write(digest, jpeg)
            found = thumbnails.found(digest)
        return found
