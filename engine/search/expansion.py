"""Expansion of short queries: a word alone says little, so captions of the bank that hold it lend it their company.

"Wedding" is put a little towards "a bride and groom at their wedding" and seven others. Measured with balloon-mini on
911 held-out photos and those of their tags that five have (131 English, 124 Chinese): mean average precision rises from
0.358 to 0.369 and from 0.324 to 0.351, and fewer tags that one of 160 photos has are answered "no good match" (3 of 100
instead of 5 in English, 9 instead of 14 in Chinese). Whole sentences lose by it and are left as they are.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from engine.search.query_text import language_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from engine.search.captioning import BankVectors

MOST_WORDS = 2  # "living room"
MOST_CHARACTERS = 4  # 交通标志
CAPTIONS = 8
LEAST_CAPTIONS = 3  # of one or two captions the rest of their words would weigh too much
SHARE = 0.7
REMEMBERED = 256  # texts: where the bank has no vectors yet, encoding the captions of one takes some 10 ms


class Expander:
    """Expands the vectors of short queries by the caption bank. Safe from several threads."""

    def __init__(self, bank: Callable[[], BankVectors | None]) -> None:
        """``bank`` is asked for when the first short query comes; None where there is none."""
        self._bank_of = bank
        self._company = lru_cache(REMEMBERED)(self._company_of)

    @cached_property
    def _bank(self) -> BankVectors | None:
        return self._bank_of()

    @cached_property
    def _folded(self) -> list[str]:
        return [] if self._bank is None else [caption.text.lower() for caption in self._bank.captions]

    def expand(self, text: str, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """The unit vector (dim,) to search by for ``text``, whose own unit vector is ``vector``."""
        company = self._company(text) if _is_short(text) else None
        if company is None:
            return vector
        mixed = vector + SHARE * company / max(float(np.linalg.norm(company)), 1e-6)
        expanded: NDArray[np.float32] = (mixed / np.linalg.norm(mixed)).astype(np.float32)
        return expanded

    def knows(self, text: str) -> bool:
        """Whether ``text`` is a word or two that captions of the bank hold: something that photos show."""
        return _is_short(text) and self._company(text) is not None

    def _company_of(self, text: str) -> NDArray[np.float32] | None:
        """The mean of the captions' vectors (dim,); None where there are too few."""
        rows = [] if self._bank is None else self._rows(text, self._bank)
        if self._bank is None or len(rows) < LEAST_CAPTIONS:
            return None
        company: NDArray[np.float32] = self._bank.some(rows).mean(axis=0)
        return company

    def _rows(self, text: str, bank: BankVectors) -> list[int]:
        """The shortest captions of the text's language that hold it as a whole word; in Chinese anywhere."""
        language = language_of(text)
        if language not in bank.languages:
            return []
        for form in _forms(text.lower().strip(), language):
            held = re.compile(re.escape(form) if language == "zh" else rf"(?<!\w){re.escape(form)}(?:s|es)?(?!\w)")
            rows = [
                row
                for row, folded in enumerate(self._folded)
                if form in folded and bank.captions[row].language == language and held.search(folded)
            ]
            if len(rows) >= LEAST_CAPTIONS:
                return sorted(rows, key=lambda row: (len(self._folded[row]), row))[:CAPTIONS]
        return []


def _is_short(text: str) -> bool:
    text = text.strip()
    return bool(text) and (
        len(text) <= MOST_CHARACTERS if language_of(text) == "zh" else len(text.split()) <= MOST_WORDS
    )


def _forms(word: str, language: str) -> Iterator[str]:
    """The word, then what it may be the plural of."""
    yield word
    if language != "zh":
        for ending, singular in (("ies", "y"), ("es", ""), ("s", "")):
            if word.endswith(ending) and len(word) > len(ending) + 2:
                yield word[: -len(ending)] + singular
