"""The sentences of the middle of the window: how many photos, nothing found and what to try, example queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QLocale, QObject

from engine.protocol import Confidence

if TYPE_CHECKING:
    from desktop.search_query import Query
    from engine.protocol import SearchResult


class _Counts(QObject):
    """Sentences with a number. They are an object's because lupdate knows plurals only from ``self.tr``."""

    def photos(self, count: int) -> str:
        return self.tr("%Ln photo(s)", "", count)

    def similar(self, count: int) -> str:
        return self.tr("%Ln photo(s), the most similar first", "", count)

    def matches(self, count: int) -> str:
        return self.tr("%Ln match(es)", "", count)

    def possible(self, count: int) -> str:
        return self.tr("%Ln possible", "", count)

    def possible_matches(self, count: int) -> str:
        return self.tr("%Ln possible match(es)", "", count)


def example_queries() -> tuple[str, ...]:
    """Queries to start with, in the interface's language."""
    return (
        QCoreApplication.translate("results", "red balloon over the sea"),
        QCoreApplication.translate("results", "dog on the beach"),
        QCoreApplication.translate("results", "birthday cake with candles"),
        QCoreApplication.translate("results", "snow last winter"),
        QCoreApplication.translate("results", "sunset -people"),
    )


def count_text(count: int) -> str:
    """Say "1,240 photos"."""
    return _Counts().photos(count)


def result_text(result: SearchResult, query: Query, *, is_growing: bool) -> str:
    """How many were found, how many are only possible, and how much could be searched so far.

    ``is_growing``: more photos are on their way; what cannot be used never comes.
    """
    words = _found_text(result) if query.text.strip() else _similar_text(len(result.hits))
    coverage = coverage_text(result) if is_growing else ""
    return f"{words} · {coverage}" if coverage else words


def _similar_text(count: int) -> str:
    return _Counts().similar(count)


def _found_text(result: SearchResult) -> str:
    matches = sum(hit.confidence == Confidence.MATCH for hit in result.hits)
    possible = len(result.hits) - matches
    if result.confidence == Confidence.NONE:
        return QCoreApplication.translate("results", "No good match. These photos come closest.")
    if not matches:
        return _Counts().possible_matches(possible)
    words = _Counts().matches(matches)
    if possible:
        words += " · " + _Counts().possible(possible)
    return words


def coverage_text(result: SearchResult) -> str:
    """Say "Searching 1,240 of 3,010 photos" while not all can be searched; else nothing."""
    if result.covered >= result.known:
        return ""
    numbers = {"covered": _number(result.covered), "known": _number(result.known)}
    return QCoreApplication.translate("results", "Searching {covered} of {known} photos").format(**numbers)


def no_match_title(query: Query) -> str:
    """Say "No good match for “…”"."""
    text = query.text.strip()
    if not text:
        return QCoreApplication.translate("results", "No photo is much like this one")
    return QCoreApplication.translate("results", "No good match for “{text}”").format(text=text)


def no_match_lead(result: SearchResult, *, has_filters: bool, is_growing: bool) -> str:
    """What to try next; that not all photos could be searched so far comes first."""
    parts = []
    coverage = coverage_text(result) if is_growing else ""
    if coverage:
        parts.append(
            QCoreApplication.translate("results", "{coverage} so far; more are on their way.").format(coverage=coverage)
        )
    if has_filters:
        parts.append(
            QCoreApplication.translate("results", "Some photos are left out by a filter. Taking it away may help.")
        )
    parts.append(QCoreApplication.translate("results", "Fewer or simpler words often find more: say what can be seen."))
    return "\n".join(parts)


def _number(value: int) -> str:
    return QLocale().toString(value)
