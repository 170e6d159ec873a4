"""What runs on the cluster: reading and decoding photos, then encoding them. Rows in, rows out, bytes and numbers.

A row's ``answer`` is a decode worker's message (``engine.imaging.answers``): what comes from another machine is checked
like what comes from a worker, and nothing of it is unpickled.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.cluster.storage import StorageError, digest_of, fetched
from engine.config import model_dirs
from engine.errors import KnownError, PhotoError
from engine.imaging.answers import decode_answer, encode_answer
from engine.imaging.jobs import Decoded, DecodeJob, Failed
from engine.imaging.pool import DecodePool
from engine.models.catalog import find_package
from engine.models.encoder import Encoder
from engine.protocol import ErrorKind, IssueReason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.imaging.preprocess import InputSpec
    from engine.library.distributed import PendingFile

Batch = dict[str, Any]
"""Columns by name: lists on their way out, arrays of objects on their way in."""


def rows_of(files: Sequence[PendingFile]) -> list[dict[str, Any]]:
    """Work as the cluster gets it: where a photo lies and how large it was when it was listed."""
    return [{"photo": file.photo, "path": os.fsencode(file.absolute), "byte_size": file.byte_size} for file in files]


def _columns(rows: Sequence[dict[str, Any]]) -> Batch:
    names = rows[0].keys() if rows else ()
    return {name: _column([row[name] for row in rows]) for name in names}


def _column(values: list[Any]) -> Any:
    if values and isinstance(values[0], bytes):
        column = np.empty(len(values), dtype=object)
        column[:] = values
        return column
    return np.asarray(values)


class Decoding:
    """Reads, digests and decodes photos, with a decode pool of its own for as long as it lives."""

    def __init__(self, spec: InputSpec, deadline_s: float) -> None:
        self._specs = (spec,)
        self._pool = DecodePool(1, deadline_s=deadline_s)

    def __call__(self, batch: Batch) -> Batch:
        """From ``photo``, ``path``, ``byte_size`` to ``photo``, ``digest``, ``byte_size``, ``trouble``, ``answer``."""
        given = zip(batch["photo"], batch["path"], batch["byte_size"], strict=True)
        return _columns([self._row(int(photo), Path(os.fsdecode(path)), int(size)) for photo, path, size in given])

    def _row(self, photo: int, path: Path, byte_size: int) -> dict[str, Any]:
        row = {"photo": photo, "digest": b"", "byte_size": byte_size, "trouble": "", "answer": b""}
        try:
            with fetched(path) as file:
                size = file.stat().st_size if file.exists() else byte_size
                if size == 0:
                    raise PhotoError(IssueReason.EMPTY, "the file holds no bytes")  # noqa: TRY301
                digest = digest_of(file)
                if size != byte_size:  # still being written: the next scan sees it settled
                    return row
                answer = self._pool.decode_one(DecodeJob(photo, file, self._specs))
        except PhotoError as error:
            return {**row, "answer": encode_answer(Failed(photo, error.reason, error.detail))}
        except StorageError as error:
            return {**row, "trouble": str(error)}
        return {**row, "digest": digest, "answer": encode_answer(answer)}


class Encoding:
    """Encodes what was decoded, with a model of its own for as long as it lives; on a GPU where it was given one."""

    def __init__(self, key: str, fingerprint: str, threads: int) -> None:
        self._encoder = Encoder.open(find_package(key, model_dirs()), threads=threads)
        if self._encoder.card.fingerprint != fingerprint:
            raise KnownError(
                ErrorKind.MODEL_MISSING,
                f"The cluster's machines have another model {key}. Install the same there.",
            )
        self._spec = self._encoder.card.image.input_spec

    def __call__(self, batch: Batch) -> Batch:
        """Adds ``vector`` (float32 bytes) and ``pixel_digest``; pixels are taken out of ``answer``."""
        rows = [dict(zip(batch, values, strict=True)) for values in zip(*batch.values(), strict=True)]
        decoded = {at: answer for at, row in enumerate(rows) if isinstance(answer := self._read(row), Decoded)}
        vectors = self._encode(list(decoded.values()))
        for row in rows:
            row.update(vector=b"", pixel_digest=b"", answer=bytes(row["answer"]), digest=bytes(row["digest"]))
        for (at, answer), vector in zip(decoded.items(), vectors, strict=True):
            light = replace(answer, inputs=(), pixel_digest=None)
            rows[at].update(
                vector=vector.astype("<f4").tobytes(), pixel_digest=answer.pixel_digest or b"",
                answer=encode_answer(light),
            )  # fmt: skip
        return _columns(rows)

    def _read(self, row: dict[str, Any]) -> Decoded | Failed | None:
        job = DecodeJob(int(row["photo"]), Path(), (self._spec,))
        return decode_answer(bytes(row["answer"]), job) if len(row["answer"]) else None

    def _encode(self, decoded: Sequence[Decoded]) -> Any:
        if not decoded:
            return ()
        return self._encoder.encode_images(np.stack([item.inputs[0] for item in decoded]))


@dataclass(frozen=True, slots=True)
class Result:
    """What came back of one photo. ``answer`` is None where the file was still changing or could not be fetched.

    ``digest`` is empty where there is none, ``trouble`` says why a storage gave no photo, ``vector`` is float32.
    """

    photo: int
    digest: bytes
    trouble: str
    answer: Decoded | Failed | None
    vector: bytes


def results(batch: Batch) -> Iterator[Result]:
    """Read a batch that came back; raises ``MalformedAnswerError`` for what no sound worker sends."""
    columns = [batch[name] for name in ("photo", "digest", "trouble", "answer", "vector", "pixel_digest")]
    for photo, digest, trouble, body, vector, pixels in zip(*columns, strict=True):
        answer = decode_answer(bytes(body), DecodeJob(int(photo), Path(), ())) if len(body) else None
        if isinstance(answer, Decoded):
            answer = replace(answer, pixel_digest=bytes(pixels))
        yield Result(int(photo), bytes(digest), str(trouble), answer, bytes(vector))
