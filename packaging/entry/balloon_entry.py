"""The executable `balloon` of the bundle: without a command the window, else the command line.

The command line opens the window with `sys.executable -m desktop`; here that is this program, which then is the window.
"""

from __future__ import annotations

import multiprocessing
import sys

if __name__ == "__main__":
    multiprocessing.freeze_support()  # a decode worker is this program, too, and ends here
    if sys.argv[1:] in ([], ["-m", "desktop"]):
        from desktop.__main__ import main as open_window

        sys.exit(open_window([]))
    from engine.cli import main

    sys.exit(main())
