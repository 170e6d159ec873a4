"""From the words typed to an exit code: 0 done, 1 nothing to show or a known problem, 2 wrong usage, 130 stopped."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import sys
from typing import TYPE_CHECKING

from engine.cli.output import Output
from engine.cli.parser import build_parser, with_negations
from engine.errors import KnownError
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

EXIT_DONE = 0
EXIT_NOTHING = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    parser = build_parser()
    options = parser.parse_args(with_negations(sys.argv[1:] if arguments is None else list(arguments)))
    if options.command is None:
        return _open_desktop(parser)
    level = logging.DEBUG if options.verbose else logging.ERROR
    logging.basicConfig(level=level, stream=sys.stderr, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    output = Output(as_json=options.json, quiet=options.quiet)
    try:
        return _run(options, output)
    except KnownError as error:
        output.problem(error)
        return EXIT_USAGE if error.kind is ErrorKind.USAGE else EXIT_NOTHING
    except KeyboardInterrupt:
        output.note("Interrupted. What was done so far stays.")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`| head`): no reason to complain, nor to flush into nothing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE


def _run(options: argparse.Namespace, output: Output) -> int:
    module_name, _, function_name = options.run.partition(":")
    command = getattr(importlib.import_module(module_name), function_name)
    code = command(options, output)
    sys.stdout.flush()
    return int(code)


def _open_desktop(parser: argparse.ArgumentParser) -> int:
    # The engine may not import the window: it is another program.
    if importlib.util.find_spec("desktop.__main__") is None:
        parser.print_help()
        return EXIT_DONE
    import subprocess

    return subprocess.call([sys.executable, "-m", "desktop"])
