"""Nothing leaves the machine: the kernel itself is asked which sockets Balloon opens."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tests.photo_factory import scene, write_photo

if TYPE_CHECKING:
    from pathlib import Path

# Runs the command line with every socket call reported; a family other than AF_UNIX is a leak.
GUARD = """
import runpy, sys

def guard(event, arguments):
    watched = event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto")
    if watched and not str(arguments[-1]).startswith("/"):
        sys.stderr.write(f"LEAK {event} {arguments}\\n")

sys.addaudithook(guard)
sys.argv = ["balloon", *sys.argv[1:]]
runpy.run_module("engine.cli", run_name="__main__")
"""


@pytest.mark.usefixtures("mini")
def test_no_socket_leaves_the_machine_during_index_and_search(tmp_path: Path) -> None:
    write_photo(tmp_path / "photos" / "a.jpg", scene((64, 48), seed=1))
    for words in (
        ["index", str(tmp_path / "photos")],
        ["search", "discs"],
        ["similar", str(tmp_path / "photos" / "a.jpg")],
    ):
        done = subprocess.run(
            [sys.executable, "-c", GUARD, *words, "--library", str(tmp_path / "library")],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert "LEAK" not in done.stderr


@pytest.mark.usefixtures("mini")
@pytest.mark.skipif(sys.platform != "linux" or shutil.which("strace") is None, reason="needs Linux and strace")
def test_native_libraries_open_no_internet_socket_either(tmp_path: Path) -> None:
    write_photo(tmp_path / "photos" / "a.jpg", scene((64, 48), seed=1))
    trace = tmp_path / "trace"
    words = ["index", str(tmp_path / "photos"), "--library", str(tmp_path / "library")]
    subprocess.run(
        ["strace", "-f", "-e", "trace=%network", "-o", str(trace), sys.executable, "-m", "engine.cli", *words],
        cwd=ROOT, check=True, timeout=120, capture_output=True,
    )  # fmt: skip
    assert "AF_INET" not in trace.read_text()


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs network namespaces")
@pytest.mark.usefixtures("mini")
def test_everything_works_where_there_is_no_network_at_all(tmp_path: Path) -> None:
    if subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this user may not make a network namespace")
    write_photo(tmp_path / "photos" / "a.jpg", scene((64, 48), seed=1))
    for words in (["index", str(tmp_path / "photos")], ["search", "discs"]):
        subprocess.run(
            ["unshare", "-n", sys.executable, "-m", "engine.cli", *words, "--library", str(tmp_path / "library")],
            cwd=ROOT, check=True, timeout=120, capture_output=True,
        )  # fmt: skip
