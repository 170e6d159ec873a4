"""The data pack: captioned photos, labelled photos, and sentences without photos; and how they are split.

Photos lie as WebP inside plain tar shards. Nothing here keeps a decoded photo: pictures are handed out one by one.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import tarfile
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

CAPTIONS = "captions.jsonl"
LABELS = "labels.jsonl"
ENGLISH_LINES = "text/english_captions.txt.gz"
TRANSLATED_LINES = "text/flickr8k_en_zh.jsonl.gz"
SIDE_BY_SIDE_LINES = "text/flickr8k_zh_human.jsonl.gz"


@dataclass(frozen=True, slots=True)
class PackPhoto:
    """One photo of the pack and all that is written about it; ``labels`` are class names or keywords."""

    shard: str
    file: str
    source: str
    en: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()
    tags_en: tuple[str, ...] = ()
    tags_zh: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parallel:
    """English and Chinese sentences about the same thing; as translations of each other when there is one of each."""

    en: tuple[str, ...]
    zh: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """Row numbers of the photos to train on and of those held out for every choice."""

    train: tuple[int, ...]
    held_out: tuple[int, ...]


def read_captioned(pack: Path) -> list[PackPhoto]:
    """Read the photos that have captions, in the order of the file."""
    return [_photo(row) for row in _rows(pack / CAPTIONS)]


def read_labelled(pack: Path) -> list[PackPhoto]:
    """Read the photos that have class names or keywords only."""
    return [_photo(row) for row in _rows(pack / LABELS)]


def read_pictures(pack: Path, photos: Sequence[PackPhoto]) -> Iterator[tuple[int, Image.Image]]:
    """Yield (row number in ``photos``, RGB picture), shard after shard, each shard in the order of its bytes."""
    for row, encoded in read_encoded(pack, photos):
        yield row, Image.open(io.BytesIO(encoded)).convert("RGB")


def read_encoded(pack: Path, photos: Sequence[PackPhoto]) -> Iterator[tuple[int, bytes]]:
    """Yield (row number in ``photos``, bytes of the picture's file), shard after shard."""
    wanted: dict[str, dict[str, int]] = defaultdict(dict)
    for row, photo in enumerate(photos):
        wanted[photo.shard][photo.file] = row
    for shard, rows in sorted(wanted.items()):
        with tarfile.open(pack / shard) as tar:
            for member in tar:
                stream = tar.extractfile(member) if member.name in rows else None
                if stream is not None:
                    yield rows[member.name], stream.read()


def read_english_lines(pack: Path) -> list[str]:
    """Read the English sentences without photos, white space made plain."""
    with gzip.open(pack / ENGLISH_LINES, "rt", encoding="utf-8") as lines:
        return [tidy(line) for line in lines if line.strip()]


def read_parallel(pack: Path) -> list[Parallel]:
    """Read the sentences in both languages: translated pairs first, then sentences written side by side."""
    translated = [Parallel((tidy(row["en"]),), (tidy(row["zh"]),)) for row in _rows(pack / TRANSLATED_LINES)]
    beside = [
        Parallel(tuple(map(tidy, row["en"])), tuple(map(tidy, row["zh"]))) for row in _rows(pack / SIDE_BY_SIDE_LINES)
    ]
    return [pair for pair in translated + beside if pair.en and pair.zh]


def split(photos: Sequence[PackPhoto], *, seed: int, held_out_share: float = 0.1) -> Split:
    """Hold out a share of every source, so that the held-out part looks like the whole; same seed, same split."""
    by_source: dict[str, list[int]] = defaultdict(list)
    for row, photo in enumerate(photos):
        by_source[photo.source].append(row)
    chance = random.Random(seed)
    held: set[int] = set()
    for source in sorted(by_source):
        rows = by_source[source]
        held.update(chance.sample(rows, round(len(rows) * held_out_share)))
    train = tuple(row for row in range(len(photos)) if row not in held)
    return Split(train, tuple(sorted(held)))


def tidy(text: str) -> str:
    """Join a text's words with single blanks."""
    return " ".join(text.split())


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def _photo(row: dict[str, Any]) -> PackPhoto:
    return PackPhoto(
        shard=row["shard"],
        file=row["file"],
        source=row["source"],
        **{key: tuple(map(tidy, row.get(key) or ())) for key in ("en", "zh", "tags_en", "tags_zh", "labels")},
    )
