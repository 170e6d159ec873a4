"""Captions on behalf of the facade: the nearest to a photo, and the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.api.keeping import BANK_SETTING
from engine.api.searching import bounded, known_photo, photo_vector
from engine.errors import KnownError
from engine.imaging.metadata_captions import LONGEST_CAPTION, clean_text
from engine.indexing.caption_vectors import CaptionEncoder
from engine.library.captions import Caption, language_of
from engine.protocol import ErrorKind, PhotoPath
from engine.protocol.methods import CaptionRow, CaptionsResult
from engine.search.captioning import CaptionFinder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from engine.api.parts import Parts
    from engine.library.captions import StoredCaption
    from engine.library.contents import FoundPhoto
    from engine.protocol.methods import CaptionAdd, CaptionEdit, CaptionsRequest
    from engine.search.captioning import NearCaption

PHOTOS_SAMPLED = 2000
PEOPLES_SOURCES = ("user", "imported", "sidecar", "xmp", "iptc")


def nearest(parts: Parts, request: CaptionsRequest, reading_bank: Callable[[], None] = lambda: None) -> CaptionsResult:
    """The photo's own captions, and the nearest of the library and the bank.

    ``reading_bank`` is called before the bank is read under a model that has not read it yet, which takes seconds.
    """
    path, content, vector = _photo(parts, request)
    wants_bank = request.source == "bank" or parts.settings.get(BANK_SETTING) != "false"
    bank = parts.shared.bank if wants_bank else None
    if bank is not None and request.source != "library":
        bank.vectors(reading_bank)
    parts.vectors.refresh(parts.embeddings())
    photos = parts.vectors.sample(PHOTOS_SAMPLED)
    finder = CaptionFinder(parts.captions, parts.embeddings().model, parts.encoder, bank, photos)
    found = finder.nearest(
        vector, bounded(request.limit), source=request.source, language=request.language, besides=content
    )
    where = parts.contents.present([item.stored.content for item in found if item.stored is not None])
    return CaptionsResult(
        PhotoPath.of(path), _own_rows(parts, content, vector), tuple(_near_row(item, where) for item in found)
    )


def _own_rows(parts: Parts, content: int | None, vector: NDArray[np.float32]) -> tuple[CaptionRow, ...]:
    # Encoded here and now: they are few, and one just read may have no vector yet.
    own = [] if content is None else [caption for caption in parts.captions.of(content) if caption.source != "ocr"]
    scores = parts.encoder.encode_texts([caption.text for caption in own]) @ vector
    return tuple(
        CaptionRow(caption.text, caption.language, caption.source, round(float(score), 4), caption.id)
        for caption, score in zip(own, scores, strict=True)
    )


def _photo(parts: Parts, request: CaptionsRequest) -> tuple[Path, int | None, NDArray[np.float32]]:
    if request.photo_id is not None:
        photo = known_photo(parts, request.photo_id)
        vector = parts.embeddings().get(photo.content)
        if vector is not None:
            return photo.path, photo.content, vector
        path = photo.path
    elif request.path is not None:
        path = request.path.to_path()
    else:
        raise KnownError(ErrorKind.USAGE, "Say which photo: one of the library, or a file.")
    return path, *photo_vector(parts, path)


def add(parts: Parts, request: CaptionAdd) -> CaptionRow:
    """Add the user's own caption."""
    text = _checked(request.text)
    content = known_photo(parts, request.photo_id).content
    caption = Caption(text, request.language or language_of(text), "user")
    with parts.database.transaction():
        parts.captions.add(content, [caption])
        stored = parts.captions.find(content, caption)
    if stored is None:
        raise KnownError(ErrorKind.NOT_FOUND, "That photo is no longer in the library.")
    CaptionEncoder(parts.database, parts.encoder).encode([stored])
    return row_of(stored)


def edit(parts: Parts, request: CaptionEdit) -> CaptionRow:
    """Change a caption's words."""
    text = _checked(request.text)
    _known(parts, request.caption_id)
    with parts.database.transaction():
        parts.captions.edit(request.caption_id, text, language_of(text))
    stored = _known(parts, request.caption_id)
    CaptionEncoder(parts.database, parts.encoder).encode([stored])
    return row_of(stored)


def remove(parts: Parts, caption_id: int) -> None:
    """Remove a caption."""
    _known(parts, caption_id)
    with parts.database.transaction():
        parts.captions.remove(caption_id)


def captioned_photos(parts: Parts) -> list[tuple[Path, tuple[str, ...]]]:
    """Present photos with the captions people gave them."""
    texts: dict[int, list[str]] = {}
    for caption in parts.captions.all(PEOPLES_SOURCES):
        texts.setdefault(caption.content, []).append(caption.text)
    present = parts.contents.present(list(texts))
    return [(present[content].path, tuple(found)) for content, found in texts.items() if content in present]


def row_of(caption: StoredCaption) -> CaptionRow:
    """A stored caption as the wire shows it."""
    return CaptionRow(caption.text, caption.language, caption.source, caption_id=caption.id)


def _near_row(item: NearCaption, where: dict[int, FoundPhoto]) -> CaptionRow:
    if item.stored is None:
        return CaptionRow(item.text, item.language, item.source, round(item.score, 4))
    photo = where.get(item.stored.content)
    path = None if photo is None else PhotoPath.of(photo.path)
    return CaptionRow(item.text, item.language, item.source, round(item.score, 4), item.stored.id, path)


def _known(parts: Parts, caption_id: int) -> StoredCaption:
    found = parts.captions.get(caption_id)
    if found is None:
        raise KnownError(ErrorKind.NOT_FOUND, "That caption is no longer in the library.")
    return found


def _checked(text: str) -> str:
    if len(text.strip()) > LONGEST_CAPTION:
        raise KnownError(ErrorKind.USAGE, f"A caption may have at most {LONGEST_CAPTION} characters.")
    tidy = clean_text(text)
    if not tidy:
        raise KnownError(ErrorKind.USAGE, "A caption needs words.")
    return tidy
