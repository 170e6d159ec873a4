"""What a person asks for, as the desktop holds it: words, photos to be like, an order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.protocol.methods import SearchRequest, SimilarRequest

if TYPE_CHECKING:
    from engine.protocol import Hit, PhotoPath, Span

Order = Literal["relevance", "date"]


@dataclass(frozen=True, slots=True)
class PhotoTerm:
    """A photo to be like: any file, or one of the library with its id and thumbnail."""

    path: PhotoPath
    photo_id: int | None = None
    thumbnail: str | None = None

    @classmethod
    def of(cls, hit: Hit) -> PhotoTerm:
        """A photo of the library as a term."""
        return cls(hit.path, hit.photo_id, hit.thumbnail)


@dataclass(frozen=True, slots=True)
class Query:
    """Words, photos and an order. An empty query means all photos by date."""

    text: str = ""
    photos: tuple[PhotoTerm, ...] = ()
    order: Order = "relevance"

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to search for."""
        return not self.text.strip() and not self.photos

    def request(self, *, remember: bool) -> tuple[str, SearchRequest | SimilarRequest]:
        """The method of the wire that answers this query, and its request."""
        if len(self.photos) == 1 and not self.text.strip() and self.photos[0].photo_id is not None:
            return "similar", SimilarRequest(photo_id=self.photos[0].photo_id)
        paths = tuple(photo.path for photo in self.photos)
        return "search", SearchRequest(self.text, paths, order=self.order, remember=remember)


def cut(text: str, span: Span) -> str:
    """Take a clause out of the text, and one of the blanks around it."""
    before, after = text[: span.start].rstrip(), text[span.end :].lstrip()
    needs_blank = before and after and (text[span.start - 1 : span.start].isspace() or text[span.end].isspace())
    return f"{before} {after}" if needs_blank else before + after
