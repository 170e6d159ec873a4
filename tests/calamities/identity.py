"""``make identity``: random things that people and programs do to files, on a real disk, against a model of them.

The model knows each photo as its owner does: a picture with own captions, wherever it lies and whatever was written
into it. After each indexing the library is compared with it: every file is there once with its own bytes, no picture
was embedded twice, and captions are where their photo is.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from engine.config import LibraryPaths
from engine.imaging.pool import DecodePool
from engine.imaging.thumbnails import ThumbnailStore
from engine.indexing import pipeline
from engine.indexing.check import check
from engine.indexing.indexer import Indexer
from engine.library.captions import Caption, Captions
from engine.library.database import Database
from engine.library.folders import Folders
from engine.library.photos import absolute
from engine.protocol import FolderState
from tests.fakes import FakeEncoder
from tests.photo_factory import scene, write_photo, write_rating

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

LINK, LOOP = Path("a/link"), Path("a/loop")
LINKED = Path("b/sub")
PLACES = ("a", "a/sub", "b", "b/sub")
FAR = {"future": 4_000_000_000, "epoch": 1, "past": 500_000_000}


class CountingEncoder(FakeEncoder):
    """Counts pictures alone."""

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        before = self.encoded
        vectors = super().encode_texts(texts)
        self.encoded = before
        return vectors


@dataclass(eq=False)
class Photo:
    """A photo as its owner knows it. What it was at the last full indexing: ``then`` its bytes, ``there`` its path,
    ``pictured`` its picture.
    """

    path: Path
    picture: int
    then: bytes | None = None
    there: Path | None = None
    pictured: int | None = None
    captions: set[str] = field(default_factory=set)
    earlier: list[tuple[bytes, int]] = field(default_factory=list)


class PhotosOnDisk(RuleBasedStateMachine):
    """Two watched folders, a link from one into the other, a link loop, and a library."""

    pool: DecodePool

    @initialize(links=st.booleans())
    def begin(self, links: bool) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="balloon-identity-"))
        for place in PLACES:
            (self.place / place).mkdir(parents=True, exist_ok=True)
        self.links = links
        if links:
            (self.place / LINK).symlink_to(self.place / LINKED)
            (self.place / LOOP).symlink_to(self.place / "a")
        self.photos: list[Photo] = []
        self.seen: set[int] = set()
        self.known: set[bytes] = set()
        self.written: set[str] = set()
        self.names = self.pictures = self.ticks = 0
        self.library = LibraryPaths(self.place / "library")
        self.database = Database.open_writer(self.library)
        self.encoder = CountingEncoder()
        with self.database.transaction():
            self.folders = [Folders(self.database).add(self.place / name) for name in ("a", "b")]

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.index()
            self.database.close()
            shutil.rmtree(self.place)

    # What people and programs do

    def _free(self, place: str) -> Path:
        self.names += 1
        return self.place / place / f"IMG_{self.names}.jpg"

    def _draw(self, path: Path) -> int:
        self.pictures += 1
        write_photo(path, scene((64, 48), seed=self.pictures))
        return self.pictures

    def _choose(self, number: int) -> Photo:
        return self.photos[number % len(self.photos)]

    has_photos = precondition(lambda self: bool(self.photos))

    @rule(place=st.sampled_from(PLACES))
    def take(self, place: str) -> None:
        path = self._free(place)
        self.photos.append(Photo(path, self._draw(path)))

    @has_photos
    @rule(number=st.integers(0, 99), place=st.sampled_from(PLACES), linked=st.booleans())
    def copy(self, number: int, place: str, linked: bool) -> None:
        source, path = self._choose(number), self._free(place)
        if linked:
            path.hardlink_to(source.path)
        else:
            shutil.copy2(source.path, path)
        same = source.path.read_bytes() == source.then
        self.photos.append(Photo(path, source.picture, captions=set(source.captions) if same else set()))

    @has_photos
    @rule(number=st.integers(0, 99), place=st.sampled_from(PLACES))
    def move(self, number: int, place: str) -> None:
        photo = self._choose(number)
        photo.path = photo.path.rename(self._free(place))

    @has_photos
    @rule(number=st.integers(0, 99))
    def rename_in_another_case(self, number: int) -> None:
        photo = self._choose(number)
        photo.path = photo.path.rename(photo.path.with_name(photo.path.name.swapcase()))

    @has_photos
    @rule(first=st.integers(0, 99), second=st.integers(0, 99))
    def swap_names(self, first: int, second: int) -> None:
        one, other = self._choose(first), self._choose(second)
        if one is not other:
            aside = one.path.rename(one.path.with_suffix(".aside"))
            one.path, other.path = other.path, other.path.rename(one.path)
            aside.rename(one.path)

    @has_photos
    @rule(number=st.integers(0, 99), stars=st.integers(1, 5), whole=st.booleans())
    def rate(self, number: int, stars: int, whole: bool) -> None:
        photo = self._choose(number)
        with self._written(photo, whole=whole) as path:
            write_rating(path, stars)

    @has_photos
    @rule(number=st.integers(0, 99), whole=st.booleans())
    def edit(self, number: int, whole: bool) -> None:
        photo = self._choose(number)
        photo.earlier.append((photo.path.read_bytes(), photo.picture))
        with self._written(photo, whole=whole) as path:
            picture = self._draw(path)
        self._repaint(photo, picture)

    @has_photos
    @rule(number=st.integers(0, 99))
    def undo(self, number: int) -> None:
        photo = self._choose(number)
        if photo.earlier:
            data, picture = photo.earlier.pop()
            photo.path.write_bytes(data)
            self._repaint(photo, picture)

    def _repaint(self, photo: Photo, picture: int) -> None:
        for same in self.photos:  # hard links are one file
            if same.path.samefile(photo.path):
                same.picture = picture

    @contextmanager
    def _written(self, photo: Photo, *, whole: bool) -> Iterator[Path]:
        """Write into the file, or as careful programs do, into another that then takes its place."""
        if not whole:
            yield photo.path
            return
        beside = photo.path.with_name("new.tmp.jpg")
        shutil.copyfile(photo.path, beside)
        yield beside
        beside.replace(photo.path)

    @has_photos
    @rule(number=st.integers(0, 99), into_directory=st.booleans())
    def delete(self, number: int, into_directory: bool) -> None:
        photo = self._choose(number)
        self.photos.remove(photo)
        photo.path.unlink()
        if into_directory:
            inside = photo.path / "inside.jpg"
            self.photos.append(Photo(inside, self._draw(inside)))

    @has_photos
    @rule(number=st.integers(0, 99), when=st.sampled_from(sorted(FAR)))
    def set_the_clock(self, number: int, when: str) -> None:
        self.ticks += 1
        os.utime(self._choose(number).path, ns=(0, FAR[when] * 10**9 + self.ticks))

    @has_photos
    @rule(number=st.integers(0, 99))
    def write_a_caption(self, number: int) -> None:
        photo = self._choose(number)
        data = photo.path.read_bytes()
        content = self.database.value("SELECT id FROM content WHERE digest = ?", (_digest(data),))
        if photo.then != data or content is None:
            return
        text = f"caption {len(self.written)}"
        with self.database.transaction():
            Captions(self.database).add(content, [Caption(text, "en", "user")])
        self.written.add(text)
        for same in self.photos:
            if same.then == data and same.path.read_bytes() == data:
                same.captions.add(text)

    # Indexing, and what must hold after it

    @rule(which=st.integers(0, 1))
    def index_one_folder(self, which: int) -> None:
        self._run(which)
        for photo in self.photos:
            if photo.path.read_bytes() != photo.then:
                photo.captions.clear()  # half seen: it is for the next full indexing to find out, as far as it can
        self._nothing_written_is_lost()

    @rule(which=st.integers(0, 1))
    def unplug_for_a_while(self, which: int) -> None:
        root = self.folders[which].path
        away = root.rename(self.place / "away")
        missing = self._missing()
        self._run(which)
        assert Folders(self.database).by_id(self.folders[which].id).state is FolderState.OFFLINE
        assert self._missing() == missing
        away.rename(root)

    @rule()
    def index(self) -> None:
        self._run(0, 1)
        data = {photo: photo.path.read_bytes() for photo in self.photos}
        self._every_file_is_there_once(data)
        assert self.encoder.encoded == len(self.seen), "a picture was embedded twice, or never"
        self._captions_are_where_their_photos_are(data)
        self._nothing_written_is_lost()
        report = check(self.database, ThumbnailStore(self.library.thumbnails), repair=False)
        assert report.sound, [finding for finding in report.findings if not finding.sound]
        for photo, now in data.items():
            photo.then, photo.there, photo.pictured = now, photo.path, photo.picture
            self.known.add(now)

    def _run(self, *which: int) -> None:
        thumbnails = ThumbnailStore(self.library.thumbnails)
        indexer = Indexer(self.database, self.encoder, thumbnails, pipeline.DecodeOptions(workers=1))
        roots = [self.folders[number] for number in which]
        report = indexer.run(roots, lambda _: None)
        assert report.issues == 0
        for photo in self.photos:
            shown = {photo.path} | {self._through_link(photo.path) or photo.path}
            if any(path.is_relative_to(root.path) for path in shown for root in roots if root.path.exists()):
                self.seen.add(photo.picture)

    def _through_link(self, path: Path) -> Path | None:
        if self.links and path.is_relative_to(self.place / LINKED):
            return self.place / LINK / path.relative_to(self.place / LINKED)
        return None

    def _every_file_is_there_once(self, data: dict[Photo, bytes]) -> None:
        expected = {photo.path: _digest(now) for photo, now in data.items()}
        expected |= {link: expected[path] for path in list(expected) if (link := self._through_link(path))}
        rows = self.database.rows(
            """
            SELECT folder.path, photo.path, content.digest FROM photo
              JOIN folder ON folder.id = photo.folder LEFT JOIN content ON content.id = photo.content
             WHERE photo.missing_since IS NULL
            """
        )
        assert {absolute(root, path): digest for root, path, digest in rows} == expected
        assert len(rows) == len(expected)
        issues = [path for (path,) in self.database.rows("SELECT path FROM issue")]
        assert issues == [b"loop"] * self.links

    def _captions_are_where_their_photos_are(self, data: dict[Photo, bytes]) -> None:
        for photo, now in data.items():
            if not self._is_followable(photo, data):
                photo.captions.clear()
            rows = self.database.rows(
                "SELECT text FROM caption JOIN content ON content.id = caption.content WHERE digest = ?",
                (_digest(now),),
            )
            assert photo.captions <= {text for (text,) in rows}, f"{photo.path} lost its captions"

    def _is_followable(self, photo: Photo, data: dict[Photo, bytes]) -> bool:
        """Whether nobody could doubt that it is the photo it was; else it may lose sight of its captions."""
        now, then = data[photo], photo.then
        if then is None or now == then:
            return True
        others = [other for other in data if other is not photo]
        if photo.path == photo.there:  # edited in its place
            newcomers = [other for other in others if data[other] == then and other.then != then]
            return not newcomers and now not in self.known and now not in [data[other] for other in others]
        is_rated = photo.picture == photo.pictured and not any(other.picture == photo.picture for other in others)
        is_alone = then not in data.values() and photo.there not in [other.path for other in others]
        return is_rated and is_alone and self._through_link(photo.there or photo.path) is None

    def _nothing_written_is_lost(self) -> None:
        kept = {text for (text,) in self.database.rows("SELECT text FROM caption")}
        assert self.written <= kept

    def _missing(self) -> int:
        return int(self.database.value("SELECT count(*) FROM photo WHERE missing_since IS NOT NULL"))


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32).digest()


@contextmanager
def kept_pool() -> Iterator[None]:
    """Let every indexing use one pool of decode workers: they are real, and started once."""

    class Kept:
        def __enter__(self) -> DecodePool:
            return pool

        def __exit__(self, *_: object) -> None:
            pass

    with DecodePool(1) as pool, mock.patch.object(pipeline, "DecodePool", return_value=Kept()):
        yield


def try_sequences(examples: int, steps: int = 40) -> None:
    """Run so many random sequences; raises what went wrong in the shortest that fails."""
    chosen = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    with kept_pool():
        run_state_machine_as_test(PhotosOnDisk, settings=chosen)


def main() -> int:
    """Run as many sequences as the command line says (default 200)."""
    examples = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    logging.disable(logging.WARNING)  # that a folder is offline is said, and expected
    try_sequences(examples)
    sys.stdout.write(f"{examples} random sequences: nothing lost, nothing doubled\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
