"""The wire: every name and value that the desktop, the command line and the engine exchange (standard library only).

``values`` and ``query`` are frozen dataclasses and can be imported from here. ``methods`` holds requests and results
of the wire, ``registry`` says which belong to which name, and ``json_values`` turns all of them into JSON and back
(import these by name: the command line can do without most of them). A photo's path travels as text; where the file's
name is not valid UTF-8 the text is for showing only, and a second key with the suffix ``_b64`` carries the bytes.
"""

from engine.protocol.query import (
    CameraFilter,
    Clause,
    DateFilter,
    ExactClause,
    Filter,
    FolderFilter,
    NameFilter,
    NegatedClause,
    QueryLanguage,
    Span,
    TypeFilter,
    WordsClause,
)
from engine.protocol.values import (
    CheckFinding,
    CheckReport,
    Confidence,
    ErrorKind,
    Evaluation,
    FolderState,
    FolderStatus,
    Hit,
    IndexProgress,
    IndexReport,
    IssueReason,
    IssueRow,
    LibraryStatus,
    PhotoPath,
    RecallRow,
    SearchResult,
    is_remote,
    url_of,
)

__all__ = [
    "CameraFilter",
    "CheckFinding",
    "CheckReport",
    "Clause",
    "Confidence",
    "DateFilter",
    "ErrorKind",
    "Evaluation",
    "ExactClause",
    "Filter",
    "FolderFilter",
    "FolderState",
    "FolderStatus",
    "Hit",
    "IndexProgress",
    "IndexReport",
    "IssueReason",
    "IssueRow",
    "LibraryStatus",
    "NameFilter",
    "NegatedClause",
    "PhotoPath",
    "QueryLanguage",
    "RecallRow",
    "SearchResult",
    "Span",
    "TypeFilter",
    "WordsClause",
    "is_remote",
    "url_of",
]
