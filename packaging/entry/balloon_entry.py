"""The executable `balloon` of the bundle: without a command the window, else the command line.

The command line opens the window with `sys.executable -m desktop ...`; here that is this program, the window then.
"""

from __future__ import annotations

import multiprocessing
import os
import sys


def choose_input_method() -> None:
    """Let people who type Chinese with fcitx5 do so: Qt brings no part for it, but fcitx5 also answers as IBus does."""
    if os.environ.get("QT_IM_MODULE", "").startswith("fcitx"):
        os.environ["QT_IM_MODULE"] = "ibus"


if __name__ == "__main__":
    multiprocessing.freeze_support()  # a decode worker is this program, too, and ends here
    words = sys.argv[1:]
    if not words or words[:2] == ["-m", "desktop"]:
        choose_input_method()
        from desktop.__main__ import main as open_window

        sys.exit(open_window(words[2:]))
    from engine.cli import main

    sys.exit(main())
