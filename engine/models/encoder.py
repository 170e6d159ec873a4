"""The encoder: a model package at work. Pixels or texts in, unit vectors of one space out."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

import numpy as np

from engine.errors import KnownError
from engine.models.package import ImageTower, ModelCard, read_card, verify
from engine.models.session import Session
from engine.models.tokenizer import TextTokenizer
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray


class EncodesPhotos(Protocol):
    """What indexing needs of an encoder."""

    @property
    def card(self) -> ModelCard:
        """The model's card."""

    def encode_images(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, size, size, 3) uint8 RGB to (N, dim) float32 of unit length."""


class Encoder:
    """A model package; each tower is verified and loaded when first used, and may be used from any thread."""

    def __init__(self, folder: Path, card: ModelCard, *, threads: int = 0) -> None:
        self.card = card
        self.folder = folder
        self._threads = threads
        self._loading = threading.Lock()
        self._image: Session | None = None
        self._text: tuple[Session, TextTokenizer] | None = None

    @classmethod
    def open(cls, folder: Path, *, threads: int = 0) -> Encoder:
        """Read the card; raises ``KnownError`` (MODEL_MISSING, MODEL_DAMAGED)."""
        return cls(folder, read_card(folder), threads=threads)

    @property
    def provider(self) -> str | None:
        """The execution provider the image tower runs on, None before its first use."""
        return None if self._image is None else self._image.provider

    @property
    def provider_reasons(self) -> tuple[str, ...]:
        """Why better providers than ``provider`` were left out."""
        return () if self._image is None else self._image.reasons

    def encode_images(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Encode (N, size, size, 3) uint8 RGB pixels, 0..255, into (N, dim) float32 unit vectors.

        A picture the tower cannot handle gives a row of NaN or zeros, never an exception: the caller checks.
        """
        if not len(pixels):
            return np.zeros((0, self.card.dim), dtype=np.float32)
        tower = self.card.image
        feeds = {tower.input: pixels if tower.dtype == "uint8" else _normalised(pixels, tower)}
        return unit(self._image_session().run(tower.output, feeds))

    def encode_grid(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Encode one photo, (size, size, 3) uint8, into its grid, (cells, dim) float32, row by row.

        Raises ``KnownError`` (EXTRA_MISSING) for a model whose image tower gives no grid.
        """
        tower = self.card.image
        if tower.grid_output is None:
            raise KnownError(ErrorKind.EXTRA_MISSING, f"The model {self.card.key} cannot say which part matched.")
        feeds = {tower.input: pixels[None] if tower.dtype == "uint8" else _normalised(pixels[None], tower)}
        grid: NDArray[np.float32] = self._image_session().run(tower.grid_output, feeds)[0]
        return grid

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode texts into (N, dim) float32 unit vectors; an empty sequence gives shape (0, dim)."""
        if not texts:
            return np.zeros((0, self.card.dim), dtype=np.float32)
        session, tokenizer = self._text_session()
        ids, mask = tokenizer.encode(texts)
        tower = self.card.text
        feeds = {tower.input_ids: ids}
        if tower.attention_mask is not None:
            feeds[tower.attention_mask] = mask
        return unit(session.run(tower.output, feeds))

    def _image_session(self) -> Session:
        with self._loading:
            if self._image is None:
                verify(self.folder, self.card, self.card.image.file)
                self._image = Session(self.folder / self.card.image.file, threads=self._threads)
            return self._image

    def _text_session(self) -> tuple[Session, TextTokenizer]:
        with self._loading:
            if self._text is None:
                tower = self.card.text
                verify(self.folder, self.card, tower.file, tower.tokenizer)
                # One short text at a time: a GPU would only cost the copy.
                session = Session(self.folder / tower.file, threads=self._threads, cpu_only=True)
                self._text = (session, TextTokenizer(self.folder, tower))
            return self._text


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale each row of (N, dim) to length 1; a zero row becomes NaN, so that it cannot pass for a vector."""
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled


def _normalised(pixels: NDArray[np.uint8], tower: ImageTower) -> NDArray[np.float32]:
    scale = 1.0 / (255.0 * np.asarray(tower.std, dtype=np.float32))
    offset = np.asarray(tower.mean, dtype=np.float32) / np.asarray(tower.std, dtype=np.float32)
    return np.ascontiguousarray((pixels * scale - offset).transpose(0, 3, 1, 2), dtype=np.float32)
