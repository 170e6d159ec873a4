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
from engine.evaluation import read_captions, self_test, tested_models
from engine.protocol import ErrorKind
from engine.protocol.json_values import to_json

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
    if output.as_json:
        output.document(result)
    else:
        _show(result, output)
    return EXIT_DONE


def _self_test(options: argparse.Namespace, output: Output) -> int:
    """By the library's own captions, with every model that has seen its photos unless one is named."""
    paths = library_paths(options.library)
    with Engine.open_reader(paths, options.model) as engine:
        keys = tested_models(engine)
        results = [self_test(engine, full=options.full)]
    for key in () if options.model else keys[1:]:
        with Engine.open_reader(paths, key) as engine:
            results.append(self_test(engine, full=options.full))
    if output.as_json:
        output.document(to_json(results[0]) | {"others": to_json(results[1:])})
    else:
        for result in results:
            _show(result, output)
        if options.full:
            output.note("With --full the captions themselves are searched, too: they find their photos by their words.")
    return EXIT_DONE


def _show(result: Evaluation, output: Output) -> None:
    among = f" among {result.searched}" if result.searched > result.photos else ""
    output.line(f"{result.photos} photos{among}, model {result.model}")
    header = ("", "queries", "R@1", "R@5", "R@10", "median rank")
    rows = [("text -> image", result.text_to_image), ("image -> text", result.image_to_text)]
    output.table([header, *(_row(name, row) for name, row in rows)])
    if result.skipped:
        output.note(f"{len(result.skipped)} captioned photos could not be used.")


def _row(name: str, row: RecallRow) -> tuple[str, ...]:
    return (name, f"{row.queries}", f"{row.r1:.3f}", f"{row.r5:.3f}", f"{row.r10:.3f}", f"{row.median_rank:g}")
