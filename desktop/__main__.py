"""`python -m desktop`: open the window, or bring the one that is open forward."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from desktop.places import config_dir, log_dir, state_dir


def main(arguments: list[str] | None = None) -> int:
    """Run the desktop and return its exit code."""
    parser = argparse.ArgumentParser(prog="balloon", description="Find photos by what is in them.")
    parser.add_argument("--library", type=Path, metavar="PATH", help="the library's folder")
    options, rest = parser.parse_known_args(arguments)
    from desktop.application import Start, run

    return run(rest, Start(config_dir(), state_dir(), log_dir(), options.library))


if __name__ == "__main__":
    sys.exit(main())
