"""A library of coloured photos that exist only as rows and vectors: what searching needs, without a single file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from engine.library.selection import Selector
from engine.models.encoder import Encoder, unit
from engine.models.package import Calibration
from engine.search.query import parse
from engine.search.retrieval import Asked, LibraryView, Retriever
from engine.search.vectors import HotMatrix, HotView
from tests.fakes import COLOURS, FakeEncoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.library.embeddings import Embeddings
    from engine.protocol import Confidence, SearchResult
    from engine.search.expansion import Expander
    from engine.search.nearness import Vectors
    from tests.library.conftest import Shelf

TODAY = date(2024, 5, 1)
CALIBRATION = Calibration(match=0.8, possible=0.4)
EDGE = 10
CHINESE_COLOURS = {"赤色": COLOURS["red"]}


class Palette(FakeEncoder):
    """Texts as the mixture of all their colour words; photos cell by cell as well."""

    def __init__(self, calibration: Calibration | None = CALIBRATION) -> None:
        super().__init__(EDGE)
        self.card = replace(self.card, calibration=calibration, files={"text.onnx": {"sha256": "0" * 64}})
        self.texts = 0

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += len(texts)
        vectors = np.zeros((len(texts), self.card.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            words = [colour for word, colour in (COLOURS | CHINESE_COLOURS).items() if word in text]
            words = words or [(128, 128, 128)]
            vectors[row] = sum(self.swatch(colour) for colour in words)
        return unit(vectors)

    def encode_grid(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Cells of 2 x 2 pixels, row by row, (25, dim)."""
        half = EDGE // 2
        cells = pixels.reshape(half, 2, half, 2, 3).transpose(0, 2, 1, 3, 4).reshape(half * half, 2, 2, 3)
        return self.encode_images(cells)

    def swatch(self, colour: tuple[int, int, int]) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self.encode_images(np.full((1, 2, 2, 3), colour, dtype=np.uint8))[0]
        return vector

    def mixture(self, **shares: float) -> NDArray[np.float32]:
        """The unit vector of a photo with these shares of colours."""
        mixed = np.sum([share * self.swatch(COLOURS[colour]) for colour, share in shares.items()], axis=0)
        vector: NDArray[np.float32] = unit(mixed.astype(np.float32)[None])[0]
        return vector


@dataclass
class Gallery:
    """Photos by name, and searches that answer with names."""

    shelf: Shelf
    encoder: Palette = field(default_factory=Palette)

    def __post_init__(self) -> None:
        shelf = self.shelf
        self.vectors: Vectors = HotView(HotMatrix())
        if shelf.paths.address is not None:
            from engine.search.database_vectors import DatabaseVectors

            self.vectors = DatabaseVectors(shelf.database, self.embeddings)
        text_index = shelf.database.text_index()
        self.view = LibraryView(shelf.contents, self.embeddings, Selector(shelf.database), text_index, lambda _: None)
        self.retriever = Retriever(self.view, self.vectors, self.as_encoder)

    def expand_by(self, expander: Expander) -> None:
        """Search from now on with this expansion of short queries."""
        self.retriever = Retriever(self.view, self.vectors, self.as_encoder, expander)

    @property
    def as_encoder(self) -> Encoder:
        return cast("Encoder", self.encoder)  # has the real one's shape

    def embeddings(self) -> Embeddings:
        from engine.library.embeddings import Embeddings

        card = self.encoder.card
        return Embeddings.of_model(self.shelf.database, card.key, card.fingerprint, card.dim)

    def photo(
        self, path: str, *, caption: str | None = None, data: str = "", taken_at: str | None = None, **shares: float
    ) -> int:
        """Add a photo of these colours and give its content; without colours it has no vector."""
        _, content = self.shelf.photo(path, data, taken_at=taken_at)
        if shares:
            self.embeddings().add([content], self.encoder.mixture(**shares)[None])
        if caption is not None:
            self.shelf.caption(content, caption)
        return content

    def search(self, text: str, **options: Any) -> SearchResult:
        return self.retriever.search(Asked(parse(text, today=TODAY), **options))

    def names(self, text: str, **options: Any) -> list[str]:
        return names_of(self.search(text, **options))


def names_of(result: SearchResult) -> list[str]:
    return [hit.path.to_path().name for hit in result.hits]


def levels_of(result: SearchResult) -> dict[str, Confidence]:
    return {hit.path.to_path().name: hit.confidence for hit in result.hits}
