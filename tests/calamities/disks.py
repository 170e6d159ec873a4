"""Real small disks for tests: a tmpfs that is mounted, unmounted and made read-only, where root may do that."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def mount(place: Path, *, size: str = "8m") -> None:
    """Put an empty disk there; the test is skipped where this is not allowed."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root may mount a disk")
    place.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "balloon-test", str(place)],
        check=False, capture_output=True,
    )  # fmt: skip
    if done.returncode:
        pytest.skip("this system does not let root mount a disk")


def unmount(place: Path) -> None:
    """Take the disk away, whatever lies on it."""
    subprocess.run(["umount", "-l", str(place)], check=True, capture_output=True)


def make_read_only(place: Path) -> None:
    """Let nobody write there any more, not even root."""
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True, capture_output=True)


@contextlib.contextmanager
def disk(place: Path, *, size: str = "8m") -> Iterator[Path]:
    """An empty disk at ``place`` while inside."""
    mount(place, size=size)
    try:
        yield place
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):  # the test has taken it away
            unmount(place)
