"""Check looks at thumbnails and at the model too; repair makes room for what the next indexing makes anew."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from engine.imaging.thumbnails import ThumbnailStore
from engine.indexing.check import check
from engine.models.package import read_card
from tests.conftest import sqlite_alone

if TYPE_CHECKING:
    from pathlib import Path

    from tests.indexing.conftest import Bench


def unsound(bench: Bench, *, repair: bool = False) -> dict[str, int]:
    report = check(bench.database, ThumbnailStore(bench.library.thumbnails), repair=repair)
    return {finding.name: finding.count for finding in report.findings if not finding.sound}


@sqlite_alone
def test_thumbnail_that_is_missing_empty_or_cut_short_is_found_and_made_anew(bench: Bench) -> None:
    for seed in (1, 2, 3, 4):
        bench.photo(f"{seed}.jpg", seed)
    bench.index()
    thumbnails = ThumbnailStore(bench.library.thumbnails)
    missing, empty, short, _ = (thumbnails.path_of(digest) for digest in thumbnails.digests())
    missing.unlink()
    empty.write_bytes(b"")
    short.write_bytes(short.read_bytes()[:-10])
    assert unsound(bench) == {"thumbnails": 3}
    assert unsound(bench, repair=True) == {"thumbnails": 3}
    assert bench.index().decoded == 3
    assert unsound(bench) == {}


@sqlite_alone
def test_thumbnails_of_nobody_and_halves_of_killed_writers_are_removed(bench: Bench) -> None:
    bench.photo("1.jpg", 1)
    bench.index()
    thumbnails = ThumbnailStore(bench.library.thumbnails)
    thumbnails.write(bytes(32), b"of a photo that the library does not know")
    (own,) = (digest for digest in thumbnails.digests() if digest != bytes(32))
    half = thumbnails.path_of(own).with_name(".abc.part")
    half.write_bytes(b"half")
    assert unsound(bench) == {"stray thumbnails": 1}
    assert unsound(bench, repair=True) == {"stray thumbnails": 1}
    assert list(thumbnails.digests()) == [own]
    assert not half.exists()


def test_model_whose_files_are_not_those_of_its_fingerprint_is_found(bench: Bench, mini: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(mini, tmp_path / "mini")
    card = read_card(folder)

    def finding() -> tuple[bool, str]:
        found = check(bench.database, ThumbnailStore(tmp_path), repair=False, package=(folder, card)).findings[-1]
        return found.sound, found.detail

    assert finding() == (True, "")
    with (folder / card.image.file).open("r+b") as stream:
        stream.seek(1000)
        stream.write(b"\x00\x01\x02\x03")
    assert not finding()[0]
    assert "has been changed" in finding()[1]
