"""A library as everything else sees it: one thread's connection. SQLite (``database``) and PostgreSQL have one each.

The tables (``Photos``, ``Contents``, ...) are written once, in the SQL that both databases speak; what each does in its
own way (full text, packed vectors, checking) are the methods below the statements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    import numpy as np
    from numpy.typing import NDArray

    from engine.library.text_index import TextIndex
    from engine.protocol import CheckFinding

T = TypeVar("T")
Row: TypeAlias = "tuple[Any, ...]"
Bindings: TypeAlias = "Sequence[Any] | Mapping[str, Any]"


class Connection(Protocol):
    """One connection to a library. Use it from one thread, ``interrupt`` apart; every method may raise ``KnownError``.

    Statements bind with ``?`` or ``:name``, and ``LIKE`` does not tell upper from lower case.
    """

    @property
    def writable(self) -> bool:
        """Whether it may change the library."""

    def close(self) -> None:
        """Close the connection; a second call does nothing."""

    def interrupt(self) -> None:
        """Stop a running query from another thread."""

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing: commit at the end, roll back on any exception. Transactions do not nest."""

    def rows(self, sql: str, bindings: Bindings = ()) -> list[Row]:
        """All rows of a query."""

    def row(self, sql: str, bindings: Bindings = ()) -> Row | None:
        """The first row of a query, or None."""

    def value(self, sql: str, bindings: Bindings = ()) -> Any:
        """The first column of the first row, or None."""

    def stream(self, sql: str, bindings: Bindings = ()) -> Iterator[Row]:
        """Rows one by one, for results too long to hold."""

    def run(self, sql: str, bindings: Bindings = ()) -> int:
        """Run one statement; the number of rows it changed."""

    def run_many(self, sql: str, rows: Iterable[Bindings]) -> None:
        """Run one statement for each row of bindings."""

    def insert(self, sql: str, bindings: Bindings = ()) -> int:
        """Run an INSERT ... RETURNING id and give the id."""

    def remembered(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The value of ``compute``, kept while the library stays as it is: for costly counts."""

    def packed(self, vectors: NDArray[np.float32]) -> Iterable[Any]:
        """The rows of (N, dim) as ``embedding.vector`` takes them; what is read back is float32, little endian."""

    def keep_thumbnails(self, thumbnails: Iterable[tuple[bytes, bytes]]) -> bool:
        """Store thumbnails (digest, JPEG) for everybody; False where thumbnails are files beside the library."""

    def thumbnail(self, digest: bytes) -> bytes | None:
        """A thumbnail that the library keeps itself."""

    def text_index(self) -> TextIndex:
        """The text side of the library."""

    def byte_size(self) -> int:
        """What the library takes on disk, in bytes."""

    def check(self, *, repair: bool) -> tuple[CheckFinding, ...]:
        """Look for damage; ``repair`` drops or rebuilds what is derived and needs a writable library."""
