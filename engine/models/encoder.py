"""The encoder: a model package at work. Pixels or texts in, unit vectors of one space out."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

import numpy as np

from engine.errors import KnownError
from engine.models.image_runner import ImageRunner, normalised
from engine.models.memory import give_back
from engine.models.package import ModelCard, read_card, verify
from engine.models.session import Session
from engine.models.tokenizer import TextTokenizer
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.models.image_runner import RunnerFacts, Standing


class EncodesPhotos(Protocol):
    """What indexing needs of an encoder."""

    @property
    def card(self) -> ModelCard:
        """The model's card."""

    def encode_images(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, size, size, 3) uint8 RGB to (N, dim) float32 of unit length."""

    @property
    def batch_size(self) -> int:
        """How many photos at once suit it."""


class Encoder:
    """A model package; each tower is verified and loaded when first used, and may be used from any thread."""

    def __init__(self, folder: Path, card: ModelCard, *, threads: int = 0, wanted: str | None = None) -> None:
        """``wanted``: the provider that a person asks for to run the image tower, None for the best there is."""
        self.card = card
        self.folder = folder
        self._threads = threads
        self._loading = threading.Lock()
        self._runner = ImageRunner(folder, card, threads=threads, wanted=wanted)
        self._text: tuple[Session, TextTokenizer] | None = None
        self._read_at = 0.0
        self._reranker: Session | None = None

    @classmethod
    def open(cls, folder: Path, *, threads: int = 0, wanted: str | None = None) -> Encoder:
        """Read the card; raises ``KnownError`` (MODEL_MISSING, MODEL_DAMAGED)."""
        return cls(folder, read_card(folder), threads=threads, wanted=wanted)

    @property
    def facts(self) -> RunnerFacts:
        """What ran the last photos, and how fast."""
        return self._runner.facts

    @property
    def provider(self) -> str | None:
        """The execution provider that ran the last photos, None before the first."""
        return self._runner.facts.provider

    @property
    def standing(self) -> Standing:
        """Which provider was decided on to run photos, and why better ones were left out; nothing is tried."""
        return self._runner.standing

    def decide(self) -> Standing:
        """Try what can run photos here, if that is not known yet: seconds, rarely minutes."""
        return self._runner.decide()

    def ask_for(self, wanted: str | None) -> None:
        """Run photos on this provider from the next batch on, None for the best there is. From any thread."""
        self._runner.ask_for(wanted)

    @property
    def batch_size(self) -> int:
        """How many photos at once suit what runs the image tower."""
        return self._runner.batch_size

    def release_images(self, idle_s: float = 0.0) -> bool:
        """Give back the image tower's memory, on the GPU and here, unless it ran in the last ``idle_s`` seconds.

        The next photo loads it again. Gives whether there was anything to give back.
        """
        return self._runner.release(idle_s)

    def release_texts(self, idle_s: float = 0.0) -> bool:
        """Give back the memory of what reads texts, unless one was read in the last ``idle_s`` seconds.

        The next text loads it again. Gives whether there was anything to give back.
        """
        with self._loading:
            if self._text is None or time.monotonic() - self._read_at < idle_s:
                return False
            self._text = self._reranker = None  # whoever uses them now holds them until done
        give_back()
        return True

    def encode_images(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Encode (N, size, size, 3) uint8 RGB pixels, 0..255, into (N, dim) float32 unit vectors.

        A picture the tower cannot handle gives a row of NaN or zeros, never an exception: the caller checks.
        """
        if not len(pixels):
            return np.zeros((0, self.card.dim), dtype=np.float32)
        tower = self.card.image
        return unit(self._runner.run(tower.output, self._rows(pixels)))

    def encode_grid(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Encode one photo, (size, size, 3) uint8, into its grid, (cells, dim) float32, row by row.

        Raises ``KnownError`` (EXTRA_MISSING) for a model whose image tower gives no grid.
        """
        tower = self.card.image
        if tower.grid_output is None:
            raise KnownError(ErrorKind.EXTRA_MISSING, f"The model {self.card.key} cannot say which part matched.")
        grid: NDArray[np.float32] = self._runner.run(tower.grid_output, self._rows(pixels[None]))[0]
        return grid

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode texts into (N, dim) float32 unit vectors; an empty sequence gives shape (0, dim)."""
        if not texts:
            return np.zeros((0, self.card.dim), dtype=np.float32)
        return unit(self._run_text(texts, self.card.text.output)[0])

    def _run_text(self, texts: Sequence[str], output: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """One output of the text tower, and the mask (N, L) of its input."""
        session, tokenizer = self._text_session()
        ids, mask = tokenizer.encode(texts)
        tower = self.card.text
        feeds = {tower.input_ids: ids}
        if tower.attention_mask is not None:
            feeds[tower.attention_mask] = mask
        return session.run(output, feeds), mask

    def rerank(self, text: str, grids: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the re-ranker adds to the cosine of each photo: (N,) for the photos' grids, (N, cells, dim).

        Raises ``KnownError`` (EXTRA_MISSING) for a model without a re-ranker.
        """
        part = self.card.reranker
        if part is None:
            raise KnownError(ErrorKind.EXTRA_MISSING, f"The model {self.card.key} has no re-ranker.")
        with self._loading:
            if self._reranker is None:
                verify(self.folder, self.card, part.file)
                self._reranker = Session(self.folder / part.file, threads=self._threads)
            reranker = self._reranker
        words, mask = self._run_text([text], part.states)
        feeds = {part.words: words, part.cells: grids} | ({} if part.mask is None else {part.mask: mask})
        return reranker.run(part.output, feeds).reshape(-1)

    def _rows(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8] | NDArray[np.float32]:
        tower = self.card.image
        return pixels if tower.dtype == "uint8" else normalised(pixels, tower.mean, tower.std)

    def _text_session(self) -> tuple[Session, TextTokenizer]:
        with self._loading:
            self._read_at = time.monotonic()
            if self._text is None:
                tower = self.card.text
                verify(self.folder, self.card, tower.file, tower.tokenizer, *tower.data_files)
                # One short text at a time: a GPU would only cost the copy.
                session = Session(self.folder / tower.file, threads=self._threads, arena=False)
                self._text = (session, TextTokenizer(self.folder, tower))
                give_back()
            return self._text


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale each row of (N, dim) to length 1; a zero row becomes NaN, so that it cannot pass for a vector."""
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled
