"""Libraries of synthetic photos: real rows, texts and unit vectors in clusters, and no image files.

A thousandth of a real library's trouble and all of its size: 5,000 photos to a folder, a caption of the caption bank
for every tenth photo, in English and in Chinese.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.config import DEFAULT_MODEL, library_paths, model_dirs, resources_dir
from engine.library.database import Database
from engine.library.embeddings import Embeddings
from engine.library.folders import Folders
from engine.models.catalog import find_package
from engine.models.package import read_card
from engine.protocol import FolderState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from engine.models.package import ModelCard

FOLDER_SIZE = 5000
CAPTIONED = 10  # every tenth
CLUSTERS = 500
NEARNESS = 0.6
BATCH = 5000
ROOT = Path("/synthetic/photos")
FIRST_DAY = datetime(2005, 1, 1, 9)


def vectors(count: int, dim: int, *, seed: int = 1) -> Iterator[NDArray[np.float32]]:
    """Unit vectors (at most ``BATCH``, dim) about ``CLUSTERS`` centres, ``count`` in all; a seed gives the same."""
    centres = np.random.default_rng(7).standard_normal((CLUSTERS, dim), dtype=np.float32)
    random = np.random.default_rng(seed)
    for first in range(0, count, BATCH):
        size = min(BATCH, count - first)
        near = NEARNESS * centres[random.integers(CLUSTERS, size=size)]
        drawn = near + random.standard_normal((size, dim), dtype=np.float32)
        yield drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def queries(count: int, dim: int) -> NDArray[np.float32]:
    """Unit vectors (count, dim) that lie among those of ``vectors`` and are none of them."""
    return np.concatenate(list(vectors(count, dim, seed=2)))


def made(place: Path, photos: int) -> Path:
    """A library of ``photos`` photos under the embedded model, made once and kept in ``place``."""
    card = read_card(find_package(DEFAULT_MODEL, model_dirs()))
    library = place / f"library-{photos}-{card.fingerprint[:8]}-{card.text_fingerprint[:8]}"
    if not (library / "complete").is_file():
        shutil.rmtree(library, ignore_errors=True)
        _make(library, photos, card)
        (library / "complete").touch()
    return library


def _make(library: Path, photos: int, card: ModelCard) -> None:
    database = Database.open_writer(library_paths(library))
    with database.transaction():
        folder = Folders(database).add(ROOT)
        embeddings = Embeddings.of_model(database, card.key, card.fingerprint, card.dim)
    bank = [json.loads(line) for line in (resources_dir() / "captions" / "bank.jsonl").open(encoding="utf-8")]
    for first, drawn in zip(range(0, photos, BATCH), vectors(photos, card.dim), strict=True):
        numbers = range(first + 1, first + 1 + len(drawn))
        with database.transaction():
            _add_contents(database, numbers)
            _add_captions(database, numbers, bank)
            _add_photos(database, folder.id, numbers)
            embeddings.add(numbers, drawn)
            _embed_captions(database, embeddings.model, card.text_fingerprint, numbers)
    with database.transaction():  # nobody shall miss the files
        Folders(database).set_state(folder.id, FolderState.PAUSED)
    database.run("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def _add_contents(database: Database, numbers: range) -> None:
    database.run_many(
        """
        INSERT INTO content (id, digest, byte_size, format, width, height, taken_at, camera, decoded_at)
        VALUES (?, ?, 4000000, 'JPEG', 4000, 3000, ?, ?, '2026-01-01T00:00:00Z')
        """,
        (
            (
                number,
                hashlib.blake2b(b"%d" % number, digest_size=32).digest(),
                (FIRST_DAY + number * timedelta(minutes=9)).isoformat(),
                f"Synthetic {number % 7}",
            )
            for number in numbers
        ),
    )


def _add_captions(database: Database, numbers: range, bank: list[dict[str, str]]) -> None:
    database.run_many(
        """
        INSERT INTO caption (content, text, language, source, added_at)
        VALUES (?, ?, ?, 'user', '2026-01-01T00:00:00Z')
        """,
        (
            (number, bank[number * 7919 % len(bank)][language], language)
            for number in numbers
            if number % CAPTIONED == 0
            for language in ("en", "zh")
        ),
    )


def _embed_captions(database: Database, model: int, text_fingerprint: str, numbers: range) -> None:
    """Give every caption its photo's vector: some vector it must have, or indexing would make one first."""
    database.run(
        """
        INSERT INTO caption_embedding (model, caption, text_fingerprint, vector)
        SELECT embedding.model, caption.id, ?, embedding.vector
          FROM caption JOIN embedding ON embedding.content = caption.content AND embedding.model = ?
         WHERE caption.content BETWEEN ? AND ?
        """,
        (text_fingerprint, model, numbers[0], numbers[-1]),
    )


def _add_photos(database: Database, folder: int, numbers: range) -> None:
    def row(number: int) -> tuple[object, ...]:
        directory = f"{2005 + number // FOLDER_SIZE % 20}/trip-{number // FOLDER_SIZE:04}"
        name = f"IMG_{number:07}.jpg"
        return (folder, os.fsencode(f"{directory}/{name}"), name, f"photos/{directory}", number, number, number)

    database.run_many(
        """
        INSERT INTO photo (folder, path, name, directory, byte_size, mtime_ns, inode, content)
        VALUES (?, ?, ?, ?, 4000000, ?, ?, ?)
        """,
        map(row, numbers),
    )
