"""`balloon search` and `balloon similar`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.api import Engine
from engine.cli.main import EXIT_DONE, EXIT_NOTHING
from engine.config import library_paths
from engine.protocol import Confidence

if TYPE_CHECKING:
    import argparse

    from engine.cli.output import Output
    from engine.protocol import Hit, SearchResult

CLOSEST_SHOWN = 3


def search(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon search``."""
    with Engine.open_reader(library_paths(options.library), options.model) as engine:
        return _show(engine.search(" ".join(options.query), options.limit), output)


def similar(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon similar``."""
    with Engine.open_reader(library_paths(options.library), options.model) as engine:
        return _show(engine.similar(options.file, options.limit), output)


def _show(result: SearchResult, output: Output) -> int:
    if output.as_json:
        output.document(result)
    elif not result.hits:
        nothing = "No photos to search yet. Add some with: balloon index FOLDER"
        output.note("No photo fits all of that." if result.known else nothing)
    elif result.confidence is Confidence.NONE:
        output.note(f"No good match for “{result.query}”. The closest photos, for what they are worth:")
        output.table([_row(hit) for hit in result.hits[:CLOSEST_SHOWN]])
    else:
        _show_hits(result, output)
    return EXIT_DONE if result.hits else EXIT_NOTHING


def _show_hits(result: SearchResult, output: Output) -> None:
    matches = [hit for hit in result.hits if hit.confidence is Confidence.MATCH]
    rest = [hit for hit in result.hits if hit.confidence is Confidence.POSSIBLE]
    if matches:
        output.table([_row(hit) for hit in matches])
    if rest:
        if matches:
            output.note("Possible matches:")
        output.table([_row(hit) for hit in rest])
    output.note(f"{len(matches) + len(rest)} photos in {result.took_ms:.0f} ms ({result.model})")


def _row(hit: Hit) -> list[str]:
    return [f"{hit.rank:>3}", f"{hit.score:.3f}", (hit.taken_at or "")[:10], hit.path.path]
