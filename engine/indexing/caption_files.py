"""Reading captions files: CSV (any delimiter), JSON lines, JSON lists and COCO JSON, row by row.

A row that cannot be used is handed on as a ``BadRow`` with its line; only a file that is no captions file raises.
"""

from __future__ import annotations

import base64
import binascii
import csv
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias

from engine.errors import KnownError
from engine.indexing.caption_columns import BYTES_COLUMN, Columns, find_columns, language_code
from engine.indexing.plain_text import encoding_of
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

DELIMITERS = ",;\t|"
_JSON_LINES = frozenset({".jsonl", ".ndjson"})
LONGEST_FIELD = 1 << 20  # characters; csv refuses a longer one, which is a quote that nobody closed


@dataclass(frozen=True, slots=True)
class CaptionText:
    """A caption as the file has it; ``language`` is en, zh or None where the file does not say."""

    text: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class CaptionRow:
    """What a file says of one photo. ``place`` is the line, or the annotation's number, counted from 1."""

    place: int
    file: str
    captions: tuple[CaptionText, ...]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that says nothing usable, and why."""

    place: int
    why: str


Row: TypeAlias = CaptionRow | BadRow


def read_caption_file(path: Path, text_field: str | None = None) -> Iterator[Row]:
    """Read ``path`` from beginning to end; ``text_field`` names the column or key of the captions, else it is guessed.

    Raises ``KnownError`` (NOT_FOUND, USAGE) for a file that cannot be read or is no captions file.
    """
    try:
        encoding = encoding_of(path)
        if encoding is None:
            raise KnownError(ErrorKind.USAGE, f"{path} is no text file. Captions come as CSV, JSONL or COCO JSON.")
        suffix = path.suffix.lower()
        with path.open(encoding=encoding, newline="") as stream:
            if suffix in _JSON_LINES:
                yield from _json_lines(stream, text_field)
            elif suffix == ".json":
                yield from _json(path, stream, text_field)
            else:
                yield from _csv(path, stream, text_field)
    except OSError as error:
        raise KnownError(ErrorKind.NOT_FOUND, f"{path} cannot be read: {error.strerror or error}.") from error


# CSV


def _csv(path: Path, stream: TextIO, text_field: str | None) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_FIELD)
    head = stream.readline()
    stream.seek(0)
    delimiter = _delimiter(head, text_field)
    reader = csv.reader(stream, delimiter=delimiter, skipinitialspace=f"{delimiter} " in head)
    header = next(_lines(reader), (1, []))[1]
    columns = find_columns(header if isinstance(header, list) else [], text_field)
    if not columns.are_usable:
        wanted = "caption" if text_field is None else text_field
        raise KnownError(ErrorKind.USAGE, f"The first line of {path} must name the columns: file, {wanted}.")
    for place, values in _lines(reader):
        if isinstance(values, str):
            yield BadRow(place, values)
        elif any(values[len(header) :]):
            yield BadRow(place, "more cells than columns (a text with a delimiter needs quotes)")
        elif values:
            yield _row(place, dict(zip(header, values, strict=False)), columns)


def _lines(reader: Any) -> Iterator[tuple[int, list[str] | str]]:
    """Each record and the line it begins at; a sentence in place of one that breaks the rules of CSV."""
    while True:
        place = reader.line_num + 1
        try:
            yield place, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield place, f"not readable as CSV ({error})"


def _delimiter(head: str, text_field: str | None) -> str:
    def quality(delimiter: str) -> tuple[bool, int]:
        names = next(csv.reader([head], delimiter=delimiter, skipinitialspace=True), [])
        return find_columns(names, text_field).are_usable, len(names)

    return max(DELIMITERS, key=quality)


# JSON


def _json_lines(stream: TextIO, text_field: str | None) -> Iterator[Row]:
    for place, line in enumerate(stream, start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            yield BadRow(place, "not readable as JSON")
            continue
        yield _object(place, values, text_field)


def _json(path: Path, stream: TextIO, text_field: str | None) -> Iterator[Row]:
    try:
        document = json.load(stream)
    except (ValueError, RecursionError):
        stream.seek(0)  # several documents, one a line, under the wrong suffix
        yield from _json_lines(stream, text_field)
        return
    if isinstance(document, dict) and isinstance(document.get("annotations"), list):
        yield from _coco(document, text_field or "caption")
    elif isinstance(document, list):
        for place, values in enumerate(document, start=1):
            yield _object(place, values, text_field)
    elif isinstance(document, dict) and find_columns(document, text_field).are_usable:
        yield _object(1, document, text_field)
    else:
        raise KnownError(ErrorKind.USAGE, f"{path} is neither COCO JSON (images, annotations) nor a list of captions.")


def _coco(document: Mapping[str, Any], text_field: str) -> Iterator[Row]:
    """COCO's caption format: annotations point to images by id."""
    images = document.get("images")
    files = {
        str(image["id"]): image["file_name"]
        for image in (images if isinstance(images, list) else ())
        if isinstance(image, dict) and "id" in image and isinstance(image.get("file_name"), str)
    }
    for place, annotation in enumerate(document["annotations"], start=1):
        values = annotation if isinstance(annotation, dict) else {}
        file = files.get(str(values.get("image_id")))
        texts = tuple(_texts(values.get(text_field), None))
        if file is None:
            yield BadRow(place, "an annotation of no known image")
        elif not texts:
            yield BadRow(place, f"an annotation without a {text_field}")
        else:
            yield CaptionRow(place, file, texts)


def _object(place: int, values: object, text_field: str | None) -> Row:
    if not isinstance(values, dict):
        return BadRow(place, "not an object with a file and a caption")
    return _row(place, values, find_columns(values, text_field))


# A row of either


def _row(place: int, values: Mapping[str, Any], columns: Columns) -> Row:
    file = _file(values, columns)
    if file is None:
        return BadRow(place, "no photo is named")
    told = language_code(values.get(columns.language)) if columns.language is not None else None
    captions = tuple(
        caption for name, language in columns.texts for caption in _texts(values.get(name), language or told)
    )
    return CaptionRow(place, file, captions) if captions else BadRow(place, "no caption")


def _file(values: Mapping[str, Any], columns: Columns) -> str | None:
    raw = values.get(BYTES_COLUMN)
    if isinstance(raw, str):
        try:
            return os.fsdecode(base64.b64decode(raw, validate=True))
        except binascii.Error:
            return None
    name = values.get(columns.file) if columns.file is not None else None
    return name if isinstance(name, str) and name.strip() and "\x00" not in name else None


def _texts(value: object, language: str | None) -> Iterable[CaptionText]:
    """A text, a list of them, or texts by language: {"en": ..., "zh": [...]}."""
    if isinstance(value, str):
        return [CaptionText(value, language)] if value.strip() else []
    if isinstance(value, list):
        return [caption for item in value if isinstance(item, str) for caption in _texts(item, language)]
    if isinstance(value, dict):
        parts = ((language_code(key), item) for key, item in value.items() if not isinstance(item, dict))
        return [caption for code, item in parts if code is not None for caption in _texts(item, code)]
    return []
