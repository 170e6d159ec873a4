"""`balloon captions`, and `balloon caption add|list|remove|import|export`."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.api import Engine
from engine.api.caption_exchange import READING, ImportRequest
from engine.api.caption_export import ExportRequest
from engine.cli.main import EXIT_DONE, EXIT_NOTHING
from engine.cli.output import one_line
from engine.config import library_paths
from engine.errors import KnownError
from engine.library.captions import OWN_SOURCES, language_of
from engine.protocol import ErrorKind, PhotoPath
from engine.protocol.methods import CaptionAdd, CaptionsRequest

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from engine.api.caption_exchange import ImportReport, ListedCaption, RowTrouble
    from engine.api.caption_export import ExportReport
    from engine.cli.output import Output
    from engine.protocol import IndexProgress
    from engine.protocol.methods import CaptionRow, CaptionsResult

SIDECAR_SOURCES = ("user", "imported")  # the others lie in or beside the photo already


def captions(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon captions``."""
    request = CaptionsRequest(
        path=PhotoPath.of(options.file.absolute()), limit=options.limit, source=options.source, language=options.lang
    )
    with Engine.open_reader(library_paths(options.library), options.model) as engine:
        result = engine.nearest_captions(
            request, lambda: output.note("Reading the caption bank with this model: some seconds, once.")
        )
    rows = _chosen(result, options)
    if output.as_json:
        output.document({**_path("photo", result.photo), "captions": [_near_document(row) for row in rows]})
    elif rows:
        output.table([(f"{row.score or 0.0:.3f}", row.source, _language(row), one_line(row.text)) for row in rows])
    else:
        output.note("No caption to compare with. Add some with: balloon caption add PHOTO TEXT")
    return EXIT_DONE if rows else EXIT_NOTHING


def _chosen(result: CaptionsResult, options: argparse.Namespace) -> list[CaptionRow]:
    """The photo's own captions, best first, then the nearest of others; each text once."""
    own = [row for row in result.own if options.source != "bank" and options.lang in {None, _language(row)}]
    own.sort(key=lambda row: -(row.score or 0.0))
    distinct: dict[str, CaptionRow] = {}
    for row in (*own, *result.nearest):
        distinct.setdefault(row.text.casefold(), row)
    return list(distinct.values())[: options.limit]


def _near_document(row: CaptionRow) -> dict[str, Any]:
    document = {"text": row.text, "lang": _language(row), "source": row.source, "score": row.score}
    return document if row.path is None else {**document, **_path("path", row.path)}


def _language(row: CaptionRow) -> str:
    return row.language or language_of(row.text)


def _path(key: str, path: PhotoPath) -> dict[str, str]:
    odd = {} if path.path_b64 is None else {f"{key}_b64": path.path_b64}
    return {key: path.path, **odd}


def add(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon caption add``."""
    with Engine.open_writer(library_paths(options.library), options.model) as engine:
        photo = engine.caption_exchange().photo_at(options.photo)
        row = engine.add_caption(CaptionAdd(photo.id, options.text, options.lang))
    if output.as_json:
        output.document({"id": row.caption_id, "text": row.text, "lang": row.language, "source": row.source})
    else:
        output.note(f"Added as number {row.caption_id}.")
    return EXIT_DONE


def list_captions(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon caption list``."""
    with Engine.open_reader(library_paths(options.library), options.model) as engine:
        rows = list(engine.caption_exchange().captions(OWN_SOURCES, options.photo))
    if output.as_json:
        output.document({"captions": rows})
    elif rows:
        output.table([_listed_row(row) for row in rows])
    else:
        output.note("No captions yet. Add one with: balloon caption add PHOTO TEXT")
    return EXIT_DONE if rows else EXIT_NOTHING


def _listed_row(row: ListedCaption) -> tuple[str, ...]:
    path = "" if row.path is None else one_line(row.path.path)
    return (f"{row.id}", row.source, row.lang, one_line(row.text), path)


def remove(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon caption remove``."""
    with Engine.open_writer(library_paths(options.library), options.model) as engine:
        ids = _meant(engine, options.what, options.text)
        for caption in ids:
            engine.remove_caption(caption)
    if output.as_json:
        output.document({"removed": ids})
    else:
        output.note(f"Removed {len(ids)}. Photos and files beside them are as they were.")
    return EXIT_DONE


def _meant(engine: Engine, what: str, text: str | None) -> list[int]:
    if text is not None:
        found = engine.caption_exchange().find(Path(what), text)
        if not found:
            raise KnownError(ErrorKind.NOT_FOUND, f"{what} has no such caption. See: balloon caption list {what}")
        return found
    if not what.isdecimal() or len(what) > len(str(2**63)) - 1:
        raise KnownError(ErrorKind.USAGE, "Say which: the number that `balloon caption list` shows, or PHOTO and TEXT.")
    return [int(what)]


def import_captions(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon caption import``."""
    request = ImportRequest(options.file.expanduser(), options.photos, options.text_field)
    with Engine.open_writer(library_paths(options.library), options.model) as engine, _counting(output) as progress:
        report = engine.caption_exchange().import_file(request, progress)
    if output.as_json:
        output.document(report)
    else:
        _show_import(report, output, verbose=options.verbose)
    return EXIT_DONE if report.added or report.already_there else EXIT_NOTHING


def _show_import(report: ImportReport, output: Output, *, verbose: bool) -> None:
    output.note(
        f"{report.added} captions added, {report.already_there} were there already, {report.unmatched} rows name no "
        f"photo of the library, {report.bad} rows could not be read."
    )
    _show_troubles(report.bad_rows, report.bad, output)
    if verbose:
        _show_troubles(report.unmatched_rows, report.unmatched, output)
    elif report.unmatched:
        output.note("Which ones: the same command with --verbose.")


def _show_troubles(troubles: Sequence[RowTrouble], total: int, output: Output) -> None:
    for trouble in troubles:
        output.note(f"line {trouble.line}: {trouble.why}{trouble.file and ': ' + one_line(trouble.file)}")
    if total > len(troubles):
        output.note(f"... and {total - len(troubles)} more")


def export(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon caption export``."""
    sources = _sources(options.source)
    with Engine.open_reader(library_paths(options.library), options.model) as engine:
        exchange = engine.caption_exchange()
        if options.sidecars:
            report = exchange.export_sidecars(sources or SIDECAR_SOURCES)
        else:
            request = ExportRequest(options.file, sources or OWN_SOURCES, options.photos, options.excel)
            report = exchange.export_file(request)
    if output.as_json:
        output.document(report)
    else:
        _show_export(report, output)
    return EXIT_DONE if report.captions else EXIT_NOTHING


def _sources(given: str | None) -> tuple[str, ...]:
    sources = tuple(word.strip() for word in (given or "").split(",") if word.strip())
    unknown = [source for source in sources if source not in OWN_SOURCES]
    if unknown:
        raise KnownError(ErrorKind.USAGE, f"There is no source {unknown[0]}. There are: {', '.join(OWN_SOURCES)}.")
    return sources


def _show_export(report: ExportReport, output: Output) -> None:
    files = "1 file" if report.files == 1 else f"{report.files} files"
    output.note(f"{report.captions} captions written to {files}.")
    if report.left_out:
        output.note(
            f"{report.left_out} captions left out: their photo is away, or its name is no text (then use .jsonl)."
        )
    if report.elsewhere:
        output.note("Not beside the photo, for another program's sidecar lies there or nothing may be written there:")
    for path in report.elsewhere:
        output.line(one_line(path))


@contextlib.contextmanager
def _counting(output: Output) -> Iterator[Callable[[IndexProgress], None]]:
    """While inside, a counter on the terminal of a person who waits."""
    if not output.shows_progress:
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("Reading") as status:

        def show(progress: IndexProgress) -> None:
            total = f" of {progress.done + progress.pending}" if progress.pending else ""
            status.update(f"{'Reading' if progress.phase == READING else 'Encoding'} {progress.done}{total}")

        yield show
