"""`balloon open`, `library remove` and `update`: the program itself, its window and what it leaves."""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import TYPE_CHECKING

from engine.cli.main import EXIT_DONE, EXIT_NOTHING
from engine.config import LIBRARY_VARIABLE, SHARED_SCHEMES, library_paths
from engine.errors import KnownError
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    import argparse

    from engine.api.removal import Remains
    from engine.cli.output import Output


def open_window(options: argparse.Namespace, _: Output) -> int:
    """Run ``balloon open``: the window is another program, which the engine may not import."""
    if importlib.util.find_spec("desktop.__main__") is None:
        raise KnownError(ErrorKind.EXTRA_MISSING, "This installation of Balloon has no window.")
    import subprocess

    paths = [os.path.abspath(path.expanduser()) for path in options.paths]
    library = ("--library", _whole(options.library)) if options.library else ()
    return subprocess.call([sys.executable, "-m", "desktop", *library, *(("--", *paths) if paths else ())])


def _whole(library: str) -> str:
    """A shared library's address as it is, a folder by its whole name."""
    return library if library.startswith(SHARED_SCHEMES) else os.path.abspath(os.path.expanduser(library))


def remove_library(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon library remove``. With ``--library`` only that library goes, else all that Balloon keeps."""
    from engine.api.removal import find_remains, own_caption_count, remove

    paths = library_paths(options.library)
    everything = options.library is None and not os.environ.get(LIBRARY_VARIABLE)
    own_captions = own_caption_count(paths)  # first: looking leaves files of SQLite's
    remains = find_remains(paths, everything=everything)
    if not remains:
        raise KnownError(ErrorKind.NOT_FOUND, f"There is nothing of Balloon in {paths.root}.")
    _show(remains, own_captions, output)
    if not (options.yes or _agrees(output)):
        output.note("Nothing was removed.")
        return EXIT_NOTHING
    left = remove(paths, remains)
    for path in left:
        output.note(f"This is not Balloon's and stays: {path}")
    output.note("Removed. Your photos are where they were.")
    if output.as_json:
        output.document(
            {"removed": [str(path) for kind in remains for path in kind.paths], "left": list(map(str, left))}
        )
    return EXIT_DONE


def _show(remains: list[Remains], own_captions: int, output: Output) -> None:
    if output.as_json:
        return
    output.table(
        [
            (kind.what, f"{kind.byte_size / 1e6:.1f} MB", str(kind.paths[0] if len(kind.paths) == 1 else path.parent))
            for kind in remains
            for path in kind.paths[:1]
        ]
    )
    if own_captions:
        output.note(f"{own_captions} captions of your own go, too. Keep them first: balloon caption export FILE.jsonl")


def _agrees(output: Output) -> bool:
    if output.as_json or not sys.stdin.isatty():
        raise KnownError(ErrorKind.USAGE, "Nobody is there to ask. Say --yes to remove all of this.")
    sys.stderr.write("Remove all of this? Type yes: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() == "yes"


def update(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon update``: one request, because a person asked."""
    del options
    from engine.updates import check_for_update

    found = check_for_update()
    if output.as_json:
        output.document(found)
    elif not found.answered:
        output.note(f"Balloon could not ask for a newer version. You have {found.current}.")
    elif found.is_newer:
        output.line(f"Balloon {found.latest} is there; you have {found.current}. {found.page}".rstrip())
    else:
        output.line(f"You have the latest version, {found.current}.")
    return EXIT_DONE if found.answered else EXIT_NOTHING
