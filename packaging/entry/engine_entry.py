"""The executable `balloon-engine` of the bundle: the engine process, which the window starts."""

from __future__ import annotations

import multiprocessing
import sys

if __name__ == "__main__":
    multiprocessing.freeze_support()  # a decode worker is this program, too, and ends here
    from engine.__main__ import main

    sys.exit(main())
