"""Is the library sound? The database by itself, its thumbnails against its rows, its vectors against the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import KnownError
from engine.library.check import contents_to_show, forget_vectors, known_digests
from engine.models.package import image_fingerprint, verify
from engine.protocol import CheckFinding, CheckReport

if TYPE_CHECKING:
    from pathlib import Path

    from engine.imaging.thumbnails import ThumbnailStore
    from engine.library.connection import Connection
    from engine.models.package import ModelCard

THUMBNAILS = "thumbnails"


def check(
    database: Connection, thumbnails: ThumbnailStore, *, repair: bool, package: tuple[Path, ModelCard] | None = None
) -> CheckReport:
    """Look at everything; with ``repair`` (on a writable library) drop what is bad and derived, so that the next
    indexing makes it anew. Nothing a person wrote is touched. ``package``: the model in use, looked at as well.
    """
    findings = database.check(repair=repair)
    if not any(finding.name == THUMBNAILS for finding in findings):
        own = (_thumbnails, _stray_thumbnails)
        findings = (*findings, *(look(database, thumbnails, repair=repair) for look in own))
    return CheckReport(findings if package is None else (*findings, _model(*package)))


def _model(folder: Path, card: ModelCard) -> CheckFinding:
    """Vectors are kept under the fingerprint of the tower that made them: is it that of the files that lie there?"""
    try:
        verify(folder, card)
        fits = image_fingerprint(folder, card.image) == card.fingerprint
    except KnownError as error:
        return CheckFinding("model", sound=False, count=1, detail=str(error))
    return CheckFinding("model", fits, 0 if fits else 1, "" if fits else "its fingerprint is not that of its files")


def _thumbnails(database: Connection, thumbnails: ThumbnailStore, *, repair: bool) -> CheckFinding:
    lost = [content for content, digest in contents_to_show(database) if not thumbnails.is_whole(digest)]
    if lost and repair:
        # Without its vectors a content is pending again: the next indexing decodes it and writes its thumbnail.
        forget_vectors(database, lost)
    detail = "missing or cut short" if lost else ""
    return CheckFinding(THUMBNAILS, not lost, len(lost), detail, bool(lost) and repair)


def _stray_thumbnails(database: Connection, thumbnails: ThumbnailStore, *, repair: bool) -> CheckFinding:
    """Pictures of contents that the library does not know are nobody's, and should not stay on the disk."""
    known = known_digests(database)
    stray = [digest for digest in thumbnails.digests() if digest not in known]
    if repair:
        for digest in stray:
            thumbnails.remove(digest)
        thumbnails.sweep()
    detail = "belong to no photo" if stray else ""
    return CheckFinding("stray thumbnails", not stray, len(stray), detail, bool(stray) and repair)
