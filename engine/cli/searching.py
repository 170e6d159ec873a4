"""`balloon search` and `balloon similar`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from engine.api import Engine
from engine.cli.main import EXIT_DONE, EXIT_NOTHING
from engine.config import library_paths
from engine.errors import KnownError
from engine.protocol import Confidence, ErrorKind, PhotoPath
from engine.protocol.json_values import to_json
from engine.protocol.methods import ExplainRequest, SearchRequest

if TYPE_CHECKING:
    import argparse

    from engine.cli.output import Output
    from engine.protocol import Hit, SearchResult
    from engine.protocol.methods import Explanation, WordRelevance

CLOSEST_SHOWN = 3
EXPLAINED = 3
_SHADES = " ░▒▓█"


def search(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon search``."""
    request = SearchRequest(
        text=" ".join(word.strip() for word in options.query),
        photos=tuple(PhotoPath.of(path.absolute()) for path in options.photo),
        without=tuple(options.without),
        limit=options.limit,
        order=options.sort,
        grouped=options.group,
        weights=tuple(options.weight),
    )
    if not request.text.strip() and not request.photos and not request.without:
        raise KnownError(ErrorKind.USAGE, "Say what to look for: words, or --photo FILE.")
    with Engine.open_reader(library_paths(options.library), options.model) as engine:
        result = engine.search_request(request)
        if not options.no_rerank:
            result = engine.improve(request, result) or result
        explained = _explain(engine, request.text, result) if options.explain else []
        pending = _pending(engine, result)
    return _show(result, output, explained, pending)


def similar(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon similar``."""
    with Engine.open_reader(library_paths(options.library), options.model) as engine:
        result = engine.similar(options.file, options.limit)
        return _show(result, output, [], _pending(engine, result))


def _pending(engine: Engine, result: SearchResult) -> int:
    """How many photos wait to be embedded under the model at work; those that cannot be used never are."""
    return engine.status().pending if result.covered < result.known else 0


def _explain(engine: Engine, text: str, result: SearchResult) -> list[Explanation]:
    return [engine.explain(ExplainRequest(hit.photo_id, text)) for hit in result.hits[:EXPLAINED]]


def _show(result: SearchResult, output: Output, explained: list[Explanation], pending: int) -> int:
    if output.as_json:
        _show_document(result, output, explained)
    elif not result.hits:
        nothing = "No photos to search yet. Add some with: balloon index FOLDER"
        unseen = "No caption, name or folder says that."
        output.note(nothing if not result.known else "No photo fits all of that." if result.covered else unseen)
    elif result.confidence is Confidence.NONE:
        output.note(f"No good match for “{result.query}”. The closest photos, for what they are worth:")
        output.table([_row(hit) for hit in result.hits[:CLOSEST_SHOWN]])
    else:
        _show_hits(result, output)
    if not output.as_json:
        for explanation, hit in zip(explained, result.hits, strict=False):
            _show_explanation(explanation, hit, output)
    if pending:
        output.note(
            f"{result.model} has seen {result.covered} of {result.known} photos so far; the others are found by "
            "captions, names and folders alone. Let it see them: balloon index FOLDER"
        )
    return EXIT_DONE if result.hits else EXIT_NOTHING


def _show_document(result: SearchResult, output: Output, explained: list[Explanation]) -> None:
    document = to_json(result)
    for explanation, hit in zip(explained, document["hits"], strict=False):
        hit["explanation"] = to_json(explanation.words)
    output.document(document)


def _show_hits(result: SearchResult, output: Output) -> None:
    matches = [hit for hit in result.hits if hit.confidence is Confidence.MATCH]
    rest = [hit for hit in result.hits if hit.confidence is Confidence.POSSIBLE]
    if matches:
        output.table([_row(hit) for hit in matches])
    if rest:
        if matches or result.understood:  # like a photo no other is ever more than possible
            output.line("possible:")
        output.table([_row(hit) for hit in rest])
    output.note(f"{len(matches) + len(rest)} photos in {result.took_ms:.0f} ms ({result.model})")


def _row(hit: Hit) -> list[str]:
    more = f"(+{len(hit.group)})" if hit.group else ""
    found_by = ", ".join(channel for channel in hit.channels if channel != "vectors")
    return [
        f"{hit.rank:>3}",
        f"{hit.score:.3f}",
        (hit.taken_at or "")[:10],
        f"{hit.path.path} {more}".strip(),
        found_by,
    ]


def _show_explanation(explanation: Explanation, hit: Hit, output: Output) -> None:
    output.line()
    output.line(os.path.basename(hit.path.path))
    whole, *words = explanation.words
    for line in _shaded(whole):
        output.line(f"    {line}")
    for word in words:
        output.line(f"    {word.weight:4.0%}  {word.word}")


def _shaded(word: WordRelevance) -> list[str]:
    rows = [word.relevance[start : start + word.columns] for start in range(0, len(word.relevance), word.columns)]
    return ["".join(_SHADES[min(4, int(value * 5))] * 2 for value in row) for row in rows]
