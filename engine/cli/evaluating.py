"""`balloon evaluate`: recall on captioned photos, by default in a library made for the occasion and thrown away."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from engine.api import Engine
from engine.cli.main import EXIT_DONE
from engine.config import LibraryPaths, library_paths
from engine.errors import KnownError
from engine.evaluation import evaluate as measure
from engine.evaluation import own_captions, read_captions
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    import argparse

    from engine.cli.output import Output
    from engine.protocol import Evaluation, RecallRow


def evaluate(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon evaluate``."""
    if options.captions is None:
        return _self_test(options, output)
    if options.photos is None:
        raise KnownError(ErrorKind.USAGE, "Say with --photos which folder the captions file speaks of.")
    captioned = read_captions(options.captions, options.photos, options.text_field)
    with tempfile.TemporaryDirectory(prefix="balloon-") as scratch:
        paths = library_paths(options.library) if options.library else LibraryPaths(Path(scratch) / "library")
        with Engine.open_writer(paths, options.model) as engine:
            engine.index([engine.add_folder(options.photos)])
            result = measure(engine, captioned, full=options.full)
    return _tell(result, output)


def _self_test(options: argparse.Namespace, output: Output) -> int:
    with Engine.open_reader(library_paths(options.library), options.model) as engine:
        return _tell(measure(engine, own_captions(engine), full=options.full), output)


def _tell(result: Evaluation, output: Output) -> int:
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
