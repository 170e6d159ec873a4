"""The words of the command line."""

from __future__ import annotations

import argparse
import math
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_LIMIT = 20
_NEGATION = re.compile(r"-[^-\d\s]")


def build_parser() -> argparse.ArgumentParser:
    """Build the parser; each subcommand names its function as ``run`` ("module:function")."""
    parser = argparse.ArgumentParser(
        prog="balloon",
        description="Find photos on your own computer by what is in them, in English and Chinese. Nothing leaves it.",
        epilog="Without a command the window opens. Start with: balloon index FOLDER",
    )
    parser.add_argument("--version", action=_Version)
    common = _common_options()
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_indexing(commands, common)
    _add_searching(commands, common)
    _add_captions(commands, common)
    _add_library(commands, common)
    _add_measuring(commands, common)
    _add_models(commands, common)
    _add_program(commands, common)
    return parser


class _Version(argparse.Action):
    def __init__(self, option_strings: list[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help="show the version and exit")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        sys.stdout.write(_describe_version() + "\n")
        parser.exit()


def _describe_version() -> str:
    from engine.config import DEFAULT_MODEL, resources_dir
    from engine.errors import KnownError
    from engine.models.package import read_card
    from engine.version import build, version

    known = f"Balloon {version()}, build {build()}"
    try:
        card = read_card(resources_dir() / "models" / DEFAULT_MODEL)
    except KnownError:
        return f"{known}, no embedded model"
    return f"{known}, model {card.key} {card.fingerprint[:8]}"


def positive(text: str) -> int:
    """A whole number of at least 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _common_options() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    group = common.add_argument_group("options of every command")
    group.add_argument("--library", metavar="PATH", help="the library's folder, or postgresql://USER@HOST/DATABASE")
    group.add_argument("--model", metavar="KEY", help="the model to use")
    group.add_argument("--json", action="store_true", help="one JSON document on standard output, nothing else")
    group.add_argument("--quiet", action="store_true", help="say only what was asked for")
    group.add_argument("--verbose", action="store_true", help="log everything to standard error")
    return common


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
    name: str,
    run: str,
    summary: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, parents=[common], help=summary, description=summary)
    command.set_defaults(run=f"engine.cli.{run}")
    return command


def _add_indexing(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    index = _add(commands, common, "index", "indexing:index", "add folders and bring them up to date")
    index.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    index.add_argument(
        "--exclude", action="append", metavar="PATTERN",
        help="from now on leave out names or paths like this, such as '*.png', Screenshots or 2019/raw/* ('': nothing)",
    )  # fmt: skip
    index.add_argument("--watch", action="store_true", help="stay and follow changes until interrupted")
    index.add_argument(
        "--ocr", action=argparse.BooleanOptionalAction, help="from now on, read the text in photos (extra `ocr`)"
    )
    index.add_argument(
        "--on", metavar="ray[://ADDRESS]", help="decode and embed on a Ray cluster, or on this computer's own (`ray`)"
    )
    index.add_argument("--workers", type=positive, metavar="N", help="decode workers (default: one per core)")


def with_negations(arguments: Sequence[str]) -> list[str]:
    """Set a blank before each "-people" of a search, which argparse would take for an option: all but -h have two
    hyphens.
    """
    if arguments[:1] != ["search"]:
        return list(arguments)
    return [f" {word}" if _NEGATION.match(word) and word != "-h" else word for word in arguments]


def _add_searching(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    search = _add(commands, common, "search", "searching:search", "find photos by words")
    search.add_argument("query", nargs="*", metavar="QUERY", help='words, -words, "exact", 2023, last summer, folder:x')
    search.add_argument("--photo", type=Path, action="append", default=[], metavar="FILE", help="like this photo, too")
    search.add_argument(
        "--weight", type=number, action="append", default=[], metavar="W",
        help="how much each --photo counts, in their order (the words: 1; below 0: unlike it)",
    )  # fmt: skip
    search.add_argument("--not", dest="without", action="append", default=[], metavar="TEXT", help="without this")
    search.add_argument(
        "--sort", choices=("relevance", "date"), default="relevance", help="date: only what really fits"
    )
    search.add_argument("--group", action="store_true", help="bursts, near-copies and RAW + JPEG as one")
    search.add_argument("--no-rerank", action="store_true", help="the order of the first search, nothing on top")
    search.add_argument(
        "--explain", action="store_true", help="for the first hits: which words, which part of the photo"
    )
    similar = _add(commands, common, "similar", "searching:similar", "find photos like a photo, in the library or not")
    similar.add_argument("file", type=Path, metavar="FILE")
    for command in (search, similar):
        command.add_argument("--limit", type=positive, default=DEFAULT_LIMIT, metavar="N", help="at most N photos")


def _add_captions(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    near = _add(
        commands, common, "captions", "captioning:captions", "the captions that fit a photo, in the library or not"
    )
    near.add_argument("file", type=Path, metavar="FILE")
    near.add_argument("--limit", type=positive, default=DEFAULT_LIMIT, metavar="N", help="at most N captions")
    near.add_argument("--source", choices=("library", "bank", "all"), default="all", help="where to look for captions")
    near.add_argument("--lang", choices=("en", "zh"), help="only captions in this language")
    group = commands.add_parser("caption", help="captions of your own: add, list, remove, import, export")
    parts = group.add_subparsers(dest="caption_command", metavar="COMMAND", required=True)
    add = _add(parts, common, "add", "captioning:add", "say what is on a photo")
    add.add_argument("photo", type=Path, metavar="PHOTO")
    add.add_argument("text", metavar="TEXT")
    add.add_argument("--lang", choices=("en", "zh"), help="its language (without it: told by its letters)")
    listing = _add(parts, common, "list", "captioning:list_captions", "list the captions of a photo, or of all")
    listing.add_argument("photo", type=Path, nargs="?", metavar="PHOTO")
    remove = _add(parts, common, "remove", "captioning:remove", "remove a caption, by its number or by its words")
    remove.add_argument("what", metavar="ID|PHOTO")
    remove.add_argument("text", nargs="?", metavar="TEXT", help="the caption's words, after a PHOTO")
    incoming = _add(parts, common, "import", "captioning:import_captions", "take captions from CSV, JSONL or COCO JSON")
    incoming.add_argument("file", type=Path, metavar="FILE")
    incoming.add_argument("--photos", type=Path, metavar="FOLDER", help="what the file's names are relative to")
    incoming.add_argument("--text-field", metavar="NAME", help="the one column or key of captions to take")
    outgoing = _add(parts, common, "export", "captioning:export", "write captions to a file, or beside the photos")
    target = outgoing.add_mutually_exclusive_group(required=True)
    target.add_argument("file", type=Path, nargs="?", metavar="FILE.csv|FILE.jsonl")
    target.add_argument("--sidecars", action="store_true", help="write an .xmp file beside each photo")
    outgoing.add_argument("--source", metavar="A,B", help="only these: user, imported, sidecar, xmp, iptc, exif")
    outgoing.add_argument("--photos", type=Path, metavar="FOLDER", help="name photos relative to it")
    outgoing.add_argument("--excel", action="store_true", help="a CSV that Excel reads as UTF-8")


def _add_library(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    folders = _add(commands, common, "folders", "library:folders", "list the watched folders")
    folders.add_argument("--remove", type=Path, metavar="FOLDER", help="stop watching it; photos on disk are untouched")
    share = _add(
        commands, common, "share", "library:share", "say who may search a shared library, and who may change it"
    )
    share.add_argument("--reader", action="append", default=[], metavar="ROLE", help="may search and nothing else")
    share.add_argument("--writer", action="append", default=[], metavar="ROLE", help="may index and change captions")
    share.add_argument("--shut-out", action="append", default=[], metavar="ROLE", help="may do nothing any more")
    _add(commands, common, "status", "library:status", "the library in one look")
    issues = _add(commands, common, "issues", "library:issues", "list the files that could not be used, and why")
    issues.add_argument("--retry", action="store_true", help="try them again at the next `balloon index`")
    check = _add(commands, common, "check", "library:check", "is the library sound?")
    check.add_argument("--repair", action="store_true", help="drop what is damaged and make it anew")


def number(text: str) -> float:
    """Read a weight; argparse names this function where it is none."""
    weight = float(text)
    if not math.isfinite(weight):
        raise ValueError(text)
    return weight


def _add_measuring(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    evaluate = _add(commands, common, "evaluate", "evaluating:evaluate", "measure recall on captioned photos")
    evaluate.add_argument(
        "captions",
        type=Path,
        nargs="?",
        metavar="CAPTIONS.jsonl",
        help="without it: your own captions, in your library",
    )
    evaluate.add_argument("--photos", type=Path, metavar="FOLDER", help="what `file` is relative to")
    evaluate.add_argument("--text-field", default="caption", metavar="NAME", help="the field that holds the caption(s)")
    evaluate.add_argument("--full", action="store_true", help="run the whole search, not only the vectors")
    _add(commands, common, "doctor", "diagnosing:doctor", "what this computer can do, one line each")


def _add_models(commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    group = commands.add_parser(
        "models", help="models: list, catalogue, install, import, use, compare, train, calibrate, remove, prune"
    )
    parts = group.add_subparsers(dest="models_command", metavar="COMMAND", required=True)
    _add(parts, common, "list", "models:list_models", "list the models, the one in use marked")
    for name, summary in (("use", "search with this model from now on"), ("remove", "remove a model of your own")):
        _add(parts, common, name, f"models:{name}", summary).add_argument("key", metavar="KEY")
    _add(parts, common, "prune", "models:prune", "drop the vectors of models that are no longer on this computer")
    _add(parts, common, "catalogue", "installing:catalogue", "list the models that are offered for download")
    sources = (
        ("import", "SOURCE", "take in a model: a folder, or owner/name on the Hugging Face hub"),
        ("install", "NAME", "install a model of the catalogue, downloading it"),
    )
    for name, word, summary in sources:
        incoming = _add(parts, common, name, "installing:import_model", summary)
        incoming.add_argument("source", metavar=word, help="a folder, owner/name[@revision], or a catalogue's name")
        incoming.add_argument("--name", metavar="KEY", help="what to call it; without it: its own name")
        incoming.add_argument("--languages", metavar="LIST", help="what it understands, such as en,zh")
        incoming.add_argument("--licence", metavar="NAME", help="its licence; without it: what its README states")
        incoming.add_argument(
            "--precision",
            choices=("auto", "fp32", "fp16", "int8"),
            default="auto",
            help="fp16: with a copy for GPUs (auto: where there is one); int8: smaller, for CPUs",
        )
        incoming.add_argument("--hub", metavar="URL", help="a mirror of the hub (or set HF_ENDPOINT)")
    compared = _add(parts, common, "compare", "models:compare", "what two models find for the same words")
    compared.add_argument("first", metavar="A")
    compared.add_argument("second", metavar="B")
    compared.add_argument("--query", required=True, metavar="WORDS")
    compared.add_argument("--limit", type=int, default=10, metavar="N", help="hits of each")
    train = _add(parts, common, "train", "models:train", "learn a new field from captions of your own")
    train.add_argument("--captions", type=Path, metavar="FILE", help="CSV or JSONL: a photo and what is on it")
    train.add_argument("--photos", type=Path, metavar="FOLDER", help="what the captions speak of")
    train.add_argument("--base", default="balloon-mini", metavar="KEY", help="the model to start from")
    train.add_argument("--name", metavar="KEY", help="what to call the new model")
    train.add_argument("--recipe", choices=("mini",), help="make the embedded model anew, from a data pack")
    train.add_argument("--data", type=Path, metavar="PACK", help="recipe mini: the data pack")
    train.add_argument("--work", type=Path, metavar="FOLDER", help="recipe mini: where it keeps its place")
    train.add_argument("--out", type=Path, metavar="PACKAGE", help="recipe mini: the package to write")
    train.add_argument("--keep-away", type=Path, metavar="PHOTOS", help="recipe mini: photos it must never learn from")
    calibrate = _add(parts, common, "calibrate", "models:calibrate", "measure from which score on a photo fits")
    calibrate.add_argument("key", metavar="KEY")
    calibrate.add_argument(
        "captions", type=Path, nargs="?", metavar="CAPTIONS.jsonl", help="default: the captions of your own library"
    )
    calibrate.add_argument("--photos", type=Path, metavar="FOLDER", help="what `file` is relative to")
    calibrate.add_argument("--text-field", default="caption", metavar="NAME")


def _add_program(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    window = _add(commands, common, "open", "program:open_window", "open the window, with a picture or folder if given")
    window.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="a picture to look for, a folder to add")
    group = commands.add_parser("library", help="the library as a whole: compact, remove")
    parts = group.add_subparsers(dest="library_command", metavar="COMMAND", required=True)
    _add(parts, common, "compact", "library:compact", "give room back to the disk that removed photos or models left")
    remove = _add(parts, common, "remove", "program:remove_library", "remove all that Balloon keeps; never a photo")
    remove.add_argument("--yes", action="store_true", help="do not ask")
    _add(commands, common, "update", "program:update", "ask whether there is a newer Balloon; nothing is installed")
