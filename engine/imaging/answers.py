"""What a worker sends back, as bytes: a hostile photo may own its worker, so the engine unpickles and believes nothing.

A message is its length (4 bytes, big-endian), the length of its header (likewise), the header (JSON), then the pixels
of every input spec and the thumbnail, whose sizes the engine knows or checks.
"""

from __future__ import annotations

import json
import os
import struct
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from engine.imaging.jobs import Decoded, DecodeJob, Failed, Packed
from engine.imaging.metadata import LONGEST_CAMERA, MAX_LATITUDE, MAX_LONGITUDE, MetadataCaption, PhotoFacts
from engine.imaging.metadata_captions import LONGEST_CAPTION, MOST_CAPTIONS
from engine.imaging.pixel_digest import PIXEL_DIGEST_BYTES
from engine.protocol import IssueReason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

LONGEST_DETAIL = 300
READY = b"\x00\x00\x00\x02{}"
"""The first message of a worker: it has started and is about to take jobs."""

_LENGTH = struct.Struct("!I")
_LARGEST_HEADER = 1 << 20
_LARGEST_THUMBNAIL = 1 << 20
_LARGEST_EDGE = 1 << 20
_JPEG_START = b"\xff\xd8\xff"
_WORKER_REASONS = frozenset(IssueReason) - {IssueReason.TIMEOUT, IssueReason.BAD_SIDECAR, IssueReason.UNUSABLE_VECTOR}


class MalformedAnswerError(Exception):
    """A worker sent what no sound worker sends."""


def encode_answer(answer: Decoded | Packed | Failed) -> bytes:
    """Turn a result into the body of a message."""
    if isinstance(answer, Failed):
        return _join({"reason": answer.reason.value, "detail": answer.detail[:LONGEST_DETAIL]}, [])
    packed = answer if isinstance(answer, Packed) else Packed(answer, tuple(one.tobytes() for one in answer.inputs))
    decoded = packed.decoded
    thumbnail = decoded.thumbnail
    header = {
        "facts": asdict(decoded.facts),
        "thumbnail": None if thumbnail is None else len(thumbnail),
        "pixel_digest": None if decoded.pixel_digest is None else decoded.pixel_digest.hex(),
    }
    return _join(header, [*packed.inputs, thumbnail or b""])


def decode_answer(body: bytes | bytearray, job: DecodeJob) -> Decoded | Failed:
    """Check the answer to ``job`` and turn it into a result; raises ``MalformedAnswerError``."""
    try:
        header, rest = _split(body)
        if "reason" in header:
            return _failed(header, job, rest)
        return _decoded(header, job, rest)
    except (KeyError, TypeError, ValueError, RecursionError, struct.error) as error:
        raise MalformedAnswerError(f"{type(error).__name__}: {error}") from error


def longest_answer(job: DecodeJob) -> int:
    """Bytes that the answer to ``job`` may have at most."""
    return 4 + _LARGEST_HEADER + sum(3 * spec.size**2 for spec in job.specs) + _LARGEST_THUMBNAIL


def _join(header: dict[str, Any], parts: Sequence[bytes]) -> bytes:
    encoded = json.dumps(header).encode("ascii")
    return b"".join([_LENGTH.pack(len(encoded)), encoded, *parts])


def _split(body: bytes | bytearray) -> tuple[dict[str, Any], memoryview]:
    (length,) = _LENGTH.unpack_from(body)
    if length > min(_LARGEST_HEADER, len(body) - _LENGTH.size):
        raise ValueError("the header is longer than the message")
    end = _LENGTH.size + length
    header = json.loads(body[_LENGTH.size : end])
    if not isinstance(header, dict):
        raise TypeError("the header is no object")
    return header, memoryview(body)[end:]


def _failed(header: dict[str, Any], job: DecodeJob, rest: memoryview) -> Failed:
    reason = IssueReason(header["reason"])
    if reason not in _WORKER_REASONS or len(rest):
        raise ValueError("a worker may not give this reason")
    return Failed(job.key, reason, _text(header["detail"], LONGEST_DETAIL))


def _decoded(header: dict[str, Any], job: DecodeJob, rest: memoryview) -> Decoded:
    import numpy as np

    inputs = []
    for spec in job.specs:
        byte_size = 3 * spec.size**2
        inputs.append(np.frombuffer(rest[:byte_size], dtype=np.uint8).reshape(spec.size, spec.size, 3))
        rest = rest[byte_size:]
    thumbnail = _thumbnail(header["thumbnail"], job, rest)
    return Decoded(
        job.key, _facts(header["facts"]), tuple(inputs), thumbnail, _pixel_digest(header["pixel_digest"], job)
    )


def _thumbnail(length: Any, job: DecodeJob, rest: memoryview) -> bytes | None:
    if not job.thumbnail:
        if length is not None or len(rest):
            raise ValueError("a thumbnail that nobody asked for")
        return None
    thumbnail = bytes(rest)
    if len(thumbnail) != length or len(thumbnail) > _LARGEST_THUMBNAIL or not thumbnail.startswith(_JPEG_START):
        raise ValueError("the thumbnail is no JPEG of the length given")
    return thumbnail


def _pixel_digest(value: Any, job: DecodeJob) -> bytes | None:
    if not job.specs:
        if value is not None:
            raise ValueError("a pixel digest that nobody asked for")
        return None
    digest = bytes.fromhex(_text(value, 2 * PIXEL_DIGEST_BYTES))
    if len(digest) != PIXEL_DIGEST_BYTES:
        raise ValueError("the pixel digest has another length")
    return digest


def _facts(values: Any) -> PhotoFacts:
    captions = values["captions"]
    if not isinstance(captions, list) or len(captions) > MOST_CAPTIONS:
        raise ValueError("too many captions")
    return PhotoFacts(
        format=_text(values["format"], 20),
        width=_edge(values["width"]),
        height=_edge(values["height"]),
        taken_at=_text_or_none(values["taken_at"], 40),
        camera=_text_or_none(values["camera"], LONGEST_CAMERA),
        latitude=_degrees(values["latitude"], MAX_LATITUDE),
        longitude=_degrees(values["longitude"], MAX_LONGITUDE),
        captions=tuple(_caption(caption) for caption in captions),
    )


def _caption(values: Any) -> MetadataCaption:
    source = values["source"]
    if source not in {"exif", "iptc", "xmp"}:
        raise ValueError("an unknown source")
    return MetadataCaption(_text(values["text"], LONGEST_CAPTION), _text_or_none(values["language"], 8), source)


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError("a text is missing or too long")
    value.encode("utf-8")  # a lone surrogate would fail later, in the database
    return value


def _text_or_none(value: Any, longest: int) -> str | None:
    return None if value is None else _text(value, longest)


def _edge(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= _LARGEST_EDGE:
        raise ValueError("a picture without pixels")
    return value


def _degrees(value: Any, limit: int) -> float | None:
    if value is None:
        return None
    if type(value) not in {int, float} or not -limit <= value <= limit:
        raise ValueError("a place that is not on Earth")
    return float(value)


def send_message(connection: Connection, body: bytes) -> None:
    """Send one message from a worker; blocks until the engine has taken it. Raises ``OSError`` when it is gone."""
    if sys.platform == "win32":
        connection.send_bytes(body)
        return
    left = memoryview(_LENGTH.pack(len(body)) + body)
    while left:
        left = left[os.write(connection.fileno(), left) :]


class MessageReader:
    """The engine's end of a worker's answers. It never waits: a worker that stops in mid-answer blocks nobody.

    A message is read straight into the memory it stays in: most of it are pixels.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._begin()
        if sys.platform != "win32":
            os.set_blocking(connection.fileno(), False)

    def _begin(self) -> None:
        self._part = bytearray(_LENGTH.size)  # what is being read: the length of a message, then the message
        self._read = 0
        self._is_length = True

    def read(self, longest: int) -> list[bytearray]:
        """Give the next message if it has arrived whole.

        Raises ``EOFError`` when the worker is gone and nothing is left to read, ``MalformedAnswerError`` for a message
        of more than ``longest`` bytes.
        """
        if sys.platform == "win32":  # a pipe of whole messages: there is no half of one to wait for
            try:
                return [bytearray(self._connection.recv_bytes(longest))]
            except OSError as error:
                raise MalformedAnswerError(str(error)) from error
        while self._fill():
            if not self._is_length:
                message = self._part
                self._begin()
                return [message]
            (length,) = _LENGTH.unpack(self._part)
            if length > longest:
                raise MalformedAnswerError(f"a message of {length} bytes")
            self._part, self._read, self._is_length = bytearray(length), 0, False
        return []

    def _fill(self) -> bool:
        """Read on; whether what is being read is whole."""
        while self._read < len(self._part):
            try:
                arrived = os.readv(self._connection.fileno(), [memoryview(self._part)[self._read :]])
            except BlockingIOError:
                return False
            except ConnectionResetError as error:
                raise EOFError from error
            if not arrived:
                raise EOFError
            self._read += arrived
        return True
