"""`balloon index`: add folders, bring them up to date, and with ``--watch`` follow them."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING

from engine.api import Engine
from engine.api.keeping import OCR_SETTING
from engine.cli.main import EXIT_DONE, EXIT_INTERRUPTED
from engine.config import library_paths
from engine.errors import KnownError
from engine.indexing.pipeline import DecodeOptions
from engine.indexing.watcher import LIMIT, NETWORK, NO_EVENTS, Watcher
from engine.library.folders import exclude_key
from engine.models.recognition import is_available
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from engine.cli.output import Output
    from engine.indexing.indexer import Indexer
    from engine.library.folders import Folder
    from engine.protocol import IndexProgress, IndexReport

_PHASES = {"text": "Reading text", "captions": "Captions"}
WHY_POLLED = {
    NETWORK: "on a network drive others can change it unseen",
    LIMIT: "the system gives no more watches (see fs.inotify.max_user_watches)",
    NO_EVENTS: "there are no file events here",
}
RECONCILE_EVERY_S = 600.0  # events can be missed: a full scan now and then finds what they did not tell


def index(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon index``."""
    with Engine.open_writer(library_paths(options.library), options.model) as engine:
        if engine.recovered is not None:
            output.note(engine.recovered.sentence)
        folders = [engine.add_folder(path, on_cluster=options.on is not None) for path in options.folders]
        for folder in folders if options.exclude is not None else ():
            engine.set_setting(exclude_key(folder.id), "\n".join(options.exclude) or None)
        if options.ocr is not None:
            _switch_ocr(engine, on=options.ocr)
        decode = DecodeOptions(workers=options.workers) if options.workers else DecodeOptions()
        # How many cores a cluster has is no matter of this computer's.
        limits = decode if options.workers or options.on is None else None
        report = _bring_up_to_date(engine.indexer(limits, on=options.on), folders, output)
        engine.remember_run()
        _tell(report, output, engine)
        if options.watch and not report.interrupted:
            return _watch(engine, folders, decode, output)
    return EXIT_INTERRUPTED if report.interrupted else EXIT_DONE


def _switch_ocr(engine: Engine, *, on: bool) -> None:
    if on and not is_available():
        raise KnownError(
            ErrorKind.EXTRA_MISSING,
            "Reading text in photos needs the extra 'ocr'. Install it: pip install 'balloon-photos[ocr]'",
        )
    engine.set_setting(OCR_SETTING, "true" if on else "false")


def _bring_up_to_date(indexer: Indexer, folders: Sequence[Folder], output: Output) -> IndexReport:
    with _stopping(indexer.stop), _progress(output) as progress:
        return indexer.run(folders, progress)


def _tell(report: IndexReport, output: Output, engine: Engine) -> None:
    if output.as_json:
        output.document(report)
        return
    status = engine.status()
    rate = f", {report.decoded / report.seconds:.0f} photos/s" if report.decoded and report.seconds else ""
    output.note(
        f"{status.indexed} photos can be searched. This time: {report.added} new, {report.changed} changed, "
        f"{report.moved} moved, {report.missing} gone, {report.decoded} decoded in {report.seconds:.1f} s{rate}."
    )
    if status.issues:
        output.note(f"{status.issues} files could not be used. See: balloon issues")


def _watch(engine: Engine, folders: Sequence[Folder], decode: DecodeOptions, output: Output) -> int:
    with Watcher(folders) as watcher, _stopping(watcher.close) as interrupted:
        engine.note_polled(watcher.polled)
        for folder in folders:
            if folder.id in watcher.polled:
                output.note(f"{folder.path} is looked at once a minute: {WHY_POLLED[watcher.polled[folder.id]]}.")
        output.note("Watching. Press Ctrl+C to stop.")
        while not interrupted():
            engine.encoder.release_images()
            changed = watcher.wait(RECONCILE_EVERY_S)
            if interrupted():
                break
            worth = [folder for folder in folders if not changed or folder.id in changed]
            indexer = engine.indexer(decode)
            with _stopping(indexer.stop):
                report = indexer.run(worth, lambda _: None)
            if report.added or report.changed or report.moved or report.missing or report.decoded:
                _tell(report, output, engine)
            if report.interrupted:
                break
    return EXIT_INTERRUPTED


@contextlib.contextmanager
def _stopping(stop: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """While inside, Ctrl+C and SIGTERM ask ``stop`` to end the work in good order; gives "was it asked?"."""
    asked = [False]

    def on_signal(*_: object) -> None:
        asked[0] = True
        stop()

    previous = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked[0]
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _progress(output: Output) -> Iterator[Callable[[IndexProgress], None]]:
    if not output.shows_progress:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Looking", total=None, rate="")

        def show(progress: IndexProgress) -> None:
            if progress.phase == "scan":
                bar.update(task, description="Looking", total=None)
                return
            total = progress.done + progress.pending
            rate = f"{progress.rate:.0f}/s"
            description = _PHASES.get(progress.phase, "Indexing")
            bar.update(task, description=description, completed=progress.done, total=total, rate=rate)

        yield show
