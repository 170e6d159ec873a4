"""The values that travel: errors, photos, hits, status, reports."""

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from engine.protocol.query import Clause

_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]+):/+")


class ErrorKind(StrEnum):
    """What stopped a request, for a sentence the person can act on."""

    USAGE = "usage"
    NOT_FOUND = "not_found"
    LIBRARY_BUSY = "library_busy"
    LIBRARY_NEWER = "library_newer"
    LIBRARY_OLDER = "library_older"  # a shared one: a folder's is brought up to date
    LIBRARY_FOREIGN = "library_foreign"
    LIBRARY_DAMAGED = "library_damaged"
    LIBRARY_READ_ONLY = "library_read_only"
    LIBRARY_GONE = "library_gone"  # the place it was moved to cannot be reached
    LIBRARY_UNREACHABLE = "library_unreachable"  # one shared over the network
    PLACE_REFUSED = "place_refused"  # the library cannot be moved there
    PLACE_GIVEN = "place_given"  # whoever started Balloon said where the library is
    DISK_FULL = "disk_full"
    FOLDER_GONE = "folder_gone"
    FOLDER_REFUSED = "folder_refused"
    MODEL_MISSING = "model_missing"
    MODEL_DAMAGED = "model_damaged"
    HUB_UNREACHABLE = "hub_unreachable"
    PHOTO_UNUSABLE = "photo_unusable"
    BAD_FILE = "bad_file"  # a captions file, say, that does not have the form it should
    EXTRA_MISSING = "extra_missing"
    CANCELLED = "cancelled"
    INTERNAL = "internal"


class IssueReason(StrEnum):
    """Why one file could not be used."""

    UNREADABLE = "unreadable"  # the system would not let us read it
    LINK_LOOP = "link_loop"  # a link that leads back to itself or to a folder above it
    VANISHED = "vanished"  # gone between the scan and the decode
    EMPTY = "empty"  # zero bytes
    NOT_AN_IMAGE = "not_an_image"  # its bytes are no picture of a known format
    DAMAGED = "damaged"  # a picture, but broken or cut short
    TOO_LARGE = "too_large"  # more pixels or bytes than we are willing to decode
    TIMEOUT = "timeout"  # decoding went past its deadline
    CRASHED = "crashed"  # the decode worker died on it
    MEMORY = "memory"  # decoding needed more memory than a worker may have
    BAD_SIDECAR = "bad_sidecar"  # a caption file beside a photo that is no sound text or XML
    UNUSABLE_VECTOR = "unusable_vector"  # the model gave zeros or NaN for it


class Confidence(StrEnum):
    """How sure the model is that a photo fits: a hit is never NONE, a whole result may be."""

    MATCH = "match"
    POSSIBLE = "possible"
    NONE = "none"


class FolderState(StrEnum):
    """Whether a folder's root can be reached, and whether the user paused it."""

    ONLINE = "online"
    OFFLINE = "offline"
    PAUSED = "paused"


def is_remote(path: Path | str) -> bool:
    """Whether this is no file of this machine but lies in a storage such as ``s3://bucket/photos``.

    A ``Path`` writes the two strokes as one; a Windows drive has one letter, a storage has more.
    """
    return _SCHEME.match(os.fspath(path)) is not None


def url_of(path: Path | str) -> str:
    """The address of what lies in a storage, with both its strokes."""
    return _SCHEME.sub(r"\1://", os.fspath(path), count=1)


@dataclass(frozen=True, slots=True)
class PhotoPath:
    """A path as text for people and, only where that text loses something, as base64 of its bytes."""

    path: str
    path_b64: str | None = None

    @classmethod
    def of(cls, path: Path | str) -> PhotoPath:
        """Describe ``path``; ``path_b64`` is set only for a name that is not valid UTF-8."""
        raw = os.fsencode(path)
        if is_remote(path):
            raw = os.fsencode(url_of(path))
        try:
            return cls(raw.decode("utf-8"))
        except UnicodeDecodeError:
            return cls(raw.decode("utf-8", "replace"), base64.b64encode(raw).decode("ascii"))

    def as_text(self) -> str:
        """The path as one text, another for every path: ``path`` loses what is not valid UTF-8."""
        return self.path if self.path_b64 is None else str(self.to_path())

    def to_path(self) -> Path:
        """Give back exactly the path that ``of`` was given; raises ``ValueError`` for broken base64."""
        if self.path_b64 is None:
            return Path(self.path)
        return Path(os.fsdecode(base64.b64decode(self.path_b64, validate=True)))


@dataclass(frozen=True, slots=True)
class Hit:
    """One photo that was found. ``score`` is cosine similarity in -1..1, higher is better; ``rank`` counts from 1.

    ``group`` holds the ids of further hits shown under this one: its RAW, near-copies, the rest of its burst.
    """

    photo_id: int
    path: PhotoPath
    score: float
    confidence: Confidence
    rank: int
    channels: tuple[str, ...]
    caption: str | None = None
    taken_at: str | None = None
    thumbnail: str | None = None
    is_offline: bool = False
    group: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits in order, and what they are worth as a whole; ``covered`` of ``known`` contents could be searched so far."""

    query: str
    model: str
    confidence: Confidence
    took_ms: float
    hits: tuple[Hit, ...]
    understood: tuple[Clause, ...] = ()
    covered: int = 0
    known: int = 0


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """A watched folder and how many of its photos are known, searchable, missing and unusable.

    ``polled``: why it is looked at once a minute instead of followed by file events, None where it is followed:
    "network" (others change it unseen), "limit" (the system gives no more watches) or "no events".
    """

    folder_id: int
    path: PhotoPath
    state: FolderState
    photos: int
    indexed: int
    missing: int
    issues: int
    full_scan_at: str | None
    polled: str | None = None


@dataclass(frozen=True, slots=True)
class LibraryStatus:
    """The library in one look. ``indexed`` of ``contents`` distinct contents have a vector of ``model``.

    ``recovered_from``: where the damaged file lies that this library was made from, if it was.
    ``provider`` ran the last photos (None: none yet), ``photos_per_s`` of them, ``batch`` at once.
    """

    library: str
    model: str
    folders: int
    photos: int
    contents: int
    indexed: int
    pending: int
    issues: int
    byte_size: int
    writer_active: bool
    recovered_from: str | None = None
    provider: str | None = None
    photos_per_s: float | None = None
    batch: int | None = None


@dataclass(frozen=True, slots=True)
class IssueRow:
    """A file that could not be used, and why."""

    path: PhotoPath
    reason: IssueReason
    detail: str
    seen_at: str


@dataclass(frozen=True, slots=True)
class IndexProgress:
    """Where indexing stands. ``pending`` is what is known to be left; ``rate`` is photos per second.

    ``phase``: scan, index, text (reading text in photos), stopped, where ``current`` is the error kind that did it, or
    waiting, where ``current`` says for what ("mains", "idle").
    """

    phase: str
    done: int
    pending: int
    issues: int
    rate: float
    current: str = ""


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What one indexing run did."""

    added: int
    changed: int
    moved: int
    missing: int
    unchanged: int
    decoded: int
    embedded: int
    issues: int
    seconds: float
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """One thing ``check`` looked at: what, whether it is sound, how many are not, and what repair did."""

    name: str
    sound: bool
    count: int = 0
    detail: str = ""
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All findings; ``sound`` when every one of them is."""

    findings: tuple[CheckFinding, ...]

    @property
    def sound(self) -> bool:
        """True when nothing is wrong, or all that was wrong has been repaired."""
        return all(finding.sound or finding.repaired for finding in self.findings)


@dataclass(frozen=True, slots=True)
class RecallRow:
    """Recall of one direction: shares in 0..1 and the median rank, counted from 1."""

    queries: int
    r1: float
    r5: float
    r10: float
    median_rank: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Recall in both directions over ``photos`` captioned photos, each text ranked among ``searched`` photos."""

    photos: int
    text_to_image: RecallRow
    image_to_text: RecallRow
    model: str
    skipped: tuple[str, ...] = field(default=())
    searched: int = 0
