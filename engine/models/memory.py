"""Giving memory back: what a C library keeps of freed memory for later, though nobody may want it for hours."""

from __future__ import annotations

import ctypes
import gc
import sys


def give_back() -> None:
    """Collect, and let glibc return what is free to the system: loading a tower leaves some 50 MB of that behind."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
