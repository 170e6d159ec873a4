"""Which sentences teach the text tower, and the teacher's vectors for them, computed once and kept in a file."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.training.data import read_english_lines, read_parallel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.training.data import PackPhoto, Parallel
    from engine.training.features import TextFeatures
    from engine.training.phrases import Phrases

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Corpus:
    """English sentences, and Chinese sentences each with the English ones that say the same."""

    english: tuple[str, ...]
    parallel: tuple[Parallel, ...]

    def english_texts(self) -> list[str]:
        """Every English text once, in order of appearance."""
        both = [*self.english, *(text for pair in self.parallel for text in pair.en)]
        return list(dict.fromkeys(both))

    def chinese_texts(self) -> list[str]:
        """Every Chinese text once, in order of appearance."""
        return list(dict.fromkeys(text for pair in self.parallel for text in pair.zh))


def gather(pack: Path, photos: Sequence[PackPhoto], labels: Iterable[Phrases]) -> Corpus:
    """Put together all sentences of the pack, of ``photos`` (no held-out ones among them) and of labels."""
    from engine.training.data import Parallel

    parallel = read_parallel(pack)
    for photo in photos:
        parallel.extend(pairs_of(photo))
    parallel.extend(Parallel(phrases.en, phrases.zh) for phrases in labels)
    return Corpus(tuple(read_english_lines(pack)), tuple(pair for pair in parallel if pair.en))


def pairs_of(photo: PackPhoto) -> list[Parallel]:
    """Pair a photo's captions and tags one by one where there are as many of each, else all with all."""
    from engine.training.data import Parallel

    out: list[Parallel] = []
    for english, chinese in ((photo.en, photo.zh), (photo.tags_en, photo.tags_zh)):
        if len(english) == len(chinese):
            out.extend(Parallel((en,), (zh,)) for en, zh in zip(english, chinese, strict=True))
        elif english:
            out.append(Parallel(english, chinese))
    return out


class TeacherStore:
    """The teacher's vectors by text: float16 on disk, computed for new texts only."""

    def __init__(self, folder: Path) -> None:
        self._texts_path = folder / "teacher.json"
        self._vectors_path = folder / "teacher.npy"
        self._rows: dict[str, int] = {}
        self._vectors: NDArray[np.float16] = np.zeros((0, 0), np.float16)
        if self._texts_path.is_file() and self._vectors_path.is_file():
            texts = json.loads(self._texts_path.read_text(encoding="utf-8"))
            self._rows = {text: row for row, text in enumerate(texts)}
            self._vectors = np.load(self._vectors_path)

    def learn(self, texts: Iterable[str], teacher: TextFeatures, chunk: int = 20_000) -> None:
        """Encode the texts not yet known and write them down, chunk by chunk, so that little is lost on the way."""
        new = [text for text in dict.fromkeys(texts) if text not in self._rows]
        for start in range(0, len(new), chunk):
            part = new[start : start + chunk]
            vectors = teacher.encode(part).astype(np.float16)
            self._vectors = np.concatenate([self._vectors, vectors]) if len(self._vectors) else vectors
            self._rows.update({text: len(self._rows) + row for row, text in enumerate(part)})
            self._save()
            logger.info("teacher: %d of %d new texts", start + len(part), len(new))

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, dim) vectors; raises ``KeyError`` for a text that was never learned."""
        return self._vectors[[self._rows[text] for text in texts]].astype(np.float32)

    def mean(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the unit mean (dim,) of several texts' vectors."""
        total = self.vectors(texts).sum(axis=0)
        unit: NDArray[np.float32] = total / np.linalg.norm(total)
        return unit

    def _save(self) -> None:
        self._texts_path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._vectors_path.with_suffix(".part.npy")
        np.save(partial, self._vectors)
        self._texts_path.write_text(json.dumps(list(self._rows), ensure_ascii=False), encoding="utf-8")
        partial.replace(self._vectors_path)
