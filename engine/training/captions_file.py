"""A user's captions: CSV or JSONL with the name of a photo and what is on it; bad rows are counted, not fatal."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import KnownError
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_COLUMNS = ("file", "photo", "image", "path", "filename", "file_name")
TEXT_COLUMNS = ("caption", "text", "description", "title", "sentence", "query")
LONGEST_CAPTION = 1000


@dataclass(frozen=True, slots=True)
class CaptionRow:
    """A caption and the photo it is about."""

    photo: Path
    text: str


@dataclass(frozen=True, slots=True)
class CaptionsFile:
    """The usable rows, and for each reason the number of rows left out because of it."""

    rows: tuple[CaptionRow, ...]
    left_out: dict[str, int]

    @property
    def photos(self) -> tuple[Path, ...]:
        """Every photo once, in order of appearance."""
        return tuple(dict.fromkeys(row.photo for row in self.rows))


def read_captions_file(path: Path, folder: Path) -> CaptionsFile:
    """Read ``path``; photos are looked for in ``folder``. Raises ``KnownError`` (NOT_FOUND, USAGE)."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise KnownError(ErrorKind.NOT_FOUND, f"The captions file {path} cannot be read.") from error
    text = raw.decode("utf-8-sig", errors="replace")
    source = _json_rows(text) if path.suffix.lower() in {".jsonl", ".ndjson"} else _csv_rows(path, text)
    rows: list[CaptionRow] = []
    left_out: Counter[str] = Counter()
    seen: set[tuple[Path, str]] = set()
    for values in source:
        for made in _rows_of(values, folder):
            reason = made if isinstance(made, str) else ""
            if isinstance(made, CaptionRow):
                key = (made.photo, made.text.casefold())
                reason = "repeated" if key in seen else ""
                seen.add(key)
            if reason:
                left_out[reason] += 1
            elif isinstance(made, CaptionRow):
                rows.append(made)
    return CaptionsFile(tuple(rows), dict(left_out))


def _csv_rows(path: Path, text: str) -> Iterator[dict[str, Any] | None]:
    first = text.splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(text.splitlines(), delimiter=delimiter)
    names = [name.strip().lower() for name in reader.fieldnames or ()]
    if not set(names) & set(FILE_COLUMNS) or not set(names) & set(TEXT_COLUMNS):
        raise KnownError(
            ErrorKind.USAGE,
            f"{path.name} needs a first line with the columns file and caption.",
        )
    for values in reader:
        yield {str(key).strip().lower(): value for key, value in values.items() if key is not None}


def _json_rows(text: str) -> Iterator[dict[str, Any] | None]:
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except ValueError:
            yield None
            continue
        yield {str(key).lower(): value for key, value in values.items()} if isinstance(values, dict) else None


def _rows_of(values: dict[str, Any] | None, folder: Path) -> list[CaptionRow | str]:
    """Return the caption rows of one line, or why there is none."""
    if values is None:
        return ["not readable"]
    name = next((values[column] for column in FILE_COLUMNS if isinstance(values.get(column), str)), "").strip()
    told = next((values[column] for column in TEXT_COLUMNS if values.get(column)), None)
    texts = [" ".join(text.split()) for text in (told if isinstance(told, list) else [told]) if isinstance(text, str)]
    texts = [text for text in texts if text]
    if not name or not texts:
        return ["without a photo or a caption"]
    photo = folder / name
    if not photo.is_file():
        return ["photo not found"]
    return [CaptionRow(photo, text) if len(text) <= LONGEST_CAPTION else "caption too long" for text in texts]
