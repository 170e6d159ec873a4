"""Answers: what was sent comes back; whatever else a worker may send is refused, never believed and never a bug."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import struct
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.imaging.answers import (
    MalformedAnswerError,
    MessageReader,
    decode_answer,
    encode_answer,
    longest_answer,
    send_message,
)
from engine.imaging.jobs import Decoded, DecodeJob, Failed
from engine.imaging.metadata import MetadataCaption, PhotoFacts
from engine.imaging.preprocess import InputSpec
from engine.protocol import IssueReason

JOB = DecodeJob(7, Path("a.jpg"), (InputSpec(4), InputSpec(6)))
FACTS = PhotoFacts(
    "JPEG", 4000, 3000, "2023-07-14T12:34:56+08:00", "X100", 31.5, -121.5, (MetadataCaption("海上", "zh", "xmp"),)
)
INPUTS = tuple(np.arange(3 * size**2, dtype=np.uint8).reshape(size, size, 3) for size in (4, 6))
PIXEL_DIGEST = b"of sixteen bytes"
ITS_DIGITS = PIXEL_DIGEST.hex()
ANSWER = Decoded(7, FACTS, INPUTS, b"\xff\xd8\xff a thumbnail", PIXEL_DIGEST)


def changed(pixel_digest: Any = ITS_DIGITS, **facts: Any) -> bytes:
    """A sound answer but for some facts."""
    values = {"facts": asdict(FACTS) | facts, "thumbnail": 15, "pixel_digest": pixel_digest}
    header = json.dumps(values).encode()
    body = encode_answer(ANSWER)
    (length,) = struct.unpack_from("!I", body)
    return struct.pack("!I", len(header)) + header + body[4 + length :]


def test_a_decoded_photo_survives_the_journey() -> None:
    body = encode_answer(ANSWER)
    answer = decode_answer(bytearray(body), JOB)  # as it was read: nobody else has this memory
    assert isinstance(answer, Decoded)
    assert (answer.key, answer.facts, answer.thumbnail) == (7, FACTS, ANSWER.thumbnail)
    assert answer.pixel_digest == PIXEL_DIGEST
    assert all((got == sent).all() for got, sent in zip(answer.inputs, INPUTS, strict=True))
    assert all(pixels.flags.writeable for pixels in answer.inputs)
    assert len(body) <= longest_answer(JOB)


def test_a_photo_without_thumbnail_survives_the_journey() -> None:
    answer = decode_answer(encode_answer(replace(ANSWER, thumbnail=None)), replace(JOB, thumbnail=False))
    assert isinstance(answer, Decoded)
    assert answer.thumbnail is None


def test_a_failure_survives_the_journey_with_its_callers_key() -> None:
    sent = Failed(99, IssueReason.DAMAGED, "cut short 截断")
    assert decode_answer(encode_answer(sent), JOB) == Failed(7, IssueReason.DAMAGED, "cut short 截断")


@pytest.mark.parametrize(
    "facts",
    [
        {"width": 0}, {"width": True}, {"height": 2**40}, {"height": "3"}, {"format": None}, {"format": "x" * 1000},
        {"camera": 3}, {"camera": "\ud800"}, {"latitude": 91}, {"longitude": float("nan")}, {"latitude": "1"},
        {"captions": None}, {"captions": [{}]}, {"captions": [3]}, {"taken_at": ["2023"]},
        {"captions": [{"text": "a", "language": None, "source": "user"}]},
        {"captions": [{"text": "a" * 5000, "language": None, "source": "xmp"}]},
        {"captions": [{"text": "a", "language": None, "source": "xmp"}] * 99},
    ],
)  # fmt: skip
def test_facts_that_cannot_be_are_refused(facts: dict[str, Any]) -> None:
    assert isinstance(decode_answer(changed(), JOB), Decoded)
    with pytest.raises(MalformedAnswerError):
        decode_answer(changed(**facts), JOB)


def test_pixels_for_other_specs_are_refused() -> None:
    with pytest.raises(MalformedAnswerError):
        decode_answer(encode_answer(ANSWER), replace(JOB, specs=(InputSpec(4), InputSpec(7))))


def test_an_unwanted_or_false_thumbnail_is_refused() -> None:
    with pytest.raises(MalformedAnswerError):
        decode_answer(encode_answer(ANSWER), replace(JOB, thumbnail=False))
    with pytest.raises(MalformedAnswerError):
        decode_answer(encode_answer(replace(ANSWER, thumbnail=b"<svg/>")), JOB)


@pytest.mark.parametrize("digest", [None, 3, "", "00", "zz" * 16, "00" * 17, ["00" * 16]])
def test_a_pixel_digest_of_another_form_is_refused(digest: Any) -> None:
    with pytest.raises(MalformedAnswerError):
        decode_answer(changed(pixel_digest=digest), JOB)


def test_a_pixel_digest_that_nobody_asked_for_is_refused() -> None:
    job = replace(JOB, specs=())
    assert isinstance(decode_answer(encode_answer(replace(ANSWER, inputs=(), pixel_digest=None)), job), Decoded)
    with pytest.raises(MalformedAnswerError):
        decode_answer(encode_answer(replace(ANSWER, inputs=())), job)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_a_damaged_answer_is_decoded_or_refused_but_never_a_bug(data: st.DataObject) -> None:
    body = bytearray(encode_answer(ANSWER))
    for _ in range(data.draw(st.integers(1, 8))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(MalformedAnswerError):
        decode_answer(bytes(body[: data.draw(st.integers(0, len(body)))]), JOB)


def test_messages_arrive_whole_however_they_are_cut() -> None:
    ours, theirs = multiprocessing.Pipe()
    reader = MessageReader(ours)
    assert reader.read(100) == []
    wire = b"".join(struct.pack("!I", len(body)) + body for body in (b"first", b"", b"third"))
    received = []
    for at in range(len(wire)):
        os.write(theirs.fileno(), wire[at : at + 1])
        received += reader.read(100)
    assert received == [b"first", b"", b"third"]
    send_message(theirs, b"fourth")
    assert reader.read(100) == [b"fourth"]
    os.write(theirs.fileno(), struct.pack("!I", 9) + b"half")
    assert reader.read(100) == []
    theirs.close()
    with pytest.raises(EOFError):
        reader.read(100)
    ours.close()


def test_message_that_says_it_is_too_long_is_refused_before_it_is_read() -> None:
    ours, theirs = multiprocessing.Pipe()
    reader = MessageReader(ours)
    send_message(theirs, b"x" * 101)
    with pytest.raises(MalformedAnswerError):
        reader.read(100)
    theirs.close()
    ours.close()
