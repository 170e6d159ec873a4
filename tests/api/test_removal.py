"""Removing what Balloon keeps: all of it, nothing else, and only when a person says so."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from engine.config import LibraryPaths
from engine.library.lock import WriterLock
from tests.conftest import ROOT
from tests.photo_factory import scene, write_photo

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.usefixtures("mini"),
    pytest.mark.skipif(sys.platform != "linux", reason="the folders are set by XDG variables"),
]
COMMAND = [sys.executable, "-m", "engine.cli"]


@pytest.fixture(scope="module")
def used_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with photos, a library of them with a caption, and what a window leaves."""
    home = tmp_path_factory.mktemp("used") / "home"
    photo = write_photo(home / "Pictures" / "a.jpg", scene((64, 48), seed=1))
    assert balloon(home, "index", photo.parent).returncode == 0
    assert balloon(home, "caption", "add", photo, "my words").returncode == 0
    for place in (
        ".config/balloon/desktop.ini",
        ".cache/balloon/shared-0123456789abcdef/thumbnails/1.jpg",
        ".local/state/balloon/0123456789abcdef/call",
        ".local/state/balloon/fedcba9876543210/desktop.lock",
        ".local/state/balloon/log/engine.log",
        ".cache/balloon/pasted/1.png",
    ):
        file = home / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x", encoding="utf-8")
    return home


@pytest.fixture
def home(used_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(used_home, tmp_path / "home")


def environment(home: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "BALLOON_"))}
    return kept | {"HOME": str(home)}


def balloon(home: Path, *words: str | Path, stdin: int = subprocess.DEVNULL) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, words)], cwd=ROOT, env=environment(home), text=True, capture_output=True, check=False,
        timeout=120, stdin=stdin,
    )  # fmt: skip


def files(home: Path) -> list[str]:
    """All files but those that SQLite keeps beside an open database."""
    found = [str(path.relative_to(home)) for path in home.rglob("*") if not path.is_dir()]
    return sorted(name for name in found if not name.endswith(("-shm", "-wal")))


def test_everything_goes_but_the_photos(home: Path) -> None:
    done = balloon(home, "library", "remove", "--yes")

    assert done.returncode == 0, done.stderr
    assert [path for path in home.rglob("*") if not path.is_dir()] == [home / "Pictures" / "a.jpg"]
    assert not [path for path in home.rglob("balloon") if path.is_dir()]
    assert "1 captions of your own" in done.stderr
    assert "stays" not in done.stderr


def test_without_yes_and_without_a_terminal_nothing_goes(home: Path) -> None:
    before = files(home)
    done = balloon(home, "library", "remove")

    assert done.returncode == 2
    assert files(home) == before


@pytest.mark.parametrize(("answer", "goes"), [("yes\n", True), ("y\n", False), ("\n", False)])
def test_person_at_a_terminal_is_asked(home: Path, answer: str, *, goes: bool) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    done = balloon(home, "library", "remove", stdin=theirs)
    os.close(ours)
    os.close(theirs)

    assert "Type yes" in done.stderr
    assert done.returncode == (0 if goes else 1)
    assert (files(home) == ["Pictures/a.jpg"]) is goes


def test_files_of_others_stay_and_are_named(home: Path) -> None:
    note = home / ".local" / "share" / "balloon" / "library" / "my notes.txt"
    note.write_text("mine", encoding="utf-8")
    done = balloon(home, "library", "remove", "--yes")

    assert done.returncode == 0
    assert note.read_text(encoding="utf-8") == "mine"
    assert str(note) in done.stderr


def test_library_in_use_is_left_alone(home: Path) -> None:
    lock = WriterLock(LibraryPaths(home / ".local" / "share" / "balloon" / "library"))
    before = files(home)
    done = balloon(home, "library", "remove", "--yes")
    lock.release()

    assert done.returncode == 1
    assert "Close its window" in done.stderr
    assert files(home) == before


def test_library_named_goes_alone(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    assert balloon(home, "index", home / "Pictures", "--library", other).returncode == 0
    before = files(home)
    done = balloon(home, "library", "remove", "--yes", "--library", other)

    assert done.returncode == 0
    assert files(home) == before
    assert not other.exists()


def test_nothing_to_remove_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = balloon(tmp_path / "empty", "library", "remove", "--yes")

    assert done.returncode == 1
    assert "nothing of Balloon" in done.stderr
    assert not files(tmp_path / "empty")


def test_library_that_was_moved_goes_with_the_note_of_its_place(home: Path, tmp_path: Path) -> None:
    place = tmp_path / "disk" / "library"
    place.parent.mkdir()
    (home / ".local" / "share" / "balloon" / "library").rename(place)
    (home / ".config" / "balloon" / "library-place").write_bytes(os.fsencode(place))
    done = balloon(home, "library", "remove", "--yes")

    assert done.returncode == 0, done.stderr
    assert files(home) == ["Pictures/a.jpg"]
    assert not place.exists()


def test_database_of_a_shared_library_is_not_this_computers_to_remove(home: Path) -> None:
    before = files(home)
    done = balloon(home, "library", "remove", "--yes", "--library", "postgresql://nobody@127.0.0.1:1/photos")

    assert done.returncode == 1
    assert "nothing of Balloon" in done.stderr
    assert files(home) == before
