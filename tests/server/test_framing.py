from __future__ import annotations

import io
import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.server.framing import LineReader, LineWriter, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 20


class InPieces:
    """A stream that gives its bytes in pieces of the sizes it is told, then one by one."""

    def __init__(self, data: bytes, sizes: Sequence[int] = ()) -> None:
        self._data = io.BytesIO(data)
        self._sizes = iter(sizes)

    def read(self, size: int, /) -> bytes:
        return self._data.read(min(size, next(self._sizes, 1)))


def lines_of(data: bytes, sizes: Sequence[int] = ()) -> list[bytes | None]:
    return list(LineReader(InPieces(data, sizes), LONGEST))


@given(
    st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=8),
    st.lists(st.integers(1, 50), max_size=20),
)
def test_lines_come_out_whole_however_the_bytes_arrive(lines: list[bytes], sizes: list[int]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    assert lines_of(data, sizes) == [line if len(line) <= LONGEST else None for line in lines]


def test_line_after_one_too_long_is_read_as_ever() -> None:
    assert lines_of(b"x" * 1000 + b"\nok\n", [7]) == [None, b"ok"]


def test_last_line_without_its_end_is_dropped() -> None:
    assert lines_of(b"whole\nhal") == [b"whole"]


def test_stream_that_breaks_is_a_stream_that_ends() -> None:
    class Breaking:
        def read(self, _: int, /) -> bytes:
            raise OSError("the pipe is gone")

    assert list(LineReader(Breaking(), LONGEST)) == []


class Sluggish:
    """Takes at most three bytes at a time."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: memoryview, /) -> int:
        self.data += bytes(data[:3])
        return min(3, len(data))


def test_stream_that_takes_a_part_gets_the_rest_later() -> None:
    target = Sluggish()
    LineWriter(target, lambda: None).send({"text": "海上的红气球"})
    assert json.loads(target.data) == {"text": "海上的红气球"}
    assert target.data.endswith(b"\n")


@pytest.mark.parametrize("text", ["line\nbreak\r\n\u2028", os.fsdecode(b"caf\xe9"), "\0"])
def test_no_text_can_break_the_line(text: str) -> None:
    line = encode({"text": text})
    assert line.count(b"\n") == 1
    assert json.loads(line) == {"text": text}


def test_writer_says_once_that_nobody_reads() -> None:
    class Gone:
        def write(self, _: Any, /) -> int:
            raise BrokenPipeError

    told: list[bool] = []
    writer = LineWriter(Gone(), lambda: told.append(True))
    for _ in range(3):
        writer.send({})
    assert told == [True]
