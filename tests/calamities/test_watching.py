"""What systems do to file events: they lose them, run out of them, or never had any."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.indexing.events import is_exhausted, is_remote
from engine.indexing.watcher import POLL_S, Watcher
from engine.library.folders import Folder, FolderId
from engine.protocol import FolderState
from tests.photo_factory import scene, write_photo

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")

SCRIPT = Path(__file__).parents[1] / "indexing" / "watch_and_tell.py"
ID = FolderId(1)
SOON_S, NEVER_S = 30.0, 1.2
QUEUED_EVENTS = Path("/proc/sys/fs/inotify/max_queued_events")


class Teller:
    """A process that watches a folder and tells."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def line(self, patience_s: float = SOON_S) -> str | None:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], patience_s)
        return self.process.stdout.readline().decode().strip() if ready else None


@contextmanager
def watching(folder: Path, *before: str) -> Iterator[Teller]:
    process = subprocess.Popen([*before, sys.executable, str(SCRIPT), str(folder)], stdout=subprocess.PIPE, bufsize=0)
    try:
        yield Teller(process)
    finally:
        process.kill()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def test_events_that_the_system_lost_are_made_up_for_by_a_look_at_the_folder(tmp_path: Path) -> None:
    limit = int(QUEUED_EVENTS.read_text("ascii"))
    if limit > 40_000:
        pytest.skip(f"{limit} events fit into the queue here: filling it takes too long")
    folder = tmp_path / "photos"
    folder.mkdir()
    with watching(folder) as teller:
        assert teller.line() == "watching"
        teller.process.send_signal(signal.SIGSTOP)  # nobody reads the queue, as on a busy computer
        os.waitpid(teller.process.pid, os.WUNTRACED)
        one, other = folder / "one.tmp", folder / "other.tmp"
        one.touch()
        for _ in range(limit // 4 + 100):  # a rename is two events, and none of a photo's
            one.rename(other)
            other.rename(one)
        write_photo(folder / "a.jpg", scene((64, 48)))
        teller.process.send_signal(signal.SIGCONT)
        assert teller.line() == "changed"


def test_folder_with_more_directories_than_the_system_watches_is_looked_at_now_and_then(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / "photos" / f"{number}").mkdir(parents=True)
    limited = ["unshare", "-Ur", "sh", "-c", 'echo 12 > /proc/sys/user/max_inotify_watches && exec "$@"', "-"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*limited, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("this user may not make a user namespace with a limit of its own")
    with watching(tmp_path / "photos", *limited) as teller:
        assert teller.line() == "watching limit"
    assert not is_exhausted(tmp_path)


def test_folder_that_is_looked_at_now_and_then_is_due_once_a_minute(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gone = tmp_path / "gone"
    with Watcher([Folder(ID, gone, FolderState.ONLINE, None)]) as watcher:
        assert watcher.polled == {ID: "no events"}
        assert watcher._to_look_at(watcher._next_look[ID] - 1) == set()
        due = watcher._next_look[ID]
        assert watcher._to_look_at(due) == {ID}
        assert watcher._next_look[ID] == due + POLL_S
    assert [record.levelname for record in caplog.records] == ["WARNING"], "it is said once"
    caplog.clear()


MOUNTS = """\
22 1 0:21 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
60 22 0:50 / /home/ann/My\\040Photos rw shared:2 - nfs4 server:/photos rw
61 22 0:51 / /mnt/usb rw - vfat /dev/sdb1 rw
62 61 0:52 / /mnt/usb/cloud rw - fuse.sshfs ann@host: rw
"""


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/home/ann", False),
        ("/home/ann/My Photos", True),
        ("/home/ann/My Photos/2021", True),
        ("/home/ann/My Photos 2", False),
        ("/mnt/usb/pictures", False),
        ("/mnt/usb/cloud/pictures", True),
    ],
)
def test_network_drive_is_told_by_its_mount(folder: str, expected: bool) -> None:
    assert is_remote(Path(folder), MOUNTS.splitlines()) is expected


def test_thousands_of_files_at_once_are_one_scan(tmp_path: Path) -> None:
    source, folder = tmp_path / "card", tmp_path / "photos"
    source.mkdir()
    folder.mkdir()
    data = write_photo(tmp_path / "one.jpg", scene((64, 48))).read_bytes()
    with Watcher([Folder(ID, folder, FolderState.ONLINE, None)]) as watcher:
        for number in range(3000):
            (folder / f"{number}.jpg").write_bytes(data)
        assert watcher.wait(SOON_S) == {ID}
        assert watcher.wait(NEVER_S) == set()


def test_editor_that_writes_beside_and_renames_is_one_scan(tmp_path: Path) -> None:
    photo = write_photo(tmp_path / "a.jpg", scene((64, 48)))
    with Watcher([Folder(ID, tmp_path, FolderState.ONLINE, None)]) as watcher:
        write_photo(tmp_path / ".a.tmp.jpg", scene((64, 48), seed=2)).replace(photo)
        assert watcher.wait(SOON_S) == {ID}
        assert watcher.wait(NEVER_S) == set()


def test_file_that_is_still_growing_is_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    writer = subprocess.Popen(
        [
            sys.executable, "-c",
            "import sys, time\n"
            "with open(sys.argv[1], 'wb', buffering=0) as out:\n"
            "    for _ in range(12): out.write(b'x' * 100); time.sleep(0.25)\n",
            str(folder / "a.png"),
        ]
    )  # fmt: skip
    with Watcher([Folder(ID, folder, FolderState.ONLINE, None)]) as watcher:
        assert watcher.wait(SOON_S) == {ID}
        assert (folder / "a.png").stat().st_size == 1200, "told while it was being written"
    writer.wait(10)


@pytest.mark.parametrize("name", ["Screenshots/a.jpg", "2019/raw/a.jpg", "a.PNG"])
def test_what_the_person_left_out_wakes_nobody(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    folder = Folder(ID, tmp_path, FolderState.ONLINE, None, "screenshots\n2019/raw/*\n*.png\n")
    with Watcher([folder]) as watcher:
        (tmp_path / name).write_bytes(b"x")
        assert watcher.wait(NEVER_S) == set()
        (tmp_path / "b.jpg").write_bytes(b"x")
        assert watcher.wait(SOON_S) == {ID}
