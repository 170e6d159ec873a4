"""Index a folder and die by SIGKILL once a number of photos is done: index_and_die.py LIBRARY FOLDER PHOTOS ADDRESS."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from engine.config import LibraryPaths
from engine.imaging.thumbnails import ThumbnailStore
from engine.indexing.indexer import Indexer
from engine.indexing.pipeline import DecodeOptions
from engine.library import opening
from engine.library.folders import Folders
from engine.protocol import IndexProgress  # noqa: TC001 - a script: nothing is gained by hiding it
from tests.fakes import FakeEncoder


def main(library: str, folder: str, photos: str, address: str) -> None:
    paths = LibraryPaths(Path(library), address or None)
    database = opening.open_writer(paths)
    with database.transaction():
        watched = Folders(database).add(Path(folder))

    class Dying(FakeEncoder):
        def encode_images(self, pixels):  # type: ignore[no-untyped-def]
            vectors = super().encode_images(pixels)
            if self.encoded >= int(photos):
                os.kill(os.getpid(), signal.SIGKILL)
            return vectors

    def die_when_done(progress: IndexProgress) -> None:
        if progress.phase == "index" and progress.done >= int(photos):
            os.kill(os.getpid(), signal.SIGKILL)

    indexer = Indexer(database, Dying(), ThumbnailStore(paths.thumbnails), DecodeOptions(workers=1))
    indexer.run([watched], die_when_done)


if __name__ == "__main__":
    main(*sys.argv[1:5])
