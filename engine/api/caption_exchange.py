"""Captions in and out: importing captions files, listing and finding captions, exporting them as files or sidecars."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from engine.api.photo_matching import PhotoMatcher, same_places
from engine.errors import KnownError, PhotoError
from engine.imaging.metadata_captions import clean_text
from engine.indexing.caption_files import BadRow, CaptionRow, read_caption_file
from engine.indexing.caption_vectors import CaptionEncoder
from engine.library.captions import Caption, language_of
from engine.library.photo_lookup import LocatedPhoto, PhotoLookup
from engine.protocol import ErrorKind, IndexProgress, PhotoPath

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from engine.api.caption_export import ExportReport, ExportRequest
    from engine.api.parts import Parts
    from engine.indexing.caption_files import Row
    from engine.library.captions import StoredCaption

ROWS_A_TRANSACTION = 1000
MOST_TROUBLES_KEPT = 1000  # they are counted to the last, but listed only so far
READING = "import"


@dataclass(frozen=True, slots=True)
class ListedCaption:
    """A caption and where a photo of it lies; ``path`` None where no folder holds it any more."""

    id: int
    text: str
    lang: str
    source: str
    path: PhotoPath | None


@dataclass(frozen=True, slots=True)
class RowTrouble:
    """A row that was left out: its line (or annotation), what it named, and why."""

    line: int
    file: str
    why: str


@dataclass(slots=True)
class ImportReport:
    """What an import came to: captions added and known before; rows of unknown photos and unusable rows."""

    added: int = 0
    already_there: int = 0
    unmatched: int = 0
    bad: int = 0
    unmatched_rows: tuple[RowTrouble, ...] = ()
    bad_rows: tuple[RowTrouble, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """Import ``file``; names in it are relative to ``photos``; ``text_field`` names the captions' column or key."""

    file: Path
    photos: Path | None = None
    text_field: str | None = None


class CaptionExchange:
    """Captions in and out of one library. Belongs to the thread whose parts it was given."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._lookup = PhotoLookup(parts.database)

    # One photo, or all

    def photo_at(self, path: Path) -> LocatedPhoto:
        """The photo at ``path``, or one with the same bytes; raises ``KnownError`` (NOT_FOUND)."""
        for place in same_places(path):
            found = self._lookup.at(place)
            if found is not None and found.content is not None:
                return found
        copy = self._copy_of(path)
        if copy is None:
            sentence = f"{path} is not a photo of the library. Index its folder first: balloon index FOLDER"
            raise KnownError(ErrorKind.NOT_FOUND, sentence)
        return copy

    def _copy_of(self, path: Path) -> LocatedPhoto | None:
        from engine.indexing.digests import read_digest

        try:
            digest = read_digest(path, path.stat().st_size)
        except (OSError, PhotoError):
            return None
        content = None if digest is None else self._parts.contents.of_digest(digest)
        present = {} if content is None else self._parts.contents.present([content])
        return next((LocatedPhoto(photo.id, photo.content, photo.path) for photo in present.values()), None)

    def captions(self, sources: Sequence[str], photo: Path | None = None) -> Iterator[ListedCaption]:
        """Captions of these sources, photo by photo: of the whole library, or of the photo at a path."""
        if photo is None:
            for caption, path in self._parts.captions.with_photos(sources):
                yield _listed(caption, path)
            return
        found = self.photo_at(photo)
        for caption in self._of(found):
            if caption.source in sources:
                yield _listed(caption, found.path)

    def find(self, photo: Path, text: str) -> list[int]:
        """The ids of a photo's captions with these words, from whatever source."""
        wanted = clean_text(text)
        return [caption.id for caption in self._of(self.photo_at(photo)) if caption.text == wanted]

    def _of(self, photo: LocatedPhoto) -> list[StoredCaption]:
        return [] if photo.content is None else self._parts.captions.of(photo.content)

    # Files

    def export_file(self, request: ExportRequest) -> ExportReport:
        """Write captions into one CSV or JSONL file."""
        from engine.api.caption_export import export_file

        return export_file(self._parts.captions, request)

    def export_sidecars(self, sources: Sequence[str]) -> ExportReport:
        """Write an XMP sidecar beside each photo that has captions of these sources."""
        from engine.api.caption_export import export_sidecars

        return export_sidecars(self._parts.captions, sources, self._parts.shared.paths.root / "exports")

    def import_file(
        self, request: ImportRequest, progress: Callable[[IndexProgress], None] = lambda _: None
    ) -> ImportReport:
        """Add the captions of a file. What was done when it is interrupted stays, and it can be repeated."""
        rows = read_caption_file(request.file, request.text_field)
        intake = _Intake(self._parts, PhotoMatcher(self._lookup, request.photos))
        done = 0
        while part := list(islice(rows, ROWS_A_TRANSACTION)):
            with self._parts.database.transaction():
                for row in part:
                    intake.take(row)
            done += len(part)
            progress(IndexProgress(READING, done, 0, intake.report.bad, 0.0))
        CaptionEncoder(self._parts.database, self._parts.encoder).encode_pending(progress)
        return intake.finish()


class _Intake:
    """Takes rows into the library, inside the caller's transactions, and keeps count."""

    def __init__(self, parts: Parts, matcher: PhotoMatcher) -> None:
        self.report = ImportReport()
        self._parts = parts
        self._matcher = matcher
        self._unmatched: list[RowTrouble] = []
        self._bad: list[RowTrouble] = []

    def take(self, row: Row) -> None:
        if isinstance(row, BadRow):
            self._refuse(row.place, "", row.why)
            return
        photo = self._matcher.match(row.file)
        if isinstance(photo, str):
            self.report.unmatched += 1
            if len(self._unmatched) < MOST_TROUBLES_KEPT:
                self._unmatched.append(RowTrouble(row.place, row.file, photo))
        elif photo.content is not None:
            self._add(photo.content, row)

    def finish(self) -> ImportReport:
        self.report.unmatched_rows, self.report.bad_rows = tuple(self._unmatched), tuple(self._bad)
        return self.report

    def _add(self, content: int, row: CaptionRow) -> None:
        known = {caption.text for caption in self._parts.captions.of(content) if caption.source in ("imported", "user")}
        fresh: dict[str, Caption] = {}
        for item in row.captions:
            text = clean_text(item.text)
            if not text:
                self._refuse(row.place, row.file, "a caption without words")
            elif text in known or text in fresh:
                self.report.already_there += 1
            else:
                fresh[text] = Caption(text, item.language or language_of(text), "imported")
        self._parts.captions.add(content, fresh.values())
        self.report.added += len(fresh)

    def _refuse(self, place: int, file: str, why: str) -> None:
        self.report.bad += 1
        if len(self._bad) < MOST_TROUBLES_KEPT:
            self._bad.append(RowTrouble(place, file, why))


def _listed(caption: StoredCaption, path: Path | None) -> ListedCaption:
    language = caption.language or language_of(caption.text)
    where = None if path is None else PhotoPath.of(path)
    return ListedCaption(caption.id, caption.text, language, caption.source, where)
