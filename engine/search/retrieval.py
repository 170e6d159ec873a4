"""Retrieval: the nearest photos to a text or to another photo, by cosine over the hot matrix."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from engine.protocol import Hit, PhotoPath, SearchResult
from engine.search.confidence import confidence_of, overall

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from engine.library.embeddings import Embeddings
    from engine.library.photos import FoundPhoto, Photos
    from engine.models.encoder import Encoder
    from engine.models.package import Calibration
    from engine.protocol import Confidence
    from engine.search.vectors import HotMatrix, Nearest

VECTORS_CHANNEL = "vectors"


class Retriever:
    """Searches one library under one model. Belongs to the thread whose connection it was given."""

    def __init__(
        self,
        photos: Photos,
        embeddings: Embeddings,
        matrix: HotMatrix,
        encoder: Encoder,
        thumbnail_of: Callable[[bytes], Path | None],
    ) -> None:
        self._photos = photos
        self._embeddings = embeddings
        self._matrix = matrix
        self._encoder = encoder
        self._thumbnail_of = thumbnail_of

    def by_text(self, text: str, limit: int) -> SearchResult:
        """The ``limit`` photos that fit ``text`` best."""
        started = time.perf_counter()
        vector = self._encoder.encode_texts([text])[0]
        hits = self._hits(vector, limit, self._encoder.card.calibration)
        return self._result(text, hits, started)

    def by_photo(self, photo: Path, vector: NDArray[np.float32], limit: int, besides: int | None) -> SearchResult:
        """The ``limit`` photos nearest to a photo's unit vector of shape (dim,), leaving out the content ``besides``."""
        started = time.perf_counter()
        # Photos lie closer to each other than texts to photos: the calibration, made for texts, says nothing here.
        return self._result(str(photo), self._hits(vector, limit, None, besides), started)

    def _result(self, shown: str, hits: list[Hit], started: float) -> SearchResult:
        took_ms = round((time.perf_counter() - started) * 1000, 2)
        level = overall([hit.confidence for hit in hits])
        return SearchResult(shown, self._encoder.card.key, level, took_ms, tuple(hits))

    def _hits(
        self, vector: NDArray[np.float32], limit: int, calibration: Calibration | None, besides: int | None = None
    ) -> list[Hit]:
        self._matrix.refresh(self._embeddings)
        wanted = limit + 32
        while True:
            nearest = self._matrix.nearest(vector, wanted)
            found = self._photos.present([int(content) for content in nearest.contents if content != besides])
            if len(found) >= limit or wanted >= len(self._matrix):
                return self._ranked(nearest, found, calibration)[:limit]
            wanted *= 4  # many of the nearest are missing from disk: look further

    def _ranked(self, nearest: Nearest, found: dict[int, FoundPhoto], calibration: Calibration | None) -> list[Hit]:
        hits: list[Hit] = []
        for content, score in zip(nearest.contents.tolist(), nearest.scores.tolist(), strict=True):
            if content in found:
                level = confidence_of(score, calibration)
                hits.append(self._hit(found[content], score, level, len(hits) + 1))
        return hits

    def _hit(self, photo: FoundPhoto, score: float, level: Confidence, rank: int) -> Hit:
        thumbnail = self._thumbnail_of(photo.digest)
        return Hit(
            photo_id=photo.id,
            path=PhotoPath.of(photo.path),
            score=round(score, 4),
            confidence=level,
            rank=rank,
            channels=(VECTORS_CHANNEL,),
            taken_at=photo.taken_at,
            thumbnail=None if thumbnail is None else str(thumbnail),
        )
