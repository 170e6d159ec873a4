"""Encoding captions with the text tower, so that photos can be compared with what people wrote about others."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from engine.library.captions import Captions
from engine.library.embeddings import Embeddings, usable
from engine.models.encoder import EncodesPhotos
from engine.protocol import IndexProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engine.library.captions import StoredCaption
    from engine.library.connection import Connection
    from engine.models.package import ModelCard

ENCODE_BATCH = 64
CHUNK = 1024  # captions sorted by length before they are cut into batches: padding costs as much as words

PHASE = "captions"


class EncodesTexts(Protocol):
    """What captions need of an encoder."""

    @property
    def card(self) -> ModelCard:
        """The model's card."""

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Texts to (N, dim) float32 of unit length."""


class EncodesBoth(EncodesPhotos, EncodesTexts, Protocol):
    """Both towers: what a whole indexing run needs."""


class CaptionEncoder:
    """Gives captions their vectors under one model. Uses the writer connection it is given, from its thread."""

    def __init__(self, database: Connection, encoder: EncodesTexts) -> None:
        self._database = database
        self._encoder = encoder
        self._captions = Captions(database)
        self._fingerprint = encoder.card.text_fingerprint

    def encode_pending(
        self,
        progress: Callable[[IndexProgress], None] = lambda _: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> int:
        """Encode every caption that has no vector yet, one transaction a batch; how many got one."""
        total = self._captions.count_without_vector(self._model(), self._fingerprint)
        made = seen = 0
        started = time.monotonic()
        for batch in self._batches() if total else ():
            if stop():
                break
            made += self.encode(batch)
            seen += len(batch)
            rate = seen / max(1e-9, time.monotonic() - started)
            progress(IndexProgress(PHASE, seen, max(0, total - seen), 0, rate))
        return made

    def encode(self, captions: Sequence[StoredCaption]) -> int:
        """Encode just these; how many got a vector. A text the tower makes nothing of is passed over."""
        vectors = self._encoder.encode_texts([caption.text for caption in captions])
        rows = [row for row, fine in enumerate(usable(vectors).tolist()) if fine]
        with self._database.transaction():
            self._captions.add_vectors(
                self._model(), self._fingerprint, [captions[row].id for row in rows], vectors[rows]
            )
        return len(rows)

    def _batches(self) -> Iterator[list[StoredCaption]]:
        after = 0
        while chunk := self._captions.without_vector(self._model(), self._fingerprint, limit=CHUNK, after=after):
            after = chunk[-1].id
            chunk.sort(key=lambda caption: len(caption.text))
            for start in range(0, len(chunk), ENCODE_BATCH):
                yield chunk[start : start + ENCODE_BATCH]

    def _model(self) -> int:
        card = self._encoder.card
        return Embeddings.of_model(self._database, card.key, card.fingerprint, card.dim).model
