"""Which photo of the library a captions file means by a name: a path, or a file name that only one photo has."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.library.photo_lookup import LocatedPhoto, PhotoLookup

MOST_NAMESAKES = 1000  # of "1.jpg" there may be one in every folder: comparing all of them is no use


class PhotoMatcher:
    """Matches names with photos; those of ``folder`` alone where one is given, else of the whole library."""

    def __init__(self, lookup: PhotoLookup, folder: Path | None) -> None:
        self._lookup = lookup
        self._folder = None if folder is None else Path(os.path.realpath(folder.expanduser()))

    def match(self, name: str) -> LocatedPhoto | str:
        """The photo meant by ``name``, or why there is none: a sentence for people."""
        for path in self._paths(name):
            photo = self._lookup.at(path)
            if photo is not None:
                return photo if photo.content is not None else "the photo has not been read yet"
        return self._by_name(name)

    def _paths(self, name: str) -> Iterator[Path]:
        for spelling in dict.fromkeys((name, name.strip(), name.strip().replace("\\", "/"))):
            given = Path(spelling)
            if given.is_absolute():
                yield from same_places(given)
            elif self._folder is not None:
                yield self._folder / given
                yield Path(os.path.normpath(self._folder / given))

    def _by_name(self, name: str) -> LocatedPhoto | str:
        parts = PurePosixPath(name.strip().replace("\\", "/")).parts
        namesakes = self._lookup.named(parts[-1], limit=MOST_NAMESAKES + 1) if parts else []
        found = [photo for photo in namesakes if self._may_be(photo)]
        if len(namesakes) > MOST_NAMESAKES:
            return "several photos have this name"
        if not found:
            return "no photo of the library has this name"
        closest = max(_common_end(photo, parts) for photo in found)
        best = [photo for photo in found if _common_end(photo, parts) == closest]
        if len({photo.content for photo in best}) > 1:
            return "several photos have this name"
        return best[0]

    def _may_be(self, photo: LocatedPhoto) -> bool:
        is_inside = self._folder is None or photo.path.is_relative_to(self._folder)
        return is_inside and photo.content is not None


def same_places(path: Path) -> Iterator[Path]:
    """The ways in which a library may have written down this path: as it is, and with its links resolved."""
    plain = Path(os.path.abspath(path.expanduser()))
    yield plain
    yield Path(os.path.realpath(plain.parent)) / plain.name
    yield Path(os.path.realpath(plain))


def _common_end(photo: LocatedPhoto, parts: Sequence[str]) -> int:
    pairs = zip(reversed(photo.path.parts), reversed(parts), strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), len(parts))
