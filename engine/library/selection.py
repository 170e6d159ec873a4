"""Selecting contents by what is exactly known: folder, name, format, camera, time, text that occurs; and by date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.library.contents import DATED, FoundPhoto
from engine.library.photos import ContentId, PhotoId, located
from engine.protocol import FolderState

if TYPE_CHECKING:
    from engine.library.connection import Connection


REMEMBERED = 8
LONGEST_REMEMBERED = 200_000  # contents: some 8 MB


@dataclass(frozen=True, slots=True)
class Selection:
    """What a photo must be. Within one field the values are alternatives; all fields must hold; empty means any.

    ``periods`` are (start inclusive, end exclusive) ISO dates, None for an open side; None altogether for any time.
    ``exact`` texts must each occur in the name, the directory, a caption or recognised text.
    """

    folders: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()
    periods: tuple[tuple[str | None, str | None], ...] | None = None
    exact: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True when every photo fits."""
        return self == Selection()


class Selector:
    """Answers selections from a library."""

    def __init__(self, database: Connection) -> None:
        self._database = database

    def contents(self, selection: Selection) -> list[int]:
        """Contents of present photos that fit, in no particular order; of the last few selections they are remembered.

        Who types words to a filter asks for the same ones with every key.
        """
        known: dict[Selection, list[int]] = self._database.remembered("selections", dict)
        found = known.get(selection)
        if found is None:
            where, bindings = _condition(selection)
            rows = self._database.rows(f"SELECT DISTINCT photo.content {_FROM} AND {where}", bindings)
            found = [content for (content,) in rows]
            if len(found) <= LONGEST_REMEMBERED:
                while len(known) >= REMEMBERED:
                    del known[next(iter(known))]
                known[selection] = found
        return found

    def by_date(self, selection: Selection, *, offset: int, limit: int) -> list[FoundPhoto]:
        """One photo for each content that fits, newest first."""
        where, bindings = _condition(selection)
        rows = self._database.rows(
            f"""
            SELECT photo.id, content.id, folder.path, photo.path, content.digest, content.taken_at, folder.state
              FROM (SELECT min(photo.id) AS photo, max({DATED}) AS dated {_FROM} AND {where}
                     GROUP BY content.id ORDER BY dated DESC, content.id DESC LIMIT ? OFFSET ?) AS shown
              JOIN photo ON photo.id = shown.photo
              JOIN content ON content.id = photo.content JOIN folder ON folder.id = photo.folder
             ORDER BY shown.dated DESC, content.id DESC
            """,
            (*bindings, limit, offset),
        )
        return [
            FoundPhoto(
                PhotoId(id_), ContentId(content), located(root, path), digest, taken_at, state == FolderState.OFFLINE
            )
            for id_, content, root, path, digest, taken_at, state in rows
        ]  # fmt: skip

    def months(self) -> list[tuple[str, int]]:
        """Each month there are photos of, as "2023-05", and how many contents: in the order of ``by_date``."""
        sql = f"""
            SELECT substr(dated, 1, 7) AS month, count(*)
              FROM (SELECT max({DATED}) AS dated {_FROM} GROUP BY content.id) AS shown
             GROUP BY month ORDER BY month DESC
        """
        return self._database.remembered(
            "months", lambda: [(str(month or ""), int(count)) for month, count in self._database.rows(sql)]
        )


_FROM = """
    FROM photo JOIN content ON content.id = photo.content JOIN folder ON folder.id = photo.folder
   WHERE photo.missing_since IS NULL
"""


def _condition(selection: Selection) -> tuple[str, list[Any]]:
    parts: list[str] = ["TRUE"]
    bindings: list[Any] = []

    def any_of(test: str, values: list[Any]) -> None:
        if values:
            parts.append("(" + " OR ".join([test] * len(values)) + ")")
            bindings.extend(values)

    any_of("photo.directory LIKE ? ESCAPE '\\'", [_contains(text) for text in selection.folders])
    any_of("photo.name LIKE ? ESCAPE '\\'", [_contains(text) for text in selection.names])
    any_of("content.format = ?", list(selection.formats))
    any_of("content.camera LIKE ? ESCAPE '\\'", [_contains(text) for text in selection.cameras])
    for text in selection.exact:
        parts.append(
            "photo.id IN (SELECT rowid FROM text_index WHERE name LIKE ?1 ESCAPE '\\' OR directory LIKE ?1 ESCAPE '\\'"
            " OR captions LIKE ?1 ESCAPE '\\' OR ocr LIKE ?1 ESCAPE '\\')".replace("?1", "?")
        )
        bindings.extend([_contains(text)] * 4)
    if selection.periods is not None:
        spans = [_period(start, end) for start, end in selection.periods]
        parts.append("(" + (" OR ".join(test for test, _ in spans) or "FALSE") + ")")
        bindings.extend(value for _, values in spans for value in values)
    return " AND ".join(parts), bindings


def _period(start: str | None, end: str | None) -> tuple[str, list[str]]:
    tests = ([f"{DATED} >= ?"] if start else []) + ([f"{DATED} < ?"] if end else [])
    return "(" + (" AND ".join(tests) or "TRUE") + ")", [value for value in (start, end) if value]


def _contains(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
