"""`balloon folders`, `status`, `issues`, `check` and `library compact`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.api import Engine
from engine.cli.indexing import WHY_POLLED
from engine.cli.main import EXIT_DONE, EXIT_NOTHING
from engine.cli.output import one_line
from engine.config import library_paths
from engine.errors import KnownError
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    import argparse

    from engine.cli.output import Output
    from engine.protocol import CheckFinding, LibraryStatus


def folders(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon folders``."""
    paths = library_paths(options.library)
    if options.remove is not None:
        with Engine.open_writer(paths, options.model) as engine:
            engine.remove_folder(options.remove)
        output.note(f"No longer watching {options.remove}. The photos on disk are untouched.")
    with Engine.open_reader(paths, options.model) as engine:
        rows = engine.folder_status()
    if output.as_json:
        output.document({"folders": rows})
    elif rows:
        output.table(
            [("folder", "state", "photos", "searchable", "missing", "issues")]
            + [(r.path.path, r.state, f"{r.photos}", f"{r.indexed}", f"{r.missing}", f"{r.issues}") for r in rows]
        )
    else:
        output.note("No folders yet. Add one with: balloon index FOLDER")
    return EXIT_DONE if rows or options.remove is not None else EXIT_NOTHING


def share(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon share``."""
    from engine.library.opening import give_rights

    if not options.reader and not options.writer and not options.shut_out:
        raise KnownError(ErrorKind.USAGE, "Say who: --reader ROLE, --writer ROLE or --shut-out ROLE.")
    rights = {"reader": options.reader, "writer": options.writer, "none": options.shut_out}
    give_rights(library_paths(options.library), rights)
    output.note("Done. Each of them gives the library's address with their own name in it.")
    if output.as_json:
        output.document(rights)
    return EXIT_DONE


def compact(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon library compact``."""
    paths = library_paths(options.library)
    with Engine.open_writer(paths, options.model) as engine:
        given = engine.compact()
        now = engine.status().byte_size
    if output.as_json:
        output.document({"given_back": given, "byte_size": now})
    elif given:
        output.line(f"The library takes {now / 1e6:.1f} MB now, {given / 1e6:.1f} MB less.")
    else:
        output.line(f"The library takes {now / 1e6:.1f} MB, and hardly any of it is empty. Nothing was changed.")
    return EXIT_DONE


def status(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon status``."""
    with Engine.open_reader(library_paths(options.library), options.model) as engine:
        found, polled = engine.status(), [row for row in engine.folder_status() if row.polled]
    if output.as_json:
        output.document(found)
        return EXIT_DONE
    output.table(
        [
            ("library", found.library),
            ("model", found.model),
            ("folders", f"{found.folders}"),
            ("photos", f"{found.photos} ({found.contents} different)"),
            ("searchable", f"{found.indexed}"),
            ("pending", f"{found.pending}"),
            ("issues", f"{found.issues}"),
            ("size", f"{found.byte_size / 1e6:.1f} MB"),
            ("encoded on", _encoded_on(found)),
            ("indexing now", "yes, in another process" if found.writer_active else "no"),
        ]
        + [("looked at once a minute", f"{row.path.path}: {WHY_POLLED[row.polled]}") for row in polled if row.polled]
        + ([("recovered", f"from the damaged file in {found.recovered_from}")] if found.recovered_from else [])
    )
    return EXIT_DONE


def _encoded_on(found: LibraryStatus) -> str:
    if found.provider is None:
        return "nothing yet"
    rate = f", {found.photos_per_s:.0f} photos/s" if found.photos_per_s else ""
    return f"{found.provider.removesuffix('ExecutionProvider')}{rate}, the last batch of {found.batch}"


def issues(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon issues``."""
    paths = library_paths(options.library)
    if options.retry:
        with Engine.open_writer(paths, options.model) as engine:
            count = engine.retry_issues()
        output.note(f"{count} files will be tried again at the next `balloon index`.")
        if output.as_json:
            output.document({"retried": count})
        return EXIT_DONE
    with Engine.open_reader(paths, options.model) as engine:
        rows = engine.issues()
    if output.as_json:
        output.document({"issues": rows})
    elif rows:
        output.table([(row.reason.value, one_line(row.path.path), one_line(row.detail)) for row in rows])
    else:
        output.note("No issues: every file could be used.")
    return EXIT_DONE


def check(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon check``."""
    paths = library_paths(options.library)
    opening = Engine.open_for_repair if options.repair else Engine.open_reader
    with opening(paths, options.model) as engine:
        before = engine.recovered
        report = engine.check(repair=options.repair)
    if output.as_json:
        output.document({"sound": report.sound, "findings": report.findings, "recovered": before})
    else:
        if before is not None:
            output.note(before.sentence)
        output.table([(finding.name, _verdict(finding)) for finding in report.findings])
        if any(finding.repaired for finding in report.findings):
            output.note("Run `balloon index` on your folders to make the rest anew.")
        elif not report.sound:
            output.note("Run `balloon check --repair` to mend it.")
    return EXIT_DONE if report.sound else EXIT_NOTHING


def _verdict(finding: CheckFinding) -> str:
    if finding.sound:
        return "sound"
    return f"{finding.count} {finding.detail}".strip() + (" (repaired)" if finding.repaired else "")
