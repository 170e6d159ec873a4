"""The methods of the wire: JSON-RPC 2.0, one UTF-8 object per line. Each name has one request and one result type.

The engine answers requests in any order. It sends notifications of its own: ``index.progress`` (``IndexProgress``),
``index.finished`` (``IndexReport``), ``search.improved`` (``SearchImproved``) and ``library.changed``
(``LibraryChanged``), and ``models.progress`` (``ModelProgress`` of ``model_methods``). The desktop may send the
notification ``cancel`` (``Cancel``) and the request ``shutdown``; EOF means the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from engine.protocol.model_methods import ModelList as ModelList  # noqa: PLC0414 - for those who look for it here
from engine.protocol.model_methods import ModelRow as ModelRow  # noqa: PLC0414
from engine.protocol.model_methods import ModelUse as ModelUse  # noqa: PLC0414
from engine.protocol.query import Clause
from engine.protocol.values import (
    FolderStatus,
    Hit,
    IndexProgress,
    IssueRow,
    LibraryStatus,
    PhotoPath,
    SearchResult,
)

PROTOCOL_VERSION = 1
MAX_LINE_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Empty:
    """Nothing to say."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The desktop's first request; the engine refuses another ``protocol_version``."""

    protocol_version: int


@dataclass(frozen=True, slots=True)
class Welcome:
    """Who answers. ``read_only``: another process writes this library. ``reads_text``: the extra ``ocr`` is there.

    ``build`` names the package's build, for people.
    """

    protocol_version: int
    version: str
    library: str
    model: str
    read_only: bool
    reads_text: bool = False
    build: str = ""


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """What ``update.check`` found out; ``answered`` False: nobody could be asked. ``page`` is https or empty."""

    current: str
    latest: str = ""
    page: str = ""
    is_newer: bool = False
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Cancel:
    """Give up the request with this id; it is answered with the error ``cancelled`` if it was not done yet."""

    request: int


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """One search: words (the whole query language), photos to be like, texts not wanted on top.

    ``weights`` say how much each of the ``photos`` counts, in their order; the words count 1, and so does a photo
    without a weight. Below 0 a photo is one to be unlike. ``order`` "date" sorts what lies above the confidence line
    by date, newest first.
    """

    text: str = ""
    photos: tuple[PhotoPath, ...] = ()
    without: tuple[str, ...] = ()
    limit: int = 200
    order: Literal["relevance", "date"] = "relevance"
    remember: bool = False
    grouped: bool = True
    weights: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchImproved:
    """A better order for an answered search (``request`` is its id): what re-ranking made of the first hits."""

    request: int
    result: SearchResult


@dataclass(frozen=True, slots=True)
class BrowseRequest:
    """All photos by date, newest first; ``offset`` and ``limit`` page through them. ``months`` asks for those too."""

    offset: int = 0
    limit: int = 500
    months: bool = False


@dataclass(frozen=True, slots=True)
class MonthCount:
    """How many photos are of one month, "2023-05"."""

    month: str
    photos: int


@dataclass(frozen=True, slots=True)
class BrowseResult:
    """One page of all photos. ``total`` counts every photo there is, ``months`` those of each month, newest first."""

    total: int
    hits: tuple[Hit, ...]
    months: tuple[MonthCount, ...] = ()


@dataclass(frozen=True, slots=True)
class PhotoRequest:
    """Ask about one photo of the library."""

    photo_id: int


@dataclass(frozen=True, slots=True)
class SimilarRequest:
    """Photos like this one: of the library (``photo_id``) or any file (``path``)."""

    photo_id: int | None = None
    path: PhotoPath | None = None
    limit: int = 200


@dataclass(frozen=True, slots=True)
class CaptionRow:
    """A caption; ``caption_id`` is None for one of the bank, ``score`` (cosine similarity) None where not compared."""

    text: str
    language: str | None
    source: str
    score: float | None = None
    caption_id: int | None = None
    path: PhotoPath | None = None


@dataclass(frozen=True, slots=True)
class CaptionsRequest:
    """The captions nearest to a photo of the library or to any file."""

    photo_id: int | None = None
    path: PhotoPath | None = None
    limit: int = 10
    source: Literal["library", "bank", "all"] = "all"
    language: Literal["en", "zh"] | None = None


@dataclass(frozen=True, slots=True)
class CaptionsResult:
    """``own`` captions of the photo itself, then the ``nearest`` of the library and the bank, best first."""

    photo: PhotoPath
    own: tuple[CaptionRow, ...]
    nearest: tuple[CaptionRow, ...]


@dataclass(frozen=True, slots=True)
class CaptionAdd:
    """Add the user's own caption to a photo; ``language`` None lets the engine tell."""

    photo_id: int
    text: str
    language: Literal["en", "zh"] | None = None


@dataclass(frozen=True, slots=True)
class CaptionEdit:
    """Change the words of a caption."""

    caption_id: int
    text: str


@dataclass(frozen=True, slots=True)
class CaptionRemove:
    """Remove a caption from its photo."""

    caption_id: int


@dataclass(frozen=True, slots=True)
class PhotoDetails:
    """Everything known about a photo; ``paths`` are all present files with the same bytes, this photo's first."""

    photo_id: int
    paths: tuple[PhotoPath, ...]
    format: str | None
    width: int | None
    height: int | None
    byte_size: int
    taken_at: str | None
    camera: str | None
    latitude: float | None
    longitude: float | None
    is_offline: bool
    thumbnail: str | None
    captions: tuple[CaptionRow, ...]


@dataclass(frozen=True, slots=True)
class PreviewRequest:
    """Write a preview of at most ``max_edge`` pixels beside the thumbnails and say where it is."""

    photo_id: int
    max_edge: int = 2048


@dataclass(frozen=True, slots=True)
class PreviewResult:
    """A picture file the engine wrote: JPEG, upright, sRGB."""

    path: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ExplainRequest:
    """Why does this photo match these words?"""

    photo_id: int
    text: str


@dataclass(frozen=True, slots=True)
class WordRelevance:
    """Where a word is seen: ``relevance`` row by row, ``rows`` x ``columns`` values in 0..1.

    ``weight`` in 0..1 says how much the word matters for this photo's score.
    """

    word: str
    weight: float
    rows: int
    columns: int
    relevance: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole query's map first (``word`` is the query), then one per word."""

    photo_id: int
    score: float
    words: tuple[WordRelevance, ...]


@dataclass(frozen=True, slots=True)
class FolderRequest:
    """One watched folder, by id."""

    folder_id: int


@dataclass(frozen=True, slots=True)
class FolderAdd:
    """Watch a folder; indexing starts at once."""

    path: PhotoPath


@dataclass(frozen=True, slots=True)
class FolderList:
    """The watched folders."""

    folders: tuple[FolderStatus, ...]


@dataclass(frozen=True, slots=True)
class IssueList:
    """Files that could not be used."""

    issues: tuple[IssueRow, ...]


@dataclass(frozen=True, slots=True)
class IndexState:
    """What indexing is doing now; ``progress`` is None when it rests.

    ``waiting``: there is work, and the person wants it to wait for this: "mains" power, or an "idle" computer.
    ``index.resume`` does it all the same, this once.
    """

    paused: bool
    progress: IndexProgress | None
    provider: str | None
    waiting: str | None = None


@dataclass(frozen=True, slots=True)
class LibraryChanged:
    """Photos or captions changed: what is shown may be out of date. ``status`` is the library as it is now."""

    status: LibraryStatus


@dataclass(frozen=True, slots=True)
class TextItem:
    """A query: of the history, or saved under a name."""

    text: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class TextList:
    """Queries, newest first, or saved searches by name."""

    items: tuple[TextItem, ...]


@dataclass(frozen=True, slots=True)
class SettingValue:
    """A setting of this library; ``value`` None asks for, or means, the default."""

    key: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class LibraryMove:
    """Move the library into this folder, or a new one in it.

    The engine ends after that, moved or not, and is to be started again; ``LibraryMoved`` may be lost with it.
    """

    path: PhotoPath


@dataclass(frozen=True, slots=True)
class LibraryMoved:
    """Where the library is from the next start on."""

    path: PhotoPath


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """Look for damage; ``repair`` drops what is damaged and can be made anew."""

    repair: bool = False


@dataclass(frozen=True, slots=True)
class CachesCleared:
    """Previews were removed; ``byte_size`` is what that freed."""

    byte_size: int


@dataclass(frozen=True, slots=True)
class DoctorLine:
    """One line of what this computer can do."""

    name: str
    text: str
    fine: bool


@dataclass(frozen=True, slots=True)
class DoctorResult:
    """What this computer can do."""

    lines: tuple[DoctorLine, ...]


@dataclass(frozen=True, slots=True)
class Understood:
    """The chips of a text, without searching."""

    clauses: tuple[Clause, ...] = field(default=())
