"""The hot matrix: all vectors of a model in memory as codes, kept up to date from the library, scanned for each query.

What a search reports is exact: the codes say which rows can be among the nearest, and the library's own vectors of
those decide (``HotView``).
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

import numkong
import numpy as np

from engine.search.codes import Block, Codes
from engine.search.nearness import Nearest
from engine.search.rotation import Rotation
from engine.search.scanning import candidates
from engine.search.snapshot import SnapshotFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.search.nearness import StoredVectors


LOOKS = 3  # at most: read what is new, take out what was removed, and see that it is so
TURNED_FROM = 20_000  # vectors: fewer are compared whole in a moment
SAMPLED = 16_384  # vectors, for a rotation
FEW_PLACES = 4096  # so many of removed rows cost nothing


class HotMatrix:
    """The codes of one model, shared by all threads: each looks at them through a ``HotView`` of its own."""

    def __init__(self, file: Path | None = None) -> None:
        """``file`` is where the codes are kept between runs: derived data beside the library."""
        self._lock = threading.Lock()
        self._codes: Codes | None = None
        self._learnt_at = 0  # how many vectors there were when a rotation was last looked for, or a snapshot read
        self._file = None if file is None else SnapshotFile(file)

    def __len__(self) -> int:
        return 0 if self._codes is None else len(self._codes)

    def codes(self, stored: StoredVectors) -> Codes:
        """Take over what was stored since the last call; an interrupted one keeps what it has read for the next."""
        with self._lock:
            self._refresh(stored)
            return self._codes or Codes()

    def _refresh(self, stored: StoredVectors) -> None:
        if self._codes is None and self._file is not None:
            self._codes = self._file.load(stored)
            self._learnt_at = len(self)
        for _ in range(LOOKS):
            newest, count = stored.version()
            if self._codes is None or self._must_start_again(self._codes, newest, count):
                self._codes = self._started(stored, count)
            if (self._codes.newest(), len(self._codes)) == (newest, count):
                break
            if self._codes.newest() < newest:
                self._read_on(stored, self._codes)
            else:  # some were removed
                self._codes = self._codes.only(*stored.held()) or self._started(stored, count)
        if self._file is not None and self._codes is not None:
            self._codes = self._file.keep(self._codes)

    def _must_start_again(self, codes: Codes, newest: int, count: int) -> bool:
        """Whether there are enough now to look for a rotation (again), more places than rows to fill them, or fewer
        rows than the library has up to the newest.
        """
        can_turn = not codes.is_turned and count >= max(TURNED_FROM, 2 * self._learnt_at)
        is_sparse = codes.places > 2 * len(codes) + FEW_PLACES
        return can_turn or is_sparse or (codes.newest() == newest and len(codes) < count)

    def _started(self, stored: StoredVectors, count: int) -> Codes:
        """No codes yet, and how those to come are turned."""
        if count < TURNED_FROM:
            return Codes()
        self._learnt_at = count
        rows, _ = stored.held()
        return Codes((), Rotation.learnt(stored.of_rows(rows[:: max(1, count // SAMPLED)].tolist())[1]))

    def _read_on(self, stored: StoredVectors, codes: Codes) -> None:
        """Read what is new; while some is turned and quantised on another thread, this one reads on."""
        coming: Future[Block] | None = None
        try:
            for rows, contents, vectors in stored.stream(after=codes.newest()):
                done, coming = coming, _coder().submit(Block.of, contents, rows, vectors, codes.rotation)
                if done is not None:
                    codes = codes.with_block(done.result())
        finally:
            self._codes = codes if coming is None else codes.with_block(coming.result())


@cache
def _coder() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="codes")


class HotView:
    """The vectors as one thread's searches see them: what is near by the codes, how near by the library."""

    def __init__(self, matrix: HotMatrix) -> None:
        self._matrix = matrix
        self._codes = Codes()
        self._stored: StoredVectors | None = None
        self._rows = np.zeros(0, dtype=np.int64)  # those read since ``refresh``, ascending, with their vectors
        self._vectors = np.zeros((0, 0), dtype=np.float32)

    def refresh(self, embeddings: StoredVectors) -> None:
        """Take over what the library has now, to be read by the calling thread."""
        self._codes = self._matrix.codes(embeddings)
        self._stored = embeddings
        self._rows = self._rows[:0]
        self._vectors = np.zeros((0, embeddings.dim), dtype=np.float32)

    def __len__(self) -> int:
        return len(self._codes)

    def nearest(self, vector: NDArray[np.float32], k: int, among: Sequence[int] | None = None) -> Nearest:
        """The ``k`` nearest contents to a unit ``vector`` of shape (dim,), by cosine; ``among`` narrows the choice.

        Equal ones keep the order in which they were stored, at the end of the list too: fewer asked for are the first
        of more.
        """
        chosen = None if among is None else self._codes.places_of(np.asarray(among, dtype=np.int64))
        contents, vectors = self._exact(candidates(self._codes, vector, k, chosen))
        scores = _cosines(vectors, vector)
        top = np.lexsort((np.arange(len(scores)), -scores))[: max(0, k)]
        return Nearest(contents[top], scores[top])

    def scores(self, vector: NDArray[np.float32], contents: Sequence[int]) -> dict[int, float]:
        """Cosine similarity of ``vector`` with each of ``contents`` that has a vector."""
        found, vectors = self._exact(self._codes.places_of(np.asarray(contents, dtype=np.int64)))
        return dict(zip(found.tolist(), _cosines(vectors, vector).tolist(), strict=True))

    def vectors_of_photos(self, content_of: Mapping[int, int]) -> dict[int, NDArray[np.float32]]:
        """The vector (dim,) of each photo whose content has one."""
        places = self._codes.places_of(np.unique(np.fromiter(content_of.values(), dtype=np.int64)))
        vector_of = dict(zip(*self._exact(places), strict=True))
        return {photo: vector_of[content] for photo, content in content_of.items() if content in vector_of}

    def sample(self, most: int) -> NDArray[np.float32]:
        """At most ``most`` of the vectors, (M, dim), spread evenly over the library."""
        step = max(1, -(-self._codes.places // most))
        return self._exact(np.arange(0, self._codes.places, step))[1]

    def _exact(self, places: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Contents (M,) and the library's vectors (M, dim) at ``places``, without those removed meanwhile."""
        rows = self._codes.rows_at(places)
        self._read(np.setdiff1d(rows, self._rows))
        if not len(self._rows):
            return np.zeros(0, dtype=np.int64), self._vectors
        at = np.minimum(np.searchsorted(self._rows, rows), len(self._rows) - 1)
        here = self._rows[at] == rows
        return self._codes.contents_at(places[here]), self._vectors[at[here]]

    def _read(self, rows: NDArray[np.int64]) -> None:
        if not len(rows) or self._stored is None:
            return
        fresh, vectors = self._stored.of_rows(rows.tolist())
        known = np.concatenate([self._rows, fresh])
        order = np.argsort(known, kind="stable")
        self._rows, self._vectors = known[order], np.concatenate([self._vectors, vectors])[order]


def _cosines(vectors: NDArray[np.float32], vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cosine of each of ``vectors`` (N, dim) with ``vector`` (dim,), both of unit length.

    In double precision: where a row stands in a matrix product may change its last digit in float32, and photos that
    are equal would change places. NumKong adds up float32 in float64, needs no copy and no threads.
    """
    if not len(vectors):
        return np.zeros(0, dtype=np.float32)
    asked = np.ascontiguousarray(vector, dtype=np.float32)[None]
    cosines: NDArray[np.float64] = np.asarray(numkong.cdist(asked, vectors, "dot"))[0]
    return cosines.astype(np.float32)
