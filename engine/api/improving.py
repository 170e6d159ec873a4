"""The second look at a search: where the model carries a re-ranker, its first hits in a better order.

It comes after the answer and costs that nothing: the grids it needs are computed from the thumbnails, and kept.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.api.searching import today
from engine.search.query import parse
from engine.search.reranking import is_movable, reorder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.api.parts import Parts
    from engine.protocol import Hit, SearchResult
    from engine.protocol.methods import SearchRequest

LEAST_HITS = 2


def improve(parts: Parts, request: SearchRequest, result: SearchResult) -> SearchResult | None:
    """Re-rank the first hits of an answered search; None where nothing is to be had.

    That is so for a model without a re-ranker, for an order by date, where photos were asked by, not words, and where
    something is not wanted: the re-ranker knows of the words alone.
    """
    reranker = parts.encoder.card.reranker
    asked = parse(request.text, today=today())
    negates = bool(asked.negated or request.without)
    if reranker is None or not asked.text or negates or request.photos or request.order == "date":
        return None
    head = [hit for hit in result.hits[: reranker.head] if is_movable(hit)]
    grids = _grids(parts, head)
    if len(grids) < LEAST_HITS:
        return None
    added = parts.encoder.rerank(asked.text, np.stack(list(grids.values())))
    hits = reorder(result.hits, dict(zip(grids, map(float, added), strict=True)))
    return None if hits == result.hits else replace(result, hits=hits)


def _grids(parts: Parts, hits: Sequence[Hit]) -> dict[int, NDArray[np.float32]]:
    """The grid of each photo that has one or can be given one, by photo id."""
    content_of = parts.contents.of_photos([hit.photo_id for hit in hits])
    shelf = parts.shared.grids
    found: dict[int, NDArray[np.float32]] = {}
    missing: dict[int, Path] = {}
    for hit in hits:
        content = content_of.get(hit.photo_id)
        grid = None if content is None else shelf.get(content)
        if grid is not None:
            found[hit.photo_id] = grid
        elif content is not None:
            # The thumbnail is our own file and already small; without it the photo itself is read.
            missing[hit.photo_id] = hit.path.to_path() if hit.thumbnail is None else Path(hit.thumbnail)
    for photo, grid in _computed(parts, missing).items():
        shelf.put(content_of[photo], grid)
        found[photo] = grid
    return found


def _computed(parts: Parts, pictures: Mapping[int, Path]) -> dict[int, NDArray[np.float32]]:
    from engine.imaging.jobs import Decoded, DecodeJob
    from engine.imaging.pool import DecodePool

    if not pictures:
        return {}
    spec = parts.encoder.card.image.input_spec
    jobs = [DecodeJob(photo, path, (spec,), thumbnail=False) for photo, path in pictures.items()]
    with DecodePool(1) as pool:
        decoded = [done for done in pool.run(jobs) if isinstance(done, Decoded)]
    return {done.key: parts.encoder.encode_grid(done.inputs[0]) for done in decoded}
