"""Libraries of synthetic photos: real rows, texts and unit vectors, and no image files.

A thousandth of a real library's trouble and all of its size: 5,000 photos to a folder, a caption of the caption bank
for every tenth photo, in English and in Chinese. A photo's vector is made of those of a few captions, so that texts
find something. Vectors alone lie in clusters.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.config import DEFAULT_MODEL, library_paths, model_dirs, resources_dir
from engine.library.database import Database
from engine.library.embeddings import Embeddings
from engine.library.folders import Folders
from engine.models.catalog import find_package
from engine.models.encoder import Encoder
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
# How the variance of mini's vectors of 16,433 photos falls off: the first i components have 1 - exp(-(i / (a dim))^b).
FALL_OFF = (0.085, 0.72)
MEAN = 0.25  # the length of their mean, about
SHOWN = (1.0, 0.6, 0.3)  # how much of each caption is in a photo
GAP, GRAIN = 0.5, 0.15  # what photos have in common and texts have not, and what each has for itself
BATCH = 5000
ROOT = Path("/synthetic/photos")
FIRST_DAY = datetime(2005, 1, 1, 9)


def vectors(count: int, dim: int, *, seed: int = 1, even: bool = False) -> Iterator[NDArray[np.float32]]:
    """Unit vectors (at most ``BATCH``, dim) about ``CLUSTERS`` centres, ``count`` in all; a seed gives the same.

    Their variance falls off over the components (turned, so that none is an axis) as that of an encoder's vectors
    does; where ``even``, all components have as much: nothing is gained by looking at some of them.
    """
    made = np.random.default_rng(7)
    centres = made.standard_normal((CLUSTERS, dim), dtype=np.float32)
    turned, mean = _geometry(dim, made)
    random = np.random.default_rng(seed)
    for first in range(0, count, BATCH):
        size = min(BATCH, count - first)
        near = NEARNESS * centres[random.integers(CLUSTERS, size=size)]
        drawn = near + random.standard_normal((size, dim), dtype=np.float32)
        yield _unit(drawn if even else drawn @ turned + mean)


def _geometry(dim: int, random: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A matrix (dim, dim) that gives components their variance, and the mean (dim,) of what comes out."""
    told = 1 - np.exp(-((np.arange(dim + 1) / (FALL_OFF[0] * dim)) ** FALL_OFF[1]))
    rotation = np.linalg.qr(random.standard_normal((dim, dim)))[0]
    length = np.sqrt((1 + NEARNESS**2) / (1 - MEAN**2))  # of a vector before it is given unit length
    turned = (np.sqrt(np.diff(told))[:, None] * rotation).astype(np.float32)
    return turned, (MEAN * length * _unit(random.standard_normal((1, dim)))[0]).astype(np.float32)


def _unit(drawn: NDArray[Any]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    return unit


def photo_vectors(captions: NDArray[np.float32], count: int) -> Iterator[NDArray[np.float32]]:
    """Unit vectors (at most ``BATCH``, dim) of ``count`` photos, made of ``captions`` (N, dim)."""
    random = np.random.default_rng(1)
    dim = captions.shape[1]
    gap = GAP * _unit(random.standard_normal((1, dim)))
    for first in range(0, count, BATCH):
        size = min(BATCH, count - first)
        parts = [share * captions[random.integers(len(captions), size=size)] for share in SHOWN]
        grain = random.standard_normal((size, dim), dtype=np.float32) * (GRAIN / np.sqrt(dim))
        yield _unit(_unit(np.sum(parts, axis=0)) + gap + grain)


def queries(count: int, dim: int, *, even: bool = False) -> NDArray[np.float32]:
    """Unit vectors (count, dim) that lie among those of ``vectors`` and are none of them."""
    return np.concatenate(list(vectors(count, dim, seed=2, even=even)))


def made(place: Path, photos: int) -> Path:
    """A library of ``photos`` photos under the embedded model, made once and kept in ``place``."""
    card = read_card(find_package(DEFAULT_MODEL, model_dirs()))
    library = place / f"library-of-captions-{photos}-{card.fingerprint[:8]}-{card.text_fingerprint[:8]}"
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
    captions = Encoder(find_package(card.key, model_dirs()), card).encode_texts([one["en"] for one in bank])
    for first, drawn in zip(range(0, photos, BATCH), photo_vectors(captions, photos), strict=True):
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
