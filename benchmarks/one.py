"""One measurement in a process of its own: ``python -m benchmarks.one MODULE:FUNCTION ARGUMENTS`` prints figures."""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import time

STARTED = time.time()


def main() -> int:
    """Run it; whatever it prints goes to stderr."""
    name, arguments = sys.argv[1:3]
    module, function = name.split(":")
    with contextlib.redirect_stdout(sys.stderr):
        figures = getattr(importlib.import_module(f"benchmarks.{module}"), function)(**json.loads(arguments))
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
