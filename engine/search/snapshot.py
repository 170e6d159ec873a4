"""The snapshot: a library's codes in a file beside it, mapped into memory at the next start instead of read anew.

Derived data, never the truth: it may be deleted at any time, is checked against its own sums and against some of the
library's vectors before it is used, and is written anew when the library has outgrown it. A library without room or
rights for it is searched all the same.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from engine.search.codes import MERGED_BELOW, Block, Codes
from engine.search.rotation import Rotation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.search.nearness import StoredVectors

logger = logging.getLogger(__name__)

FORMAT = 2
HEADER_SIZE = 65_536
ALIGNED = 64  # bytes: where every column begins
SUMMED = 8 * 1024 * 1024  # bytes under one sum
KEPT_FROM = 20_000  # rows: fewer are read from the library in a moment
GROWTH = 10  # written anew when a tenth has come to it
COMPARED = 64
ABANDONED_S = 600
SUFFIX = ".codes"
_KINDS = {
    "contents": "<i8",
    "rows": "<i8",
    "scales": "<f4",
    "codes": "|i1",
    "tail_scales": "<f4",
    "tail_codes": "|i1",
    "spreads": "<f4",
}


class SnapshotFile:
    """The snapshots of one model: ``place`` without a suffix, each file named by what it holds, the latest counts."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._block: Block | None = None
        self._can_write = True

    def load(self, stored: StoredVectors) -> Codes | None:
        """The codes kept last; None where there are none, or they are damaged or not this library's."""
        for path in self._kept():
            try:
                codes = _read(path, stored.dim)
            except (OSError, ValueError, TypeError, KeyError) as error:
                logger.info("The snapshot %s is of no use: %s.", path.name, error)
                continue
            known = _of_library(codes, stored)
            if known is not None:
                (self._block,) = codes.blocks
                return known
        return None

    def keep(self, codes: Codes) -> Codes:
        """Write ``codes`` if the last snapshot has been outgrown; gives the same codes, then from the file."""
        kept, changed = 0, len(codes)
        if self._block is not None and codes.blocks and codes.blocks[0].codes is self._block.codes:
            first = codes.blocks[0]
            kept, changed = len(first), len(codes) - first.count + len(first) - first.count
        if not self._can_write or not len(codes) or changed < max(KEPT_FROM, kept // GROWTH):
            return codes
        try:
            path = self._write(codes)
            kept_now = _read(path, _dim(codes))
        except (OSError, ValueError) as error:
            logger.info("No snapshot can be kept: %s.", error)
            self._can_write = False
            return codes
        (self._block,) = kept_now.blocks
        self._sweep(path)
        return kept_now

    def _kept(self) -> list[Path]:
        found = self._place.parent.glob(f"{self._place.name}-*{SUFFIX}")
        return sorted(found, key=_age_s)

    def _write(self, codes: Codes) -> Path:
        self._place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._place.with_name(f"{self._place.name}-{codes.newest()}-{len(codes)}{SUFFIX}")
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            with open(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
                stream.seek(HEADER_SIZE)
                rotation = codes.rotation or Rotation.none(_dim(codes))
                for array in (rotation.matrix, rotation.centre):
                    _put(stream, [array], "<f4")
                for name, kind in _KINDS.items():
                    _put(stream, (part for block in codes.blocks for part in _held(block, name)), kind)
                stream.flush()
                shape = {"dim": rotation.dim, "head": rotation.head, "count": len(codes)}
                header = {"format": FORMAT, **shape, "sums": _sums(part)}
                stream.seek(0)
                stream.write(json.dumps(header).encode("ascii").ljust(HEADER_SIZE))
            part.replace(path)
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
        return path

    def _sweep(self, latest: Path) -> None:
        """Remove what came before; Windows refuses while another process has it mapped, and it goes the next time."""
        parts = [path for path in self._place.parent.glob(f"{self._place.name}-*.part") if _age_s(path) > ABANDONED_S]
        for path in [*self._kept(), *parts]:
            if path != latest:
                with contextlib.suppress(OSError):
                    path.unlink()


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return float("inf")


def _sums(path: Path) -> list[int]:
    """CRC-32 of every ``SUMMED`` bytes behind the header, taken on several threads."""
    body = np.memmap(path, dtype=np.uint8, mode="r", offset=HEADER_SIZE)
    parts = [body[first : first + SUMMED] for first in range(0, len(body), SUMMED)]
    with ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="sums") as threads:
        return list(threads.map(zlib.crc32, parts))


def _held(block: Block, name: str) -> Iterator[NDArray[Any]]:
    """A column without the rows that were removed, some at a time: whole it may be larger than the memory."""
    column = getattr(block, name)
    for first in range(0, len(block), MERGED_BELOW):
        some = slice(first, first + MERGED_BELOW)
        yield column[some][block.held[some]] if block.count < len(block) else column[some]


def _put(stream: IO[bytes], arrays: Iterable[NDArray[Any]], kind: str) -> None:
    """Write what belongs together, one after the other, from where the next column may begin."""
    stream.seek(-stream.tell() % ALIGNED, os.SEEK_CUR)
    for array in arrays:
        stream.write(np.ascontiguousarray(array, dtype=kind).data)


class _Columns:
    """Columns as they lie one after the other in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.end = HEADER_SIZE

    def next(self, kind: str, shape: tuple[int, ...]) -> NDArray[Any]:
        """Map the next column; raises ``ValueError`` where the file ends before it does."""
        if not np.prod(shape):
            return np.zeros(shape, dtype=kind)
        begin = self.end + -self.end % ALIGNED
        column = np.asarray(np.memmap(self._path, dtype=kind, mode="r", offset=begin, shape=shape))
        self.end = begin + column.nbytes
        return column


def _read(path: Path, dim: int) -> Codes:
    """Map a snapshot of vectors of ``dim`` components; raises ``ValueError`` where it is not whole."""
    with path.open("rb") as stream:
        header = json.loads(stream.read(HEADER_SIZE))
    if (header["format"], header["dim"]) != (FORMAT, dim):
        raise ValueError("another format, or vectors of another length")
    count, head = int(header["count"]), int(header["head"])
    if not 0 < head <= dim:
        raise ValueError("a head of no length, or longer than the vectors")
    columns = _Columns(path)
    turned = 0 if head == dim else dim
    rotation = Rotation(dim, head, columns.next("<f4", (turned, turned)), columns.next("<f4", (dim - head,)))
    shapes = {"codes": (count, head), "tail_codes": (count, dim - head)}
    block = Block(**{name: columns.next(kind, shapes.get(name, (count,))) for name, kind in _KINDS.items()})
    if path.stat().st_size != columns.end or _sums(path) != header["sums"]:
        raise ValueError("it is damaged")
    return Codes([block], rotation)


def _dim(codes: Codes) -> int:
    block = codes.blocks[0]
    return int(block.codes.shape[1] + block.tail_codes.shape[1])


def _of_library(codes: Codes, stored: StoredVectors) -> Codes | None:
    """The codes of what is there still, if the rows looked at, some everywhere and the last ones, hold the library's
    vectors; None where one does not: another library, or one that was restored.
    """
    (block,) = codes.blocks
    count = len(block)
    everywhere, last = np.linspace(0, count - 1, COMPARED), np.arange(max(0, count - COMPARED), count)
    at = np.unique(np.concatenate([everywhere, last]).astype(np.intp))
    rows, vectors = stored.of_rows(block.rows[at].tolist())
    found = at[np.isin(block.rows[at], rows)]
    made = Block.of(block.contents[found], rows, vectors, codes.rotation)
    if not (_alike(made.codes, block.codes[found]) and _alike(made.tail_codes, block.tail_codes[found])):
        return None
    return codes if len(found) == len(at) else codes.only(*stored.held())


def _alike(codes: NDArray[np.int8], others: NDArray[np.int8]) -> bool:
    """Whether they differ by a step at most: turned in other company, a component may be rounded otherwise."""
    return bool((np.abs(codes.astype(np.int16) - others) <= 1).all())
