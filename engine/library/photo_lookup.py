"""Finding photos by path or by file name, as captions files and people name them."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from engine.library.photos import ContentId, PhotoId, absolute

if TYPE_CHECKING:
    from pathlib import Path

    from engine.library.connection import Connection


@dataclass(frozen=True, slots=True)
class LocatedPhoto:
    """A photo row; ``content`` is None until its file has been read."""

    id: PhotoId
    content: ContentId | None
    path: Path


class PhotoLookup:
    """Looks photos up; what it has learnt about names stays as it was when first asked."""

    def __init__(self, database: Connection) -> None:
        self._database = database

    def at(self, path: Path) -> LocatedPhoto | None:
        """The photo at an absolute path, present or missing."""
        raw = os.fsencode(path)
        for folder, root in self._roots:
            inside = root.rstrip(os.fsencode(os.sep)) + os.fsencode(os.sep)
            if raw.startswith(inside):
                row = self._database.row(
                    "SELECT id, content FROM photo WHERE folder = ? AND path = ?", (folder, raw[len(inside) :])
                )
                if row is not None:
                    return LocatedPhoto(row[0], row[1], path)
        return None

    def named(self, name: str, *, limit: int) -> list[LocatedPhoto]:
        """Present photos whose file has this name, in any folder; at most ``limit``."""
        found: list[LocatedPhoto] = []
        for photo in self._by_name.get(_same_form(name), [])[:limit]:
            row = self._database.row(
                """
                SELECT photo.content, folder.path, photo.path
                  FROM photo JOIN folder ON folder.id = photo.folder WHERE photo.id = ?
                """,
                (photo,),
            )
            if row is not None:
                content, root, path = row
                found.append(LocatedPhoto(photo, content, absolute(root, path)))
        return found

    @cached_property
    def _roots(self) -> list[tuple[int, bytes]]:
        return [(int(id_), bytes(root)) for id_, root in self._database.rows("SELECT id, path FROM folder")]

    @cached_property
    def _by_name(self) -> dict[str, list[PhotoId]]:
        found: dict[str, list[PhotoId]] = {}
        for photo, name in self._database.stream("SELECT id, name FROM photo WHERE missing_since IS NULL"):
            found.setdefault(_same_form(name), []).append(photo)
        return found


def _same_form(name: str) -> str:
    # macOS hands out names in decomposed form, other systems mostly in composed form.
    return unicodedata.normalize("NFC", name)
