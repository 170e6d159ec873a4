"""Sidecar rows: which text or XMP file beside a photo was read, when it was last changed, and what came from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.library.database import now

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.library.captions import Caption
    from engine.library.connection import Connection
    from engine.library.folders import FolderId
    from engine.library.photos import ContentId, PhotoId


@dataclass(frozen=True, slots=True)
class Sidecar:
    """One file beside one photo; ``path`` is relative to the folder, as bytes."""

    path: bytes
    photo: PhotoId
    content: ContentId
    byte_size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class KnownSidecar:
    """A row, and where its photo lies today (it may have moved away from its sidecar)."""

    id: int
    sidecar: Sidecar
    photo_path: bytes
    is_photo_missing: bool


class Sidecars:
    """The sidecars of a library."""

    def __init__(self, database: Connection) -> None:
        self._database = database

    def known(self, folder: FolderId) -> list[KnownSidecar]:
        """Every sidecar that was read in a folder."""
        rows = self._database.stream(
            """
            SELECT sidecar.id, sidecar.path, sidecar.photo, sidecar.content, sidecar.byte_size, sidecar.mtime_ns,
                   CASE photo.folder WHEN sidecar.folder THEN photo.path ELSE :nowhere END,
                   photo.missing_since IS NOT NULL
              FROM sidecar JOIN photo ON photo.id = sidecar.photo
             WHERE sidecar.folder = :folder
            """,
            {"folder": folder, "nowhere": b""},
        )
        return [
            KnownSidecar(id_, Sidecar(path, photo, content, size, mtime), photo_path, bool(missing))
            for id_, path, photo, content, size, mtime, photo_path, missing in rows
        ]

    def photos(self, folder: FolderId) -> Iterator[tuple[bytes, PhotoId, ContentId]]:
        """Path, id and content of each present photo of a folder whose content is known."""
        yield from self._database.stream(
            "SELECT path, id, content FROM photo WHERE folder = ? AND missing_since IS NULL AND content IS NOT NULL",
            (folder,),
        )

    def replace(self, folder: FolderId, sidecar: Sidecar, captions: Sequence[Caption]) -> None:
        """What this file says of this photo from now on; a text that the content has from elsewhere is not repeated."""
        row = self._database.insert(
            """
            INSERT INTO sidecar (folder, path, photo, content, byte_size, mtime_ns) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (folder, path, photo) DO UPDATE SET content = excluded.content, byte_size = excluded.byte_size,
                                                            mtime_ns = excluded.mtime_ns
            RETURNING id
            """,
            (folder, sidecar.path, sidecar.photo, sidecar.content, sidecar.byte_size, sidecar.mtime_ns),
        )
        before = self._captions_of(row)
        after = {id_ for item in captions if (id_ := self._own_caption(sidecar.content, item)) is not None}
        self._database.run_many(
            "INSERT INTO sidecar_caption (sidecar, caption) VALUES (?, ?) ON CONFLICT DO NOTHING",
            ((row, id_) for id_ in after),
        )
        self._database.run_many(
            "DELETE FROM sidecar_caption WHERE sidecar = ? AND caption = ?", ((row, id_) for id_ in before - after)
        )
        self._forget(before - after)

    def drop(self, sidecars: Iterable[int]) -> None:
        """These files are gone: what came from them alone goes too."""
        for row in sidecars:
            captions = self._captions_of(row)
            self._database.run("DELETE FROM sidecar WHERE id = ?", (row,))
            self._forget(captions)

    def _captions_of(self, row: int) -> set[int]:
        return {id_ for (id_,) in self._database.rows("SELECT caption FROM sidecar_caption WHERE sidecar = ?", (row,))}

    def _own_caption(self, content: ContentId, caption: Caption) -> int | None:
        known = self._database.row(
            """
            SELECT id, source FROM caption WHERE content = ? AND text = ? AND source NOT IN ('bank', 'ocr')
             ORDER BY source = 'sidecar'
            """,
            (content, caption.text),
        )
        if known is not None:
            return int(known[0]) if known[1] == "sidecar" else None
        removed = "SELECT 1 FROM removed_caption WHERE content = ? AND text = ?"
        if self._database.row(removed, (content, caption.text)) is not None:
            return None  # what the user has removed stays removed
        return self._database.insert(
            """
            INSERT INTO caption (content, text, language, source, added_at) VALUES (?, ?, ?, 'sidecar', ?) RETURNING id
            """,
            (content, caption.text, caption.language, now()),
        )

    def _forget(self, captions: Iterable[int]) -> None:
        # One that the user has edited is theirs, and one that another sidecar says as well stays.
        self._database.run_many(
            """
            DELETE FROM caption WHERE id = ? AND source = 'sidecar'
               AND NOT EXISTS (SELECT 1 FROM sidecar_caption AS link WHERE link.caption = caption.id)
            """,
            ((id_,) for id_ in captions),
        )
