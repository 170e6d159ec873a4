"""Sidecars: text and XMP files beside photos, read for captions when they are new or have changed.

``pair`` says which file describes which photo, ``read_sidecar`` what it says, and ``SidecarSync`` brings the library in
line with the disk once the photos of a scan have their contents. A file lies beside a photo when it has the photo's
whole name and another suffix (``a.jpg.xmp``) or shares its stem (``a.txt``).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import PhotoError
from engine.imaging.metadata_captions import clean_text, read_xmp
from engine.indexing.plain_text import decode_plain
from engine.library.captions import Caption, language_of
from engine.library.issues import Issues
from engine.library.sidecars import KnownSidecar, Sidecar, Sidecars
from engine.protocol import IssueReason

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from engine.indexing.scanner import Changes
    from engine.library.connection import Connection
    from engine.library.folders import Folder
    from engine.library.photos import ContentId, FileStamp, PhotoId

SIDECAR_SUFFIXES = frozenset({b".txt", b".xmp"})
LARGEST_TEXT = 64 * 1024  # a longer .txt is a log or a book, not a caption
LARGEST_XMP = 4 * 1024 * 1024
MOST_LINES = 20
READ_AT_ONCE = 256  # sidecars a transaction


@dataclass(frozen=True, slots=True)
class FoundSidecar:
    """A file on disk, and the photos it lies beside, by path."""

    stamp: FileStamp
    photos: tuple[bytes, ...]


def may_be_sidecar(name: bytes, byte_size: int) -> bool:
    """Whether a file of this name and size is one if it lies beside a photo."""
    suffix = os.path.splitext(name)[1].lower()
    return suffix in SIDECAR_SUFFIXES and (suffix != b".txt" or byte_size <= LARGEST_TEXT)


def pair(sidecars: Iterable[bytes], photos: Collection[bytes]) -> dict[bytes, tuple[bytes, ...]]:
    """Say for each sidecar of a directory, by name, which of its photos it lies beside; those beside none are left out.

    Capital letters are told apart only where that leaves a photo.
    """
    exact: dict[bytes, list[bytes]] = {}
    folded: dict[bytes, list[bytes]] = {}
    for photo in photos:
        for key in (photo, os.path.splitext(photo)[0]):
            exact.setdefault(key, []).append(photo)
            folded.setdefault(key.lower(), []).append(photo)
    pairs: dict[bytes, tuple[bytes, ...]] = {}
    for sidecar in sidecars:
        stem = os.path.splitext(sidecar)[0]
        found = exact.get(stem) or folded.get(stem.lower())
        if found:
            pairs[sidecar] = tuple(found)
    return pairs


def read_sidecar(path: Path) -> tuple[Caption, ...]:
    """The captions of a sidecar file, each text once; raises ``PhotoError`` for one that cannot be read."""
    is_xmp = path.suffix.lower() == ".xmp"
    raw = _read(path, LARGEST_XMP if is_xmp else LARGEST_TEXT)
    return _xmp_captions(raw) if is_xmp else _text_captions(raw)


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as stream:
            raw = stream.read(limit + 1)
    except FileNotFoundError as error:
        raise PhotoError(IssueReason.VANISHED, "the file is gone") from error
    except OSError as error:
        raise PhotoError(IssueReason.UNREADABLE, error.strerror or str(error)) from error
    if len(raw) > limit:
        raise PhotoError(IssueReason.TOO_LARGE, f"a sidecar of more than {limit} bytes")
    return raw


def _text_captions(raw: bytes) -> tuple[Caption, ...]:
    text = decode_plain(raw)
    if text is None:
        raise PhotoError(IssueReason.BAD_SIDECAR, "a text sidecar that holds no text")
    lines = [line for line in map(clean_text, text.splitlines()) if line][:MOST_LINES]
    return tuple(Caption(line, language_of(line), "sidecar") for line in dict.fromkeys(lines))


def _xmp_captions(raw: bytes) -> tuple[Caption, ...]:
    found = read_xmp(raw)
    if found is None:
        raise PhotoError(IssueReason.BAD_SIDECAR, "an XMP sidecar that is no sound XML")
    return tuple(Caption(item.text, item.language or language_of(item.text), "sidecar") for item in found)


class SidecarSync:
    """Brings the captions of scanned folders in line with their sidecars, on the writer connection's thread."""

    def __init__(self, database: Connection) -> None:
        self._database = database
        self._sidecars = Sidecars(database)
        self._issues = Issues(database)

    def run(self, scanned: Sequence[tuple[Folder, Changes]], stop: Callable[[], bool]) -> None:
        """Read what is new or changed in all folders, then drop what is gone: a photo that moved on keeps its captions.

        A sidecar that cannot be read is an issue, told anew each time; what was read from it before stays.
        """
        gone: list[int] = []
        for folder, changes in scanned:
            known = self._sidecars.known(folder.id)
            if not (known or changes.sidecars):
                continue
            wanted = self._wanted(folder, changes)
            rows = {(row.sidecar.path, row.sidecar.photo): row for row in known}
            fresh = [item for item in wanted if _differs(rows.get((item.path, item.photo)), item)]
            if not self._read_all(folder, fresh, stop):
                return
            is_wanted = {(item.path, item.photo) for item in wanted}
            left = [row for key, row in rows.items() if key not in is_wanted]
            gone += [row.id for row in left if not _stays(row, folder, changes)]
        if gone:
            with self._database.transaction():
                self._sidecars.drop(gone)

    def _wanted(self, folder: Folder, changes: Changes) -> list[Sidecar]:
        """Every pair of a sidecar and a photo whose content is known, as they are on disk."""
        needed = {photo for found in changes.sidecars.values() for photo in found.photos}
        photos: dict[bytes, tuple[PhotoId, ContentId]] = {}
        if needed:
            photos = {path: (id_, content) for path, id_, content in self._sidecars.photos(folder.id) if path in needed}
        return [
            Sidecar(path, *photos[photo], found.stamp.byte_size, found.stamp.mtime_ns)
            for path, found in changes.sidecars.items()
            for photo in found.photos
            if photo in photos
        ]

    def _read_all(self, folder: Folder, fresh: Sequence[Sidecar], stop: Callable[[], bool]) -> bool:
        for start in range(0, len(fresh), READ_AT_ONCE):
            if stop():
                return False
            part = fresh[start : start + READ_AT_ONCE]
            told = dict(_read_each(folder, part))
            with self._database.transaction():
                for path, captions in told.items():
                    if isinstance(captions, PhotoError):
                        self._issues.record(folder.id, path, captions.reason, captions.detail)
                for sidecar in part:
                    captions = told[sidecar.path]
                    if not isinstance(captions, PhotoError):
                        self._sidecars.replace(folder.id, sidecar, captions)
        return True


def _read_each(folder: Folder, sidecars: Iterable[Sidecar]) -> Iterator[tuple[bytes, tuple[Caption, ...] | PhotoError]]:
    for path in dict.fromkeys(sidecar.path for sidecar in sidecars):
        try:
            yield path, read_sidecar(_absolute(folder, path))
        except PhotoError as error:
            yield path, error


def _differs(row: KnownSidecar | None, now: Sidecar) -> bool:
    return row is None or row.sidecar != now


def _stays(row: KnownSidecar, folder: Folder, changes: Changes) -> bool:
    """Whether a row that no longer fits the disk is kept all the same.

    It is while its photo is away (it may come back as it was), while its place could not be looked at, and when the
    file stays behind, beside no photo, because its photo has moved on.
    """
    path = row.sidecar.path
    if row.is_photo_missing or changes.is_unseen(path):
        return True
    found = changes.sidecars.get(path)
    if found is not None:
        return row.photo_path in found.photos  # the photo's new content is not known yet
    return not _lies_beside(path, row.photo_path) and os.path.isfile(_absolute(folder, path))


def _lies_beside(sidecar: bytes, photo: bytes) -> bool:
    if os.path.dirname(sidecar) != os.path.dirname(photo):
        return False
    return bool(pair([os.path.basename(sidecar)], [os.path.basename(photo)]))


def _absolute(folder: Folder, path: bytes) -> Path:
    return folder.path / os.fsdecode(path)
