"""`balloon models`: which there are, which is used, importing one, learning a new one, calibrating."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from engine.api import Engine
from engine.cli.main import EXIT_DONE, EXIT_NOTHING
from engine.config import DEFAULT_MODEL, library_paths, model_dirs
from engine.errors import KnownError
from engine.models.catalog import find_package, installed, remove_package
from engine.models.encoder import Encoder
from engine.protocol import ErrorKind
from engine.protocol.json_values import to_json

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from engine.api.learning import FieldReport
    from engine.cli.output import Output
    from engine.library.embeddings import KnownModel
    from engine.protocol import Evaluation, RecallRow, SearchResult
    from engine.protocol.methods import ModelList, ModelRow


def list_models(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon models list``."""
    paths = library_paths(options.library)
    if paths.is_made:
        with Engine.open_reader(paths, options.model) as engine:
            shown = _show(engine.models(), output)
            if left := engine.left_models():
                output.note(
                    f"Also in the library: vectors of {_told(left)}, no longer on this computer. "
                    "Remove them with: balloon models prune"
                )
            return shown
    cards = installed(model_dirs())
    if output.as_json:
        output.document(
            {"models": [{"key": card.key, "name": card.name, "languages": card.languages} for card in cards]}
        )
    else:
        output.table([(card.key, card.name, ", ".join(card.languages), card.licence) for card in cards])
    return EXIT_DONE


def use(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon models use``."""
    with Engine.open_writer(library_paths(options.library), options.model) as engine:
        return _show(engine.use_model(options.key), output)


def remove(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon models remove``: only models of the user's own folder, with their vectors in this library."""
    paths = library_paths(options.library)
    if paths.is_made:
        with Engine.open_writer(paths, DEFAULT_MODEL) as engine:
            engine.remove_model(options.key)
    else:
        remove_package(options.key)
    output.note(f"{options.key} is removed.")
    return EXIT_DONE


def prune(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon models prune``: drop the vectors of models that are gone, such as the one an update replaced."""
    with Engine.open_writer(library_paths(options.library), options.model) as engine:
        left = engine.forget_left_models()
    if output.as_json:
        output.document({"removed": left})
    elif left:
        output.line(
            f"Removed the vectors of {_told(left)}. New photos take the room, or give it back: balloon library compact"
        )
    else:
        output.line("Every model whose vectors the library holds is on this computer. Nothing was removed.")
    return EXIT_DONE


def _told(models: Sequence[KnownModel]) -> str:
    said = (f"{model.key} ({model.vectors} photos, {model.byte_size / 1e6:.1f} MB)" for model in models)
    return ", ".join(said)


def compare(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon models compare``: what two models find for one query, and how well they know own captions."""
    paths = library_paths(options.library)
    results: dict[str, SearchResult] = {}
    recalls: dict[str, Evaluation] = {}
    for key in (options.first, options.second):
        with Engine.open_reader(paths, key) as engine:
            if not _coverage(engine.models(), key):
                raise KnownError(
                    ErrorKind.NOT_FOUND,
                    f"No photo is embedded with {key} yet. Do so with: balloon index FOLDER --model {key}",
                )
            results[key] = engine.search(options.query, options.limit)
            coverage = engine.models()
            recalls |= _own_recall(engine)
    if output.as_json:
        found = {"query": options.query, "models": to_json(list(results.values()))}
        output.document(found | {"recall": to_json(list(recalls.values()))})
    else:
        _show_beside(results, coverage, output)
        _show_recalls(recalls, output)
    return EXIT_DONE if any(result.hits for result in results.values()) else EXIT_NOTHING


def train(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon models train``: a field from captions, or with ``--recipe mini`` the embedded model itself."""
    if options.recipe is not None:
        return _train_mini(options)
    if options.captions is None or options.photos is None or options.name is None:
        raise KnownError(ErrorKind.USAGE, "Learning needs --captions FILE, --photos FOLDER and --name KEY.")
    from engine.api.learning import learn_field

    encoder = Encoder.open(find_package(options.base, model_dirs()))
    report = learn_field(options.captions, options.photos, encoder, options.name, library_paths(options.library))
    if output.as_json:
        output.document(report)
    else:
        _tell(report, output)
    return EXIT_DONE if report.package is not None else EXIT_NOTHING


def _train_mini(options: argparse.Namespace) -> int:
    wanted = {"--data": options.data, "--work": options.work, "--out": options.out}
    missing = [name for name, value in wanted.items() if value is None]
    if missing:
        raise KnownError(ErrorKind.USAGE, f"The recipe mini needs {', '.join(missing)}.")
    try:
        from engine.training.mini import main
    except ImportError as error:
        raise KnownError(
            ErrorKind.EXTRA_MISSING,
            "Training needs the extra 'models'. Install it: pip install 'balloon-photos[models]'",
        ) from error
    arguments = [word for name, value in wanted.items() for word in (name, str(value))]
    return main([*arguments, *(["--keep-away", str(options.keep_away)] if options.keep_away else [])])


def calibrate(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon models calibrate``: by a captions file, or by the captions of the user's own library."""
    from engine.evaluation import calibrate_by_file, calibrate_by_library, read_captions

    if options.captions is None:
        with Engine.open_reader(library_paths(options.library), options.key) as engine:
            found = calibrate_by_library(engine)
    elif options.photos is None:
        raise KnownError(ErrorKind.USAGE, "Say with --photos which folder the captions file speaks of.")
    else:
        captioned = read_captions(options.captions, options.photos, options.text_field)
        found = calibrate_by_file(options.key, options.photos, captioned)
    own = {name: {"match": limits.match, "possible": limits.possible} for name, limits in found.languages.items()}
    if output.as_json:
        document = {"model": options.key, "match": found.match, "possible": found.possible, "languages": own}
        output.document(document)
        return EXIT_DONE
    for name, limits in {"": found, **found.languages}.items():
        language = f" ({name})" if name else ""
        output.line(f"{options.key}{language}: a match from {limits.match:.3f}, possible from {limits.possible:.3f}")
    return EXIT_DONE


def _show(models: ModelList, output: Output) -> int:
    if output.as_json:
        output.document(models)
        return EXIT_DONE
    rows = [
        ("*" if row.in_use else "", row.key, row.name, ", ".join(row.languages), _covered(row, models), row.licence)
        for row in models.models
    ]
    output.table(rows)
    return EXIT_DONE


def _covered(row: ModelRow, models: ModelList) -> str:
    return f"{row.indexed} of {models.contents} photos"


def _coverage(models: ModelList, key: str) -> int:
    return sum(row.indexed for row in models.models if row.key == key)


def _show_beside(results: dict[str, SearchResult], coverage: ModelList, output: Output) -> None:
    """One column per model, best hit first; what both found is counted."""
    columns = [[f"{hit.score:.3f} {hit.path.path}" for hit in result.hits] for result in results.values()]
    header = ("", *(f"{key} ({_coverage(coverage, key)} photos)" for key in results))
    rows = [(str(rank), *row) for rank, row in enumerate(itertools.zip_longest(*columns, fillvalue=""), start=1)]
    output.table([header, *rows])
    found = [{hit.photo_id for hit in result.hits} for result in results.values()]
    output.note(f"{len(set.intersection(*found))} photos are in both lists. Scores of two models do not compare.")


def _own_recall(engine: Engine) -> dict[str, Evaluation]:
    """How well the model finds photos by the captions that people wrote; nothing where there are none."""
    from engine.evaluation import self_test

    try:
        return {engine.encoder.card.key: self_test(engine, full=False)}
    except KnownError as error:
        if error.kind is ErrorKind.NOT_FOUND:
            return {}
        raise


def _show_recalls(recalls: dict[str, Evaluation], output: Output) -> None:
    if not recalls:
        output.note("With captions of your own their recall would be compared, too: balloon caption add PHOTO TEXT")
        return
    output.line()
    header = ("by your own captions", "R@1", "R@5", "R@10", "median rank")
    rows = [_row(f"text -> photo, {key}", found.text_to_image) for key, found in recalls.items()]
    rows += [_row(f"photo -> text, {key}", found.image_to_text) for key, found in recalls.items()]
    output.table([header, *rows])


def _tell(report: FieldReport, output: Output) -> None:
    output.line(
        f"{report.captions} captions of {report.photos} photos, {report.held_out} photos held out to measure on"
    )
    for reason, count in sorted(report.left_out.items()):
        output.line(f"  {count} rows left out: {reason}")
    header = ("", "R@1", "R@5", "R@10", "median rank")
    rows = [
        _row(f"text -> image, {report.base}", report.before),
        _row(f"text -> image, {report.key}", report.after),
        _row(f"image -> text, {report.base}", report.before_image_to_text),
        _row(f"image -> text, {report.key}", report.after_image_to_text),
    ]
    output.table([header, *rows])
    if report.package is None:
        output.note(
            "The held-out photos are found no better than before, so nothing was written. More captions may help."
        )
    else:
        output.note(f"Use it: balloon models use {report.key} (no photo is embedded again)")


def _row(name: str, row: RecallRow) -> tuple[str, ...]:
    return (name, f"{row.r1:.3f}", f"{row.r5:.3f}", f"{row.r10:.3f}", f"{row.median_rank:g}")
