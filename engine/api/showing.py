"""Showing a photo: its details, a preview, and which part of it matches."""

from __future__ import annotations

import contextlib
import errno
from pathlib import Path
from typing import TYPE_CHECKING

from engine.api.captioning import row_of
from engine.api.searching import decode_photo, known_photo, today, unusable
from engine.errors import KnownError
from engine.imaging.previews import PreviewStore
from engine.protocol import ErrorKind, PhotoPath
from engine.protocol.methods import CachesCleared, Explanation, PhotoDetails, PreviewResult, WordRelevance

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from engine.api.parts import Parts
    from engine.library.contents import FoundPhoto
    from engine.protocol.methods import ExplainRequest, PreviewRequest


_SMALLEST_PREVIEW, _LARGEST_PREVIEW = 64, 16_384


def details(parts: Parts, photo_id: int) -> PhotoDetails:
    """Everything known about a photo."""
    photo = known_photo(parts, photo_id)
    facts = parts.contents.facts(photo.content)
    others = [path for path in parts.contents.paths(photo.content) if path != photo.path]
    return PhotoDetails(
        photo_id=photo.id,
        paths=tuple(PhotoPath.of(path) for path in (photo.path, *others)),
        format=facts.format,
        width=facts.width,
        height=facts.height,
        byte_size=parts.contents.byte_size(photo.content),
        taken_at=facts.taken_at,
        camera=facts.camera,
        latitude=facts.latitude,
        longitude=facts.longitude,
        is_offline=photo.is_offline,
        thumbnail=parts.thumbnail_of(photo.digest),
        captions=tuple(row_of(caption) for caption in parts.captions.of(photo.content)),
    )


def preview(parts: Parts, request: PreviewRequest) -> PreviewResult:
    """Write a preview beside the thumbnails, once for each content and size, and say where it is."""
    from engine.imaging.jobs import DecodeJob, Failed
    from engine.imaging.pool import DecodePool

    photo = known_photo(parts, request.photo_id)
    edge = min(max(request.max_edge, _SMALLEST_PREVIEW), _LARGEST_PREVIEW)
    store = PreviewStore(parts.shared.paths.previews)
    if not store.has(photo.digest, edge):
        if photo.is_offline:
            raise unusable(photo.path, "its folder is offline")
        with DecodePool(1) as pool:
            decoded = pool.decode_one(DecodeJob(0, photo.path, (), thumbnail_edge=edge))
        if isinstance(decoded, Failed) or decoded.thumbnail is None:
            why = decoded.detail if isinstance(decoded, Failed) else "no preview"
            raise unusable(photo.path, why)
        with _writing():
            store.write(photo.digest, edge, decoded.thumbnail)
    facts = parts.contents.facts(photo.content)
    width, height = facts.width or edge, facts.height or edge
    scale = min(1.0, edge / max(width, height))
    shown = [max(1, round(side * scale)) for side in (width, height)]
    return PreviewResult(str(store.path_of(photo.digest, edge)), shown[0], shown[1])


def clear_caches(parts: Parts) -> CachesCleared:
    """Remove the previews: thumbnails stay, an offline photo is shown by nothing else."""
    return CachesCleared(PreviewStore(parts.shared.paths.previews).clear())


@contextlib.contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        raise KnownError(
            ErrorKind.DISK_FULL if full else ErrorKind.LIBRARY_READ_ONLY,
            "The preview cannot be written. Free some space, or check the permissions of the library's folder.",
        ) from error


def explain(parts: Parts, request: ExplainRequest) -> Explanation:
    """Which part of a photo each word of the query is near to."""
    from engine.search.explanation import explain as maps_of
    from engine.search.query import parse

    photo = known_photo(parts, request.photo_id)
    text = parse(request.text, today=today()).text
    if not text:
        raise KnownError(ErrorKind.USAGE, "There are no words to look for in the photo.")
    maps = maps_of(parts.encoder, text, parts.encoder.encode_grid(_pixels(parts, photo)), parts.shared.is_word)
    vector = parts.embeddings().get(photo.content)
    score = 0.0 if vector is None else float(parts.encoder.encode_texts([text])[0] @ vector)
    return Explanation(
        photo.id, round(score, 4), tuple(_relevance(item.word, item.weight, item.relevance) for item in maps)
    )


def _pixels(parts: Parts, photo: FoundPhoto) -> NDArray[np.uint8]:
    # The thumbnail is our own file and already small: an offline photo can still be explained.
    thumbnail = parts.thumbnail_of(photo.digest)
    return decode_photo(parts, photo.path if thumbnail is None else Path(thumbnail))


def _relevance(word: str, weight: float, relevance: NDArray[np.float32]) -> WordRelevance:
    rows, columns = relevance.shape
    return WordRelevance(word, weight, rows, columns, tuple(round(float(value), 4) for value in relevance.ravel()))
