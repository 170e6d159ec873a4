"""Measuring on the held-out tenth: each language by itself, captions without the joined tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.models.recall import Recall, recall
from engine.training.workshop import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.training.workshop import Workshop


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Rows of the album's texts and the place of each one's photo among the held-out photos."""

    photos: NDArray[np.int64]
    texts: dict[str, NDArray[np.int64]]
    owner: dict[str, NDArray[np.int64]]

    def only(self, language: str) -> HeldOut:
        """The same photos with the texts of one language."""
        return HeldOut(self.photos, {language: self.texts[language]}, {language: self.owner[language]})


def held_out(shop: Workshop) -> HeldOut:
    """Collect the held-out captions by language."""
    album, photos = shop.album, np.array(shop.split.held_out)
    texts: dict[str, list[int]] = {"en": [], "zh": []}
    owner: dict[str, list[int]] = {"en": [], "zh": []}
    for place, row in enumerate(photos):
        written = {"en": shop.captioned[row].en, "zh": shop.captioned[row].zh}
        for language, pool in (("en", album.english[row]), ("zh", album.chinese[row])):
            kept = [text for text in pool if album.texts[text] in written[language]]
            texts[language] += kept
            owner[language] += [place] * len(kept)
    return HeldOut(
        photos, {key: np.array(value) for key, value in texts.items()}, {k: np.array(v) for k, v in owner.items()}
    )


def measure_held_out(
    part: HeldOut, texts: NDArray[np.float32], images: NDArray[np.float32]
) -> dict[str, dict[str, dict[str, float]]]:
    """Return recall per language; ``texts`` are unit vectors of the whole album, ``images`` of the held-out photos."""
    return {key: plain(_recall(part, key, texts, images)) for key in part.texts}


def one_number(figures: dict[str, dict[str, dict[str, float]]]) -> float:
    """The mean of R@1, R@5 and R@10 over languages and directions."""
    rows = [row for language in figures.values() for row in language.values()]
    return sum(row["r1"] + row["r5"] + row["r10"] for row in rows) / (3 * len(rows))


def _recall(part: HeldOut, language: str, texts: NDArray[np.float32], images: NDArray[np.float32]) -> Recall:
    return recall(texts[part.texts[language]] @ images.T, part.owner[language])
