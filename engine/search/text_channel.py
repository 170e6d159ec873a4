"""The text channel: contents whose names, folders, captions or recognised text hold the words of a query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.library.text_index import terms_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.library.text_index import TextHit, TextIndex

TEXT_HITS = 1000
_ABSENT = ("no {}", "without {}", "没有{}", "无{}")  # a caption may say that something is not there


class TextChannel:
    """Asks the text index of one connection."""

    def __init__(self, index: TextIndex) -> None:
        self._index = index

    def hits(self, words: str, among: Sequence[int] | None) -> list[TextHit]:
        """What holds all of the words, best first; ``among`` narrows it."""
        found = self._index.find(terms_of(words), limit=TEXT_HITS)
        if among is None:
            return found
        allowed = set(among)
        return [hit for hit in found if hit.content in allowed]

    def showing(self, unwanted: str, contents: Sequence[int]) -> tuple[frozenset[int], frozenset[int]]:
        """Those of ``contents`` that show what is not wanted by what is written about them, a person's name no vector
        can know, and those that do not: "a street without cars".

        A folder's name says too little about each photo in it.
        """
        forms = [terms_of(form.format(unwanted)) for form in _ABSENT]
        return self._index.holding(terms_of(unwanted), contents, unless=forms)
