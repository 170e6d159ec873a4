"""Nothing leaves the machine: the kernel itself is asked which sockets Balloon opens."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.photo_factory import scene, write_photo

if sys.platform != "win32":
    import pwd

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


def _commands(tmp_path: Path) -> list[list[str]]:
    """Index, search and captions, as command lines."""
    photo = write_photo(tmp_path / "photos" / "a.jpg", scene((64, 48), seed=1))
    words = (["index", str(photo.parent)], ["search", "discs"], ["captions", "--source", "library", str(photo)])
    return [[sys.executable, "-m", "engine.cli", *command, "--library", str(tmp_path / "library")] for command in words]


def _run(command: list[str], *before: str, umask: int = -1) -> None:
    done = subprocess.run(
        [*before, *command], cwd=ROOT, check=False, timeout=120, capture_output=True, text=True, umask=umask
    )
    assert done.returncode in {0, 1}, done.stderr  # 1: nothing to show


_CHANGES = "openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,truncate,link,linkat,symlink"
_WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|creat\(|mkdir|rename|unlink|truncate|link")


@pytest.mark.usefixtures("mini")
@pytest.mark.skipif(sys.platform != "linux" or shutil.which("strace") is None, reason="needs Linux and strace")
def test_the_kernel_sees_no_internet_socket_no_listener_and_no_writing_outside_the_library(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    for command in _commands(tmp_path):
        _run(command, "strace", "-f", "-qq", "-e", f"trace=%network,{_CHANGES}", "-o", str(trace))
        calls = trace.read_text(encoding="utf-8").splitlines()
        assert not [call for call in calls if "AF_INET" in call or " listen(" in call]
        made = [
            call for call in calls if _WRITES.search(call) and not call.endswith(("(Permission denied)", "exists)"))
        ]
        # O_TMPFILE: a nameless file, in which SQLite sorts.
        allowed = (f'"{tmp_path / "library"}', '"/dev/', "O_TMPFILE", "= -1 ENOENT")
        assert [call for call in made if not any(place in call for place in allowed)] == []
        assert any(f'"{tmp_path / "library"}' in call for call in made)  # the trace does see writing


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs network namespaces")
@pytest.mark.usefixtures("mini")
def test_everything_works_where_there_is_no_network_at_all(tmp_path: Path) -> None:
    if subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this user may not make a network namespace")
    for command in _commands(tmp_path):
        _run(command, "unshare", "-n")
    assert (tmp_path / "library" / "library.db").is_file()


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a user's folders apart by their access lists")
@pytest.mark.usefixtures("mini")
def test_a_library_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    index, search, captions = _commands(tmp_path)
    for command in (index, search, [*captions[:-2], "--source", "all", *captions[-2:]]):
        _run(command, umask=0)
    library = tmp_path / "library"
    modes = {path.relative_to(library): path.stat().st_mode & 0o777 for path in (library, *library.rglob("*"))}
    assert {str(path): oct(mode) for path, mode in modes.items() if mode not in {0o600, 0o700}} == {}


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root may become another user")
@pytest.mark.usefixtures("mini")
def test_another_user_cannot_look_into_a_library(tmp_path: Path) -> None:
    index, *_ = _commands(tmp_path)
    nobody = pwd.getpwnam("nobody")

    def as_nobody(*command: str) -> int:
        done = subprocess.run(
            command, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], check=False, capture_output=True
        )
        return done.returncode

    with tempfile.TemporaryDirectory() as place:  # pytest's own folders are closed to others in any case
        Path(place).chmod(0o755)
        library = Path(place) / "library"
        _run([*index[:-1], str(library)])
        assert as_nobody("ls", place) == 0
        for command in (["ls", str(library)], ["cat", str(library / "library.db")], ["touch", str(library / "new")]):
            assert as_nobody(*command) != 0
