"""Retrieval: from what is asked to hits in order: filters, candidates by vector and by text, fusion, confidence."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from engine.library.selection import Selection
from engine.models.package import Calibration
from engine.protocol import (
    CameraFilter,
    Confidence,
    FolderFilter,
    Hit,
    NameFilter,
    PhotoPath,
    SearchResult,
    TypeFilter,
)
from engine.search.camera_makers import camera_names
from engine.search.confidence import confidence_of, overall
from engine.search.fusion import fuse
from engine.search.grouping import Shot, group
from engine.search.negation import Unwanted, against, kinds_of, probability
from engine.search.query_text import language_of
from engine.search.scoring import Scored, Wanted, candidates, score
from engine.search.text_channel import TextChannel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engine.library.contents import Contents, FoundPhoto
    from engine.library.embeddings import Embeddings
    from engine.library.selection import Selector
    from engine.library.text_index import TextHit, TextIndex
    from engine.models.encoder import Encoder
    from engine.search.expansion import Expander
    from engine.search.nearness import Vectors
    from engine.search.query import Query

CLOSEST_KEPT = 10  # this many are given where none is good: whoever asks may see what is nearest
NEAR_THE_BEST = 0.6  # beside good hits, others count as possible down to this share of the best similarity
LIKELY = 0.5
POSSIBLY = probability(0.0, Calibration(match=1.0, possible=0.0))  # where a score just comes to "possible"
SPARE = 32
LIKE_THE_BEST = 0.5  # like a photo is what comes to half of the likeness of the best
VECTORS, FILTERS = "vectors", "filters"
_LEVELS = (Confidence.MATCH, Confidence.POSSIBLE, Confidence.NONE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A search, parsed: the query, photos to be like (unit vectors of shape (dim,)), texts not wanted on top."""

    query: Query
    photos: tuple[NDArray[np.float32], ...] = ()
    without: tuple[str, ...] = ()
    besides: frozenset[int] = frozenset()
    limit: int = 200
    order: Literal["relevance", "date"] = "relevance"
    grouped: bool = False
    weights: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class LibraryView:
    """The parts of a library that a search reads, all over one connection."""

    contents: Contents
    embeddings: Callable[[], Embeddings]
    selector: Selector
    text_index: TextIndex
    thumbnail_of: Callable[[bytes], str | None]


@dataclass(frozen=True, slots=True)
class _Found:
    content: int
    score: float
    level: Confidence
    channels: tuple[str, ...]
    is_unwanted: bool = False


_LevelOf = Callable[[int], Confidence]


class Retriever:
    """Searches one library under one model. Belongs to the thread whose connection it was given."""

    def __init__(
        self, library: LibraryView, matrix: Vectors, encoder: Encoder, expander: Expander | None = None
    ) -> None:
        self._library = library
        self._texts = TextChannel(library.text_index)
        self._matrix = matrix
        self._encoder = encoder
        self._expander = expander

    def search(self, asked: Asked) -> SearchResult:
        """Find the photos that fit."""
        started = time.perf_counter()
        embeddings = self._library.embeddings()
        self._matrix.refresh(embeddings)
        selection = selection_of(asked.query)
        among = None if selection.is_empty else self._library.selector.contents(selection)
        wanted = self._wanted(asked)
        if wanted.parts:
            hits, level = self._nearest(asked, wanted, among)
        else:
            hits = self._listed(asked, wanted, selection)
            level = overall([hit.confidence for hit in hits])
        if asked.order == "date" and level is not Confidence.NONE:
            hits = self._by_date(hits)
        if asked.grouped:
            hits = self._grouped(hits)
        took_ms = round((time.perf_counter() - started) * 1000, 2)
        return SearchResult(
            query=asked.query.source,
            model=self._encoder.card.key,
            confidence=level,
            took_ms=took_ms,
            hits=tuple(hits),
            understood=asked.query.clauses,
            covered=self._covered(embeddings),
            known=self._library.contents.count(),
        )

    def _covered(self, embeddings: Embeddings) -> int:
        # Counting those of present photos costs 0.3 s of a million: only where the matrix holds others as well.
        return len(self._matrix) if self._library.contents.are_all_present() else embeddings.count()

    def _wanted(self, asked: Asked) -> Wanted:
        unwanted = dict.fromkeys((*asked.query.negated, *asked.without))  # said twice it is not wanted less
        clauses = [(kind, clause) for clause in unwanted for kind in kinds_of(clause)]
        texts = ([asked.query.text] if asked.query.text else []) + [kind for kind, _ in clauses]
        vectors: Sequence[NDArray[np.float32]] = list(self._encoder.encode_texts(texts))
        if self._expander is not None:
            vectors = [self._expander.expand(text, vector) for text, vector in zip(texts, vectors, strict=True)]
        has_words = bool(asked.query.text)
        return Wanted(
            vectors[0] if has_words else None,
            asked.photos,
            tuple(
                Unwanted(
                    vector,
                    self._limits_for(clause),
                    clause,
                    self._expander is not None and self._expander.knows(clause),
                )
                for (_, clause), vector in zip(clauses, vectors[int(has_words) :], strict=True)
            ),
            asked.weights,
        )

    def _with_writing(self, wanted: Wanted, contents: Sequence[int]) -> Wanted:
        """The same, knowing which of ``contents`` are written to show what is not wanted."""
        clauses = {one.clause for one in wanted.unwanted}
        written = {clause: self._texts.showing(clause, contents) for clause in clauses}
        unwanted = [
            replace(one, showing=written[one.clause][0], lacking=written[one.clause][1]) for one in wanted.unwanted
        ]
        return replace(wanted, unwanted=tuple(unwanted))

    def _limits_for(self, text: str) -> Calibration | None:
        """The model's thresholds for the language of ``text``; a mixture of languages is judged by the shared ones."""
        limits = self._encoder.card.calibration
        return None if limits is None else limits.of(language_of(text))

    # By nearness

    def _nearest(self, asked: Asked, wanted: Wanted, among: Sequence[int] | None) -> tuple[list[Hit], Confidence]:
        texts = self._texts.hits(asked.query.text, among)
        # Others than the nearest may come first: the newest, those without what is not wanted, those like several. In a
        # plain search only what is written counts besides, and its photos are scored whether near or not.
        is_plain = asked.order == "relevance" and not wanted.unwanted and len(wanted.parts) == 1
        k = (1 if is_plain else 4) * asked.limit + 2 * SPARE
        while True:
            near = candidates(self._matrix, wanted, k, among)
            everything = list(dict.fromkeys([*near, *(hit.content for hit in texts)]))
            scored = score(self._matrix, self._with_writing(wanted, everything), everything)
            worded = self._worded(asked, scored, texts)
            found = self._judged(self._judge_of(asked, wanted, scored, among), scored, worded, asked)
            shown = self._present(found, asked.limit)
            if len(shown) >= asked.limit or k >= len(self._matrix):
                break
            k *= 4  # many of the nearest are missing from disk: look further
        present = [item for item in found if item.content in shown]
        level = overall([item.level for item in present])
        if asked.order == "date" and level is not Confidence.NONE:
            # What is only possible would drown the matches among the dates.
            present = [item for item in present if item.level is level]
        return self._hits(_cut(present, asked.limit), shown), level

    def _present(self, found: Sequence[_Found], limit: int) -> dict[int, FoundPhoto]:
        """The photos of the first contents that are on disk, no more than a page is looked up beyond ``limit``."""
        shown: dict[int, FoundPhoto] = {}
        for start in range(0, len(found), limit + SPARE):
            page = found[start : start + limit + SPARE]
            shown.update(self._library.contents.present([item.content for item in page]))
            if len(shown) >= limit:
                break
        return shown

    @staticmethod
    def _worded(asked: Asked, scored: Scored, texts: Sequence[TextHit]) -> list[TextHit]:
        """The text hits that count. One whose photo has no vector under this model yet is found by its words alone,
        but not where photos are asked for as well: how like it is cannot be told.
        """
        return [
            hit
            for hit in texts
            # A caption that speaks of what was not wanted is no reason to show the photo.
            if scored.unwanted.get(hit.content, 0.0) < LIKELY
            and hit.content not in asked.besides
            and (hit.content in scored.order or not asked.photos)
        ]

    def _judged(self, level_of: _LevelOf, scored: Scored, texts: Sequence[TextHit], asked: Asked) -> list[_Found]:
        """Fuse the channels; what matches goes before what is possible, and that before the rest."""
        order = [content for content in scored.ranked() if content not in asked.besides]
        if asked.order == "date":  # there only the matches are shown: what is doubtful would not be seen at all
            scored = replace(scored, doubted=frozenset())
        channels: dict[str, list[int]] = {VECTORS: order}
        for hit in texts:
            channels.setdefault(hit.column, []).append(hit.content)
        fused = fuse(channels)
        text_of = {hit.content: hit for hit in texts}
        found = [_judge(scored, content, text_of.get(content), level_of(content)) for content in order]
        found += [_judge(scored, hit.content, hit, Confidence.NONE) for hit in texts if hit.content not in scored.order]
        return sorted(found, key=lambda item: (_LEVELS.index(item.level), -fused[item.content], item.content))

    def _judge_of(self, asked: Asked, wanted: Wanted, scored: Scored, among: Sequence[int] | None) -> _LevelOf:
        """How sure it is by its vector alone that a content is what was asked for.

        Photos lie closer to each other than texts to photos: the calibration, made for texts, is for words alone. Like
        a photo is what comes near to the best; several parts are standardised, so 0 is the average candidate.
        """
        if not wanted.photos:
            searched = len(self._matrix) if among is None else len(among)
            limits = self._limits_for(asked.query.text)
            limits = None if limits is None else limits.among(searched)
            return lambda content: confidence_of(scored.shown[content], limits)
        best = max((score for content, score in scored.order.items() if content not in asked.besides), default=0.0)
        enough = max(0.0, LIKE_THE_BEST * best) if len(wanted.parts) == 1 else 0.0
        return lambda content: Confidence.POSSIBLE if scored.order[content] >= enough else Confidence.NONE

    # By filters alone

    def _listed(self, asked: Asked, wanted: Wanted, selection: Selection) -> list[Hit]:
        if not asked.query.clauses and not asked.without:
            return []
        found: dict[Confidence, list[FoundPhoto]] = {Confidence.MATCH: [], Confidence.POSSIBLE: []}
        offset, page = 0, max(asked.limit * 4, 1000)
        while len(found[Confidence.MATCH]) < asked.limit:
            photos = self._library.selector.by_date(selection, offset=offset, limit=page)
            for photo, level in self._without_unwanted(photos, asked, wanted):
                found[level].append(photo)
            if len(photos) < page:
                break
            offset, page = offset + page, page * 4  # most of the newest show what is not wanted: look further back
        kept = [(photo, level) for level, photos in found.items() for photo in photos][: asked.limit]
        return self._hits(
            [_Found(photo.content, 0.0, level, (FILTERS,)) for photo, level in kept],
            {photo.content: photo for photo, _ in kept},
        )

    def _without_unwanted(
        self, photos: Sequence[FoundPhoto], asked: Asked, wanted: Wanted
    ) -> Iterator[tuple[FoundPhoto, Confidence]]:
        """Nothing else ranks these photos, so one that comes to "possible" for what is not wanted is left out, too."""
        contents = [photo.content for photo in photos]
        speaking = against(self._matrix, self._with_writing(wanted, contents).unwanted, contents)
        enough = LIKELY if self._encoder.card.calibration is None else POSSIBLY
        doubted = frozenset() if asked.order == "date" else speaking.doubted
        for photo in photos:
            if speaking.likelihood.get(photo.content, 0.0) < enough and photo.content not in asked.besides:
                yield photo, Confidence.POSSIBLE if photo.content in doubted else Confidence.MATCH

    def _by_date(self, hits: Sequence[Hit]) -> list[Hit]:
        """Newest first, ranked anew."""
        dates = self._library.contents.dated([hit.photo_id for hit in hits])
        newest = sorted(hits, key=lambda hit: (dates.get(hit.photo_id, ""), -hit.rank), reverse=True)
        return [replace(hit, rank=rank) for rank, hit in enumerate(newest, start=1)]

    def _grouped(self, hits: Sequence[Hit]) -> list[Hit]:
        """Near-copies, bursts and RAW + JPEG pairs under the best of them; ranks count what is left."""
        vectors = self._matrix.vectors_of_photos(self._library.contents.of_photos([hit.photo_id for hit in hits]))
        shots = [Shot(hit.path.as_text(), hit.taken_at, vectors.get(hit.photo_id)) for hit in hits]
        grouped: list[Hit] = []
        for rank, (first, *others) in enumerate(group(shots), start=1):
            hit, under = hits[first], tuple(hits[row].photo_id for row in others)
            grouped.append(replace(hit, rank=rank, group=under) if under or hit.rank != rank else hit)
        return grouped

    def _hits(self, found: Sequence[_Found], shown: dict[int, FoundPhoto]) -> list[Hit]:
        return [self._hit(item, shown[item.content], rank) for rank, item in enumerate(found, start=1)]

    def _hit(self, item: _Found, photo: FoundPhoto, rank: int) -> Hit:
        return Hit(
            photo_id=photo.id,
            path=PhotoPath.of(photo.located),
            score=round(item.score, 4),
            confidence=Confidence.POSSIBLE if item.level is Confidence.NONE else item.level,
            rank=rank,
            channels=item.channels,
            taken_at=photo.taken_at,
            thumbnail=self._library.thumbnail_of(photo.digest),
            is_offline=photo.is_offline,
        )


def _judge(scored: Scored, content: int, text: TextHit | None, level: Confidence) -> _Found:
    """Join what the vector and what the text channel say of a content; one that may show what is not wanted is no sure
    match of the whole query.
    """
    channels = [VECTORS] if level is not Confidence.NONE or text is None else []
    if text is not None:
        channels.append(text.column)
        if text.column != "directory" and text.is_certain:
            level = Confidence.MATCH
        elif level is Confidence.NONE:
            level = Confidence.POSSIBLE
    is_unwanted = scored.unwanted.get(content, 0.0) >= LIKELY
    if is_unwanted:
        level = Confidence.NONE
    elif level is Confidence.MATCH and content in scored.doubted:
        level = Confidence.POSSIBLE
    return _Found(content, scored.shown.get(content, 0.0), level, tuple(channels), is_unwanted)


def selection_of(query: Query) -> Selection:
    """The exact part of a query."""
    filters = query.filters
    return Selection(
        folders=tuple(item.text for item in filters if isinstance(item, FolderFilter)),
        names=tuple(item.text for item in filters if isinstance(item, NameFilter)),
        formats=tuple(name for item in filters if isinstance(item, TypeFilter) for name in item.formats),
        cameras=tuple(name for item in filters if isinstance(item, CameraFilter) for name in camera_names(item.text)),
        periods=query.periods,
        exact=query.exact,
    )


def _cut(found: Sequence[_Found], limit: int) -> list[_Found]:
    """Good hits up to the limit; where they are few, others not much worse, or (where none is good) the closest."""
    good = [item for item in found if item.level is not Confidence.NONE]
    rest = found[len(good) : max(len(good), CLOSEST_KEPT)]
    if good:
        # What text alone has found is no measure for what lies near.
        best = max((item.score for item in good if VECTORS in item.channels), default=float("inf"))
        rest = [item for item in rest if item.score >= NEAR_THE_BEST * best and not item.is_unwanted]
    return [*good, *rest][:limit]
