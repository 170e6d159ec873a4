"""`balloon evaluate`: recall on captioned photos, by default in a library made for the occasion and thrown away."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from engine.api import Engine
from engine.cli.main import EXIT_DONE
from engine.config import LibraryPaths, library_paths
from engine.evaluation import evaluate as measure
from engine.evaluation import read_captions

if TYPE_CHECKING:
    import argparse

    from engine.cli.output import Output
    from engine.protocol import Evaluation, RecallRow


def evaluate(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon evaluate``."""
    captioned = read_captions(options.captions, options.photos, options.text_field)
    with tempfile.TemporaryDirectory(prefix="balloon-") as scratch:
        paths = library_paths(options.library) if options.library else LibraryPaths(Path(scratch) / "library")
        with Engine.open_writer(paths, options.model) as engine:
            engine.index([engine.add_folder(options.photos)])
            result = measure(engine, captioned, full=options.full)
    if output.as_json:
        output.document(result)
    else:
        _show(result, output)
    return EXIT_DONE


def _show(result: Evaluation, output: Output) -> None:
    output.line(f"{result.photos} photos, model {result.model}")
    header = ("", "queries", "R@1", "R@5", "R@10", "median rank")
    rows = [("text -> image", result.text_to_image), ("image -> text", result.image_to_text)]
    output.table([header, *(_row(name, row) for name, row in rows)])
    if result.skipped:
        output.note(f"{len(result.skipped)} photos of the captions file could not be used.")


def _row(name: str, row: RecallRow) -> tuple[str, ...]:
    return (name, f"{row.queries}", f"{row.r1:.3f}", f"{row.r5:.3f}", f"{row.r10:.3f}", f"{row.median_rank:g}")
