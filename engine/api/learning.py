"""Learning a new field from a user's captions: the one border behind which the app meets ``engine.training``."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.config import LibraryPaths, own_models_dir
from engine.errors import KnownError
from engine.protocol import ErrorKind, RecallRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.api.engine import Engine
    from engine.models.encoder import Encoder


@dataclass(frozen=True, slots=True)
class FieldReport:
    """What learning came to. ``left_out`` counts rows of the captions file by reason; recall is on held-out photos.

    ``package`` is None where the held-out photos were found no better than before: then nothing was written.
    """

    key: str
    base: str
    photos: int
    captions: int
    held_out: int
    epochs: int
    before: RecallRow
    after: RecallRow
    before_image_to_text: RecallRow
    after_image_to_text: RecallRow
    left_out: dict[str, int]
    package: str | None


def learn_field(captions: Path, photos: Path, encoder: Encoder, key: str, library: LibraryPaths) -> FieldReport:
    """Learn a Balloon mapping from a captions file (CSV, JSONL) and write it as the model package ``key``.

    The photos' vectors come from ``library`` if it has them all, else from a library made for the occasion. Raises
    ``KnownError`` (EXTRA_MISSING without torch, USAGE below a useful number of pairs or for a bad name).
    """
    try:
        from engine.training.captions_file import read_captions_file
        from engine.training.custom import learn, write_package
    except ImportError as error:
        raise KnownError(
            ErrorKind.EXTRA_MISSING,
            "Learning needs the extra 'models'. Install it: pip install 'balloon-photos[models]'",
        ) from error
    folder = _package_folder(key)
    file = read_captions_file(captions, photos)
    vectors = _vectors(file.photos, photos, encoder, library)
    kept = [photo for photo in file.photos if photo in vectors]
    place = {photo: row for row, photo in enumerate(kept)}
    rows = [row for row in file.rows if row.photo in place]
    images = np.stack([vectors[photo] for photo in kept]) if kept else np.zeros((0, encoder.card.dim), np.float32)
    learned = learn(encoder, [row.text for row in rows], images, np.array([place[row.photo] for row in rows], np.int64))
    if learned.improved:
        write_package(encoder.folder, encoder.card, learned, folder, key)
    unusable = len(file.rows) - len(rows)
    left_out = dict(file.left_out) | ({"photo cannot be used": unusable} if unusable else {})
    return FieldReport(
        key, encoder.card.key, learned.photos, learned.captions, learned.held_out, learned.epochs,
        learned.before.text_to_image, learned.after.text_to_image,
        learned.before.image_to_text, learned.after.image_to_text,
        left_out, str(folder) if learned.improved else None,
    )  # fmt: skip


def _package_folder(key: str) -> Path:
    if not key or not all(character.isalnum() or character in "-_." for character in key) or key.startswith("."):
        raise KnownError(ErrorKind.USAGE, "A model's name may hold letters, digits, '-', '_' and '.'.")
    folder = own_models_dir() / key
    if folder.exists():
        raise KnownError(ErrorKind.USAGE, f"There is already a model called {key}. Choose another --name.")
    return folder


def _vectors(
    wanted: Sequence[Path], folder: Path, encoder: Encoder, library: LibraryPaths
) -> dict[Path, NDArray[np.float32]]:
    from engine.api.engine import Engine

    key = encoder.card.key
    if library.is_made:
        with Engine.open_reader(library, key) as engine:
            found = _known_vectors(engine, wanted)
        if len(found) == len(wanted):
            return found
    with (
        tempfile.TemporaryDirectory(prefix="balloon-") as scratch,
        Engine.open_writer(LibraryPaths(Path(scratch) / "library"), key) as engine,
    ):
        engine.index([engine.add_folder(folder)])
        return _known_vectors(engine, wanted)


def _known_vectors(engine: Engine, wanted: Sequence[Path]) -> dict[Path, NDArray[np.float32]]:
    contents, vectors, paths = engine.vectors()
    row_of = {os.fspath(paths[content]): row for row, content in enumerate(contents.tolist()) if content in paths}
    real = {photo: os.path.realpath(photo) for photo in wanted}
    return {photo: vectors[row_of[path]] for photo, path in real.items() if path in row_of}
