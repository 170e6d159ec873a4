"""Is the library sound? The database by itself, and its thumbnails against its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.library.check import contents_to_show, forget_vectors
from engine.protocol import CheckFinding, CheckReport

if TYPE_CHECKING:
    from engine.imaging.thumbnails import ThumbnailStore
    from engine.library.connection import Connection

THUMBNAILS = "thumbnails"


def check(database: Connection, thumbnails: ThumbnailStore, *, repair: bool) -> CheckReport:
    """Look at everything; with ``repair`` (on a writable library) drop what is bad and derived, so that the next
    indexing makes it anew. Nothing a person wrote is touched.
    """
    findings = database.check(repair=repair)
    if not any(finding.name == THUMBNAILS for finding in findings):
        findings = (*findings, _thumbnails(database, thumbnails, repair=repair))
    return CheckReport(findings)


def _thumbnails(database: Connection, thumbnails: ThumbnailStore, *, repair: bool) -> CheckFinding:
    lost = [content for content, digest in contents_to_show(database) if not thumbnails.has(digest)]
    if lost and repair:
        # Without its vectors a content is pending again: the next indexing decodes it and writes its thumbnail.
        forget_vectors(database, lost)
    return CheckFinding(THUMBNAILS, not lost, len(lost), "missing" if lost else "", bool(lost) and repair)
