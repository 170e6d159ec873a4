"""Searching on behalf of the facade: requests as they come over the wire, or from the command line."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from engine.errors import KnownError, PhotoError
from engine.protocol import Confidence, ErrorKind, Hit, PhotoPath, SearchResult
from engine.search.query import parse
from engine.search.retrieval import Asked

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from engine.api.parts import Parts
    from engine.library.contents import FoundPhoto
    from engine.protocol.methods import BrowseRequest, BrowseResult, SearchRequest, SimilarRequest, Understood

MOST_HITS = 10_000_000
HEAVIEST = 100.0


def today() -> date:
    """The day that "yesterday" is counted from: the person's own calendar."""
    return datetime.now().astimezone().date()


def bounded(count: int) -> int:
    """A count that came over the wire, within what SQLite and memory can take."""
    return min(max(0, count), MOST_HITS)


def search(parts: Parts, request: SearchRequest) -> SearchResult:
    """One search: the whole query language, photos to be like, texts not wanted."""
    known = [photo_vector(parts, photo.to_path()) for photo in request.photos]
    query = parse(request.text, today=today())
    # A photo is no answer to the question what is like it.
    besides = frozenset(content for content, _ in known if content is not None)
    vectors = tuple(vector for _, vector in known)
    asked = Asked(
        query, vectors, request.without, besides, bounded(request.limit), request.order, request.grouped,
        tuple(min(max(weight, -HEAVIEST), HEAVIEST) for weight in request.weights),
    )  # fmt: skip
    return parts.retriever.search(asked)


def understand(text: str) -> Understood:
    """The chips of a text, without searching."""
    from engine.protocol.methods import Understood

    return Understood(parse(text, today=today()).clauses)


def similar(parts: Parts, request: SimilarRequest) -> SearchResult:
    """Photos like one of the library or any file; itself and its copies are left out."""
    if request.photo_id is not None:
        photo = known_photo(parts, request.photo_id)
        path, content = photo.path, int(photo.content)
        vector = parts.embeddings().get(content)
        if vector is None:
            vector = encode_photo(parts, path)
        found = _like(parts, vector, content, bounded(request.limit))
    else:
        if request.path is None:
            raise KnownError(ErrorKind.USAGE, "Say which photo: one of the library, or a file.")
        path = request.path.to_path()
        known, vector = photo_vector(parts, path)
        found = _like(parts, vector, known, bounded(request.limit))
    return SearchResult(
        str(path), found.model, found.confidence, found.took_ms, found.hits, (), found.covered, found.known
    )


def _like(parts: Parts, vector: NDArray[np.float32], besides: int | None, limit: int) -> SearchResult:
    nothing = parse("", today=today())
    itself = frozenset() if besides is None else frozenset({besides})
    return parts.retriever.search(Asked(nothing, (vector,), (), itself, limit))


def browse(parts: Parts, request: BrowseRequest) -> BrowseResult:
    """A page of all photos, newest first."""
    from engine.library.selection import Selection
    from engine.protocol.methods import BrowseResult, MonthCount

    offset = bounded(request.offset)
    photos = parts.selector.by_date(Selection(), offset=offset, limit=bounded(request.limit))
    hits = tuple(_browsed(parts, photo, offset + row) for row, photo in enumerate(photos, start=1))
    months = tuple(MonthCount(*counted) for counted in parts.selector.months()) if request.months else ()
    return BrowseResult(parts.contents.count(), hits, months)


def _browsed(parts: Parts, photo: FoundPhoto, rank: int) -> Hit:
    return Hit(
        photo.id, PhotoPath.of(photo.located), 0.0, Confidence.MATCH, rank, (), None, photo.taken_at,
        parts.thumbnail_of(photo.digest), photo.is_offline,
    )  # fmt: skip


def known_photo(parts: Parts, photo_id: int) -> FoundPhoto:
    """A photo of the library; raises ``KnownError`` (NOT_FOUND)."""
    found = parts.contents.find(photo_id)
    if found is None:
        raise KnownError(ErrorKind.NOT_FOUND, "That photo is no longer in the library.")
    return found


def photo_vector(parts: Parts, photo: Path) -> tuple[int | None, NDArray[np.float32]]:
    """The content (None where unknown) and unit vector (dim,) of any photo file: the library's if it has one."""
    from engine.indexing.digests import read_digest

    try:
        digest = read_digest(photo, photo.stat().st_size)
    except OSError as error:
        raise unusable(photo, error.strerror or str(error)) from error
    except ValueError as error:  # a zero byte in the name
        raise unusable(photo, "no file can have this name") from error
    except PhotoError as error:
        raise unusable(photo, error.detail) from error
    content = None if digest is None else parts.contents.of_digest(digest)
    vector = None if content is None else parts.embeddings().get(content)
    return content, encode_photo(parts, photo) if vector is None else vector


def encode_photo(parts: Parts, photo: Path) -> NDArray[np.float32]:
    """Decode any photo file in a worker and encode it into a unit vector of shape (dim,)."""
    vector: NDArray[np.float32] = parts.encoder.encode_images(decode_photo(parts, photo)[None])[0]
    return vector


def decode_photo(parts: Parts, photo: Path) -> NDArray[np.uint8]:
    """The model's input (size, size, 3) of any photo file, decoded in a worker; raises ``KnownError``."""
    from engine.imaging.jobs import DecodeJob, Failed
    from engine.imaging.pool import DecodePool

    with DecodePool(1) as pool:
        decoded = pool.decode_one(DecodeJob(0, photo, (parts.encoder.card.image.input_spec,), thumbnail=False))
    if isinstance(decoded, Failed):
        raise unusable(photo, decoded.detail or decoded.reason.value)
    return decoded.inputs[0]


def unusable(photo: Path, why: str) -> KnownError:
    """The sentence for a file that is no usable photo."""
    return KnownError(ErrorKind.PHOTO_UNUSABLE, f"{photo} cannot be used as a photo: {why}.")
