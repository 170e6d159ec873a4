"""Contents: the distinct bytes that photos hold, what is known about them, and which still need work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.library.database import now
from engine.library.parts import AT_ONCE, rows_among
from engine.library.photos import ContentId, PhotoId, absolute, located
from engine.protocol import FolderState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.library.connection import Connection
    from engine.library.folders import FolderId

# A photo without a camera's date is dated by its file.
DATED = (
    "coalesce(content.taken_at, strftime('%Y-%m-%dT%H:%M:%S', photo.mtime_ns / 1000000000, 'unixepoch', 'localtime'))"
)

# "+ 0" makes SQLite go through contents in order and look up photos, so that the first 128 end it; the other way round
# it sorts all that are pending, every time: 210 ms of 500,000 instead of 0.4.
_WITHOUT_EMBEDDING = """
     FROM content
     JOIN photo  ON photo.content = content.id + 0 AND photo.missing_since IS NULL
     JOIN folder ON folder.id = photo.folder AND folder.state = :online
    WHERE content.id > :after AND content.id <= :upto
      AND NOT EXISTS (SELECT 1 FROM embedding WHERE embedding.content = content.id AND model = :model)
      AND NOT EXISTS (SELECT 1 FROM issue WHERE issue.folder = photo.folder AND issue.path = photo.path)
"""

_PENDING = """
      JOIN content ON content.id = pending.content
      JOIN photo   ON photo.id = pending.photo
      JOIN folder  ON folder.id = photo.folder
"""


@dataclass(frozen=True, slots=True)
class ContentFacts:
    """What decoding learnt about a content. ``taken_at`` is ISO 8601 in the camera's local time."""

    format: str
    width: int
    height: int
    taken_at: str | None
    camera: str | None
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True, slots=True)
class PendingContent:
    """A content without a vector, and one file that holds it."""

    id: ContentId
    digest: bytes
    folder: FolderId
    path: bytes
    absolute: Path
    byte_size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class FoundPhoto:
    """A photo as a hit shows it."""

    id: PhotoId
    content: ContentId
    located: str  # as text: a search looks up hundreds, and making each a ``Path`` takes as long as reading them
    digest: bytes
    taken_at: str | None
    is_offline: bool

    @property
    def path(self) -> Path:
        """Where the file is."""
        return Path(self.located)


class Contents:
    """The contents of a library, each with the files that hold it."""

    def __init__(self, database: Connection) -> None:
        self._database = database

    # What decoding and embedding ask and write

    def without_embedding(self, model: int, *, limit: int, after: int = 0, upto: int = 2**62) -> list[PendingContent]:
        """Contents with an id in ``after`` + 1 .. ``upto`` without a vector under ``model``, each with a file."""
        rows = self._database.rows(
            f"""
            SELECT content.id, content.digest, photo.folder, folder.path, photo.path, photo.byte_size, photo.mtime_ns
              FROM (SELECT content.id AS content, min(photo.id) AS photo {_WITHOUT_EMBEDDING}
                     GROUP BY content.id ORDER BY content.id LIMIT :limit) AS pending
              {_PENDING} ORDER BY content.id
            """,
            {"model": model, "limit": limit, "after": after, "upto": upto, "online": FolderState.ONLINE},
        )
        return [
            PendingContent(ContentId(id_), digest, folder, path, absolute(root, path), size, mtime)
            for id_, digest, folder, root, path, size, mtime in rows
        ]

    def newest(self) -> int:
        """The highest id there is; 0 without any."""
        return int(self._database.value("SELECT coalesce(max(id), 0) FROM content"))

    def pending_among(self, contents: Sequence[int], model: int) -> set[int]:
        """Those of ``contents`` that ``without_embedding`` would give."""
        found: set[int] = set()
        for start in range(0, len(contents), AT_ONCE):
            ids = ", ".join(f"{int(content)}" for content in contents[start : start + AT_ONCE])
            rows = self._database.rows(
                f"SELECT DISTINCT content.id {_WITHOUT_EMBEDDING} AND content.id IN ({ids})",
                {"model": model, "after": 0, "upto": 2**62, "online": FolderState.ONLINE},
            )
            found.update(content for (content,) in rows)
        return found

    def count_without_embedding(self, model: int) -> int:
        """How many contents ``without_embedding`` would give."""
        sql = f"SELECT count(*) FROM (SELECT content.id {_WITHOUT_EMBEDDING} GROUP BY content.id) AS pending"
        return int(self._database.value(sql, {"model": model, "after": 0, "upto": 2**62, "online": FolderState.ONLINE}))

    def unrecognized(self, model: int, *, limit: int) -> list[PendingContent]:
        """Contents with a vector under ``model`` whose text was not read yet, each with a file, newest first."""
        rows = self._database.rows(
            f"""
            SELECT content.id, content.digest, photo.folder, folder.path, photo.path, photo.byte_size, photo.mtime_ns
              FROM (SELECT content.id AS content, min(photo.id) AS photo
                      FROM content
                      JOIN embedding ON embedding.content = content.id AND embedding.model = :model
                      JOIN photo     ON photo.content = content.id AND photo.missing_since IS NULL
                      JOIN folder    ON folder.id = photo.folder AND folder.state = :online
                     WHERE content.recognized_at IS NULL
                     GROUP BY content.id ORDER BY content.id DESC LIMIT :limit) AS pending
              {_PENDING} ORDER BY content.id DESC
            """,
            {"model": model, "limit": limit, "online": FolderState.ONLINE},
        )
        return [
            PendingContent(ContentId(id_), digest, folder, path, absolute(root, path), size, mtime)
            for id_, digest, folder, root, path, size, mtime in rows
        ]

    def count_unrecognized(self, model: int) -> int:
        """How many contents with a vector under ``model`` were not read yet."""
        sql = """
            SELECT count(*) FROM content JOIN embedding ON embedding.content = content.id AND embedding.model = ?
             WHERE content.recognized_at IS NULL
        """
        return int(self._database.value(sql, (model,)))

    def mark_recognized(self, content: int) -> None:
        """Its text has been read, whatever came of it."""
        self._database.run("UPDATE content SET recognized_at = ? WHERE id = ?", (now(), content))

    def set_facts(self, content: ContentId, facts: ContentFacts, pixel_digest: bytes | None = None) -> None:
        """Store what decoding learnt; what is known of the pixels stays where they were not looked at."""
        self.set_all_facts([(content, facts, pixel_digest)])

    def set_all_facts(self, found: Iterable[tuple[ContentId, ContentFacts, bytes | None]]) -> None:
        """What ``set_facts`` does, for many contents."""
        self._database.run_many(
            """
            UPDATE content SET format = ?, width = ?, height = ?, taken_at = ?, camera = ?, latitude = ?, longitude = ?,
                               decoded_at = ?, pixel_digest = coalesce(?, pixel_digest)
             WHERE id = ?
            """,
            [
                (
                    facts.format, facts.width, facts.height, facts.taken_at, facts.camera,
                    facts.latitude, facts.longitude, now(), pixel_digest, content,
                )
                for content, facts, pixel_digest in found
            ],
        )  # fmt: skip

    # What a search shows

    def present(self, contents: Sequence[int]) -> dict[int, FoundPhoto]:
        """For each content that some present file holds: the oldest such photo."""
        found: dict[int, FoundPhoto] = {}
        for start in range(0, len(contents), 500):
            for photo in self._present(contents[start : start + 500]):
                found.setdefault(photo.content, photo)
        return found

    def _present(self, contents: Sequence[int]) -> Iterator[FoundPhoto]:
        marks = ", ".join("?" * len(contents))
        rows = self._database.stream(
            f"""
            SELECT photo.id, content.id, folder.path, photo.path, content.digest, content.taken_at, folder.state
              FROM photo JOIN content ON content.id = photo.content JOIN folder ON folder.id = photo.folder
             WHERE content.id IN ({marks}) AND photo.missing_since IS NULL
             ORDER BY photo.id
            """,
            contents,
        )
        for id_, content, root, path, digest, taken_at, state in rows:
            is_offline = state == FolderState.OFFLINE
            yield FoundPhoto(PhotoId(id_), ContentId(content), located(root, path), digest, taken_at, is_offline)

    def dated(self, photos: Sequence[int]) -> dict[int, str]:
        """When each photo was taken, or its file last changed: ISO 8601, local time."""
        found: dict[int, str] = {}
        for start in range(0, len(photos), 500):
            part = photos[start : start + 500]
            marks = ", ".join("?" * len(part))
            rows = self._database.rows(
                f"SELECT photo.id, {DATED} FROM photo JOIN content ON content.id = photo.content "
                f"WHERE photo.id IN ({marks})",
                part,
            )
            found.update((photo, dated) for photo, dated in rows)
        return found

    def find(self, photo: int) -> FoundPhoto | None:
        """A present photo by its id."""
        row = self._database.row("SELECT content FROM photo WHERE id = ? AND missing_since IS NULL", (photo,))
        if row is None or row[0] is None:
            return None
        return next((found for found in self._present([row[0]]) if found.id == photo), None)

    def of_photos(self, photos: Sequence[int]) -> dict[int, int]:
        """The content of each of these photos."""
        found: dict[int, int] = {}
        for start in range(0, len(photos), 500):
            part = photos[start : start + 500]
            marks = ", ".join("?" * len(part))
            rows = self._database.rows(f"SELECT id, content FROM photo WHERE id IN ({marks})", part)
            found.update((photo, content) for photo, content in rows if content is not None)
        return found

    def facts(self, content: int) -> ContentFacts:
        """What decoding learnt about a content; raises ``LookupError`` for an unknown one."""
        row = self._database.row(
            "SELECT format, width, height, taken_at, camera, latitude, longitude FROM content WHERE id = ?", (content,)
        )
        if row is None:
            raise LookupError(content)
        return ContentFacts(*row)

    def byte_size(self, content: int) -> int:
        """How many bytes it has."""
        return int(self._database.value("SELECT byte_size FROM content WHERE id = ?", (content,)) or 0)

    def paths(self, content: int) -> list[Path]:
        """Every present file that holds it, oldest row first."""
        return [found.path for found in self._present([content])]

    def count(self) -> int:
        """Distinct contents of present photos."""
        sql = "SELECT count(DISTINCT content) FROM photo WHERE missing_since IS NULL"
        return self._database.remembered("contents", lambda: int(self._database.value(sql)))

    def are_all_present(self) -> bool:
        """Whether every content there is lies in a present photo: none is missing or left from a removed folder."""
        everything = self._database.remembered(
            "all contents", lambda: int(self._database.value("SELECT count(*) FROM content"))
        )
        return everything == self.count()

    def of_digest(self, digest: bytes) -> ContentId | None:
        """The content with this digest, if it is known."""
        return self.of_digests([digest]).get(digest)

    def of_digests(self, digests: Sequence[bytes]) -> dict[bytes, ContentId]:
        """The contents with these digests, as far as they are known."""
        sql = "SELECT digest, id FROM content WHERE digest IN ({marks})"
        return {digest: ContentId(id_) for digest, id_ in rows_among(self._database, sql, digests)}
