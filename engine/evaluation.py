"""Evaluation: recall of a library's search over a captions file (one JSON object a line)."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.config import LibraryPaths, model_dirs
from engine.errors import KnownError
from engine.models.catalog import find_package
from engine.models.recall import recall
from engine.protocol import ErrorKind, Evaluation
from engine.search.query_text import language_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.api import Engine
    from engine.models.package import Calibration

TEXT_BATCH = 64
LEAST_CALIBRATED = 20


@dataclass(frozen=True, slots=True)
class CaptionedPhoto:
    """A photo of the captions file, and every caption it has there."""

    path: Path
    captions: tuple[str, ...]


def read_captions(file: Path, photos: Path, text_field: str) -> list[CaptionedPhoto]:
    """Read a captions file; several lines may name one photo. Raises ``KnownError`` naming the line that is wrong."""
    found: dict[Path, list[str]] = {}
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KnownError(ErrorKind.NOT_FOUND, f"{file} cannot be read as a captions file.") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            name, captions = _read_line(line, number, text_field)
            found.setdefault(Path(os.path.realpath(photos / name)), []).extend(captions)
    return [CaptionedPhoto(path, tuple(captions)) for path, captions in found.items() if captions]


def own_captions(engine: Engine) -> list[CaptionedPhoto]:
    """The library's own captions as queries: what people wrote about their photos, not what cameras did."""
    found = [CaptionedPhoto(path, captions) for path, captions in engine.captioned_photos()]
    if not found:
        raise KnownError(
            ErrorKind.NOT_FOUND,
            "There are no captions of your own to measure by. Add some: balloon caption add PHOTO TEXT",
        )
    return found


def _read_line(line: str, number: int, text_field: str) -> tuple[str, list[str]]:
    try:
        values = json.loads(line)
        name, captions = values["file"], values[text_field]
    except (ValueError, TypeError, KeyError) as error:
        raise KnownError(
            ErrorKind.BAD_FILE, f'Line {number} of the captions file needs "file" and "{text_field}" (--text-field).'
        ) from error
    texts = [captions] if isinstance(captions, str) else list(captions or [])
    return str(name), [text for text in texts if isinstance(text, str) and text.strip()]


def evaluate(engine: Engine, captioned: Sequence[CaptionedPhoto], *, full: bool) -> Evaluation:
    """Measure both directions over the photos of ``captioned`` that the library can find; the others are skipped.

    ``full`` ranks text -> image by the whole search instead of by the vectors alone.
    """
    return _measure(engine, _material(engine, captioned, among_all=False), captioned, full=full)


def self_test(engine: Engine, *, full: bool) -> Evaluation:
    """Measure by the library's own captions how well search works on its photos: each caption's photo among all."""
    captioned = own_captions(engine)
    return _measure(engine, _material(engine, captioned, among_all=True), captioned, full=full)


def tested_models(engine: Engine) -> list[str]:
    """The models that have seen photos of this library, the one at work first."""
    rows = [row for row in engine.models().models if row.indexed and row.key != engine.encoder.card.key]
    return [engine.encoder.card.key, *(row.key for row in rows)]


def calibrate_by_file(key: str, photos: Path, captioned: Sequence[CaptionedPhoto]) -> Calibration:
    """Calibrate a model of the user's own on captioned photos of a folder, which a library of the moment embeds."""
    from engine.api import Engine

    with (
        tempfile.TemporaryDirectory(prefix="balloon-") as scratch,
        Engine.open_writer(LibraryPaths(Path(scratch) / "library"), key) as engine,
    ):
        engine.index([engine.add_folder(photos)])
        return _calibrate(engine, captioned)


def calibrate_by_library(engine: Engine) -> Calibration:
    """Calibrate the model that ``engine`` works with on the library's own captions."""
    return _calibrate(engine, own_captions(engine))


def _calibrate(engine: Engine, captioned: Sequence[CaptionedPhoto]) -> Calibration:
    """Choose the thresholds and write them into the model's package."""
    from engine.models.calibration import calibrate
    from engine.models.package import write_card

    material = _material(engine, captioned, among_all=False)
    if len(material.captioned) < LEAST_CALIBRATED:
        raise KnownError(
            ErrorKind.NOT_FOUND,
            f"Calibrating takes at least {LEAST_CALIBRATED} captioned photos; {len(material.captioned)} could be used.",
        )
    card = engine.encoder.card
    folder = find_package(card.key, model_dirs())
    if not os.access(folder, os.W_OK):
        raise KnownError(
            ErrorKind.LIBRARY_READ_ONLY, f"The package {folder} may not be written. Check its permissions."
        )
    languages = [language_of(text) for text in material.texts]
    found = calibrate(_encode(engine, material.texts), material.vectors, material.owner, languages)
    write_card(folder, replace(card, calibration=found))
    return found


@dataclass(frozen=True, slots=True)
class _Material:
    """Texts (T), the photos they are ranked against with their vectors (P, dim), the photo ``owner`` (T,) of each text,
    and those that were ``captioned``.
    """

    texts: list[str]
    paths: list[str]
    vectors: NDArray[np.float32]
    owner: NDArray[np.int64]
    captioned: list[CaptionedPhoto]


def _material(engine: Engine, captioned: Sequence[CaptionedPhoto], *, among_all: bool) -> _Material:
    contents, vectors, paths = engine.vectors()
    row_of = {os.fspath(path): row for row, content in enumerate(contents.tolist()) if (path := paths.get(content))}
    usable = [photo for photo in captioned if os.fspath(photo.path) in row_of]
    if not usable:
        raise KnownError(ErrorKind.NOT_FOUND, "None of the captioned photos could be used. Check --photos.")
    shown = list(row_of) if among_all else [os.fspath(photo.path) for photo in usable]
    place = {path: number for number, path in enumerate(shown)}
    places = [place[os.fspath(photo.path)] for photo in usable]
    return _Material(
        texts=[caption for photo in usable for caption in photo.captions],
        paths=shown,
        vectors=vectors[[row_of[path] for path in shown]],
        owner=np.repeat(np.array(places, dtype=np.int64), [len(photo.captions) for photo in usable]),
        captioned=usable,
    )


def _measure(engine: Engine, material: _Material, captioned: Sequence[CaptionedPhoto], *, full: bool) -> Evaluation:
    result = recall(_encode(engine, material.texts) @ material.vectors.T, material.owner)
    by_text = result.text_to_image
    if full:
        by_text = recall(_full_scores(engine, material), material.owner).text_to_image
    skipped = tuple(str(photo.path) for photo in captioned if photo not in material.captioned)
    searched = len(material.paths)
    key = engine.encoder.card.key
    return Evaluation(len(material.captioned), by_text, result.image_to_text, key, skipped, searched)


def _encode(engine: Engine, texts: Sequence[str]) -> NDArray[np.float32]:
    batches = [texts[start : start + TEXT_BATCH] for start in range(0, len(texts), TEXT_BATCH)]
    return np.concatenate([engine.encoder.encode_texts(batch) for batch in batches])


def _full_scores(engine: Engine, material: _Material) -> NDArray[np.float32]:
    column = {path: index for index, path in enumerate(material.paths)}
    scores = np.full((len(material.texts), len(material.paths)), -np.inf, dtype=np.float32)
    for row, text in enumerate(material.texts):
        for hit in engine.search(text, limit=10 * len(material.paths)).hits:
            index = column.get(os.fspath(hit.path.to_path()))
            if index is not None:
                scores[row, index] = -hit.rank
    return scores
