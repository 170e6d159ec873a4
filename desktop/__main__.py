"""`python -m desktop`: open the window, or bring the one that is open forward."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from desktop.places import config_dir, log_dir, state_dir


def main(arguments: list[str] | None = None) -> int:
    """Run the desktop and return its exit code."""
    epilog = "Photos to search by, and folders to add, may follow after --."
    parser = argparse.ArgumentParser(prog="balloon", description="Find photos by what is in them.", epilog=epilog)
    parser.add_argument("--library", metavar="PLACE", help="the library: a folder, or the address of a shared one")
    given = sys.argv[1:] if arguments is None else arguments
    words, paths = _divided(given)
    options, rest = parser.parse_known_args(words)
    from desktop.application import Start, run

    return run(rest, Start(config_dir(), state_dir(), log_dir(), options.library, tuple(map(Path, paths))))


def _divided(arguments: list[str]) -> tuple[list[str], list[str]]:
    """What comes before "--", and the files and folders that come after it."""
    place = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:place], arguments[place + 1 :]


if __name__ == "__main__":
    sys.exit(main())
