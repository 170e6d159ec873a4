"""`balloon models import`, `install` and `catalogue`: getting a model onto this computer."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from engine.api import Engine
from engine.api.keeping import ENDPOINT_SETTING
from engine.cli.main import EXIT_DONE
from engine.config import library_paths, model_dirs, own_models_dir
from engine.models.catalog import installed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from engine.cli.output import Output
    from engine.models.importing import Imported
    from engine.protocol.model_methods import OfferedModel

PHASES = {
    "asking": "Asking the hub", "fetching": "Fetching", "converting": "Converting", "reading": "Reading the checkpoint",
    "image tower": "Converting the image tower", "text tower": "Converting the text tower",
    "comparing": "Comparing with PyTorch", "copying": "Copying", "trying": "Trying out", "installing": "Installing",
}  # fmt: skip


def import_model(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon models import`` and ``install``."""
    from engine.models.importing import Naming
    from engine.models.installing import Order, Watcher, install

    languages = tuple(word.strip() for word in (options.languages or "").split(",") if word.strip())
    naming = Naming(options.name or "", languages, options.licence or "")
    order = Order(options.source, naming, options.precision, options.hub or _setting(options))
    taken = [card.key for card in installed(model_dirs())]
    with _progress(output) as tell:
        imported = install(order, own_models_dir(), taken, Watcher(tell))
    _tell(imported, output)
    return EXIT_DONE


def _setting(options: argparse.Namespace) -> str | None:
    """The hub that is named in the library's settings."""
    paths = library_paths(options.library)
    if not paths.database.exists():
        return None
    with Engine.open_reader(paths, options.model) as engine:
        return engine.get_setting(ENDPOINT_SETTING)


def catalogue(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon models catalogue``."""
    from engine.models.catalogue import offered

    models = offered()
    if output.as_json:
        output.document({"models": models})
        return EXIT_DONE
    here = {card.key for card in installed(model_dirs())}
    header = ("", "name", "model", "languages", "size", "licence", "published recall")
    output.table([header, *(_offer(model, is_here=model.key in here) for model in models)])
    output.note(
        "Recall is what others have published; two sets do not compare (sets and sources: --json). "
        "Install one with: balloon models install NAME"
    )
    return EXIT_DONE


def _offer(model: OfferedModel, *, is_here: bool) -> tuple[str, ...]:
    recall = ", ".join(f"{_language_or_set(each.set)} {each.percent:.1f} %" for each in model.recall)
    size = f"{model.megabytes / 1000:.1f} GB" if model.megabytes > 1000 else f"{model.megabytes} MB"  # noqa: PLR2004
    needs = " (converted)" if model.form == "checkpoint" else ""
    return (
        "*" if is_here else "", model.key, model.name + needs, ", ".join(model.languages), size, model.licence, recall,
    )  # fmt: skip


def _language_or_set(name: str) -> str:
    """Of "Crossmodal-3600, English, text to photo" what tells the figures of one model apart."""
    first, second = name.split(", ")[:2]
    return second.split(" (")[0] if second.startswith(("English", "Chinese")) else first


def _tell(imported: Imported, output: Output) -> None:
    from engine.models.importing import UNKNOWN_LICENCE

    card = imported.card
    if output.as_json:
        output.document(
            {
                "key": card.key, "dim": card.dim, "licence": card.licence, "fingerprint": card.fingerprint,
                "parity": imported.parity,
            }
        )  # fmt: skip
        return
    output.line(f"{card.key} is installed: both towers were tried, vectors of {card.dim} numbers.")
    for each in imported.parity:
        output.line(f"  {each.describe()}")
    if card.licence == UNKNOWN_LICENCE:
        output.note("The model's licence is not stated. Look it up where you got the model.")
    output.note(
        f"Embed your photos with it while the model in use goes on: balloon index FOLDER --model {card.key}. "
        f"Then switch: balloon models use {card.key}"
    )


@contextlib.contextmanager
def _progress(output: Output) -> Iterator[Callable[[str, int, int], None]]:
    if not output.shows_progress:
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Looking", total=None)

        def tell(phase: str, done: int, total: int) -> None:
            bar.update(task, description=PHASES.get(phase, phase), completed=done, total=total or None)

        yield tell
