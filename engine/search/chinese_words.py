"""Cutting Chinese, which has no spaces, into words that a person would point at in a photo.

Little words (的, 在, 一只) part what is left; a run between them is cut so that pieces which the caption bank uses
again and again stay whole, the longer the better. Balloon needs no dictionary of its own for so little.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LONGEST_WORD = 5  # 笔记本电脑
SHORT_RUN = 3  # stays as it is: 红气球
OFTEN = 3
_PLACES = frozenset("上下里中内外前后旁边")
_LITTLE = re.compile(r"[的了着和与及在是被把给跟]|[一两几](?:[只个条张群些位辆棵朵碗杯盘件座匹头]|$)")


def cut(run: str, is_word: Callable[[str], bool]) -> list[str]:
    """The words of a run of Chinese characters; nothing is left out but little words."""
    parts = [part for part in _LITTLE.split(run) if part]
    return [word for part in parts for word in _pieces(part, is_word)] or [run]


def _pieces(part: str, is_word: Callable[[str], bool]) -> list[str]:
    if len(part) <= SHORT_RUN:
        return [part]
    best: list[tuple[int, list[str]]] = [(0, [])]  # of each beginning: what its best cut is worth, and the cut
    for end in range(1, len(part) + 1):
        choices = []
        for start in range(max(0, end - LONGEST_WORD), end):
            piece = part[start:end]
            worth = _worth(piece, is_word)
            if worth is not None:
                choices.append((best[start][0] + worth, [*best[start][1], piece]))
        best.append(max(choices, key=lambda choice: choice[0]))
    return _joined(best[-1][1])


def _worth(piece: str, is_word: Callable[[str], bool]) -> int | None:
    """What a piece is worth in a cut; None where it must not be one."""
    if len(piece) > 1 and is_word(piece):
        return len(piece) ** 2
    return {1: 0, 2: 1}.get(len(piece))


def _joined(pieces: Iterable[str]) -> list[str]:
    """Put 上, 里 and the like to the word they follow."""
    joined: list[str] = []
    for piece in pieces:
        if joined and piece in _PLACES:
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def words_of(captions: Iterable[str]) -> Callable[[str], bool]:
    """Tell what the captions use again and again."""
    everything = "\n".join(captions)

    @lru_cache(maxsize=4096)
    def is_word(piece: str) -> bool:
        return everything.count(piece) >= OFTEN

    return is_word
