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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.api import Engine
    from engine.models.package import Calibration

TEXT_BATCH = 64


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
    usable, _ = _gallery(engine, captioned)
    texts, gallery, owner = _paired(engine, captioned)
    scores = _encode(engine, texts) @ gallery.T
    result = recall(scores, owner)
    if full:
        ranked = recall(_full_scores(engine, texts, usable), owner)
        result = type(result)(ranked.text_to_image, result.image_to_text)
    skipped = tuple(str(photo.path) for photo in captioned if photo not in usable)
    return Evaluation(len(usable), result.text_to_image, result.image_to_text, engine.encoder.card.key, skipped)


def calibrate_model(key: str, photos: Path, captioned: Sequence[CaptionedPhoto]) -> Calibration:
    """Calibrate a model of the user's own on captioned photos, and write the thresholds into its package."""
    from engine.api import Engine
    from engine.models.calibration import calibrate
    from engine.models.package import write_card

    folder = find_package(key, model_dirs())
    with (
        tempfile.TemporaryDirectory(prefix="balloon-") as scratch,
        Engine.open_writer(LibraryPaths(Path(scratch) / "library"), key) as engine,
    ):
        engine.index([engine.add_folder(photos)])
        texts, gallery, owner = _paired(engine, captioned)
        found = calibrate(_encode(engine, texts), gallery, owner)
        card = engine.encoder.card
    if not os.access(folder, os.W_OK):
        raise KnownError(
            ErrorKind.LIBRARY_READ_ONLY, f"The package {folder} may not be written. Check its permissions."
        )
    write_card(folder, replace(card, calibration=found))
    return found


def _paired(
    engine: Engine, captioned: Sequence[CaptionedPhoto]
) -> tuple[list[str], NDArray[np.float32], NDArray[np.int64]]:
    """The texts (T), the vectors of their photos (P, dim) and the owner (T,) of each text."""
    usable, gallery = _gallery(engine, captioned)
    texts = [caption for photo in usable for caption in photo.captions]
    return texts, gallery, np.repeat(np.arange(len(usable)), [len(photo.captions) for photo in usable])


def _gallery(engine: Engine, captioned: Sequence[CaptionedPhoto]) -> tuple[list[CaptionedPhoto], NDArray[np.float32]]:
    contents, vectors, paths = engine.vectors()
    row_of = {os.fspath(path): row for row, content in enumerate(contents.tolist()) if (path := paths.get(content))}
    usable = [photo for photo in captioned if os.fspath(photo.path) in row_of]
    if not usable:
        raise KnownError(ErrorKind.NOT_FOUND, "None of the photos in the captions file could be used. Check --photos.")
    return usable, vectors[[row_of[os.fspath(photo.path)] for photo in usable]]


def _encode(engine: Engine, texts: Sequence[str]) -> NDArray[np.float32]:
    batches = [texts[start : start + TEXT_BATCH] for start in range(0, len(texts), TEXT_BATCH)]
    return np.concatenate([engine.encoder.encode_texts(batch) for batch in batches])


def _full_scores(engine: Engine, texts: Sequence[str], usable: Sequence[CaptionedPhoto]) -> NDArray[np.float32]:
    column = {os.fspath(photo.path): index for index, photo in enumerate(usable)}
    scores = np.full((len(texts), len(usable)), -np.inf, dtype=np.float32)
    for row, text in enumerate(texts):
        for hit in engine.search(text, limit=10 * len(usable)).hits:
            index = column.get(os.fspath(hit.path.to_path()))
            if index is not None:
                scores[row, index] = -hit.rank
    return scores
