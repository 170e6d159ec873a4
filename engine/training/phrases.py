"""Labels as people would say them: several English and Chinese phrases for each class name or keyword of the pack."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

TABLE = Path(__file__).with_name("labels.tsv")


@dataclass(frozen=True, slots=True)
class Phrases:
    """The wordings of one label; the first of each language is the shortest."""

    en: tuple[str, ...]
    zh: tuple[str, ...]


def read_phrases(table: Path = TABLE) -> dict[str, Phrases]:
    """Read the table: label, English phrases, Chinese phrases, parted by tabs; phrases parted by semicolons."""
    out = {}
    for line in table.read_text(encoding="utf-8").splitlines():
        label, english, chinese = line.split("\t")
        out[label] = Phrases(_parts(english), _parts(chinese))
    return out


def spoken(labels: Sequence[str], table: dict[str, Phrases]) -> Phrases:
    """Say what a photo's labels say: every wording of a single label, or all labels in one line.

    A label that the table does not know is said as it is, in English only.
    """
    known = [table[label] for label in labels if label in table]
    if len(labels) == 1:
        return known[0] if known else Phrases((labels[0],), ())
    english = ", ".join(table[label].en[0] if label in table else label for label in labels)
    return Phrases((english,), ("、".join(phrases.zh[0] for phrases in known),) if known else ())


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())
