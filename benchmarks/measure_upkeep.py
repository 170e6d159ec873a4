"""What Balloon costs when nothing, or little, happens: a rescan, one new photo, an engine at rest."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

from PIL import Image

from benchmarks.clock import memory_mb
from benchmarks.wire import EngineProcess
from engine.api.engine import Engine
from engine.config import library_paths
from engine.library.database import Database
from engine.library.folders import Folders
from engine.library.photos import FileStamp, Photos

FOLDER_SIZE = 1000
RESCANS = 3


def rescan(photos: int) -> dict[str, float]:
    """Look at a folder of unchanged files again, warm: the middle of three scans by a whole indexing run."""
    with tempfile.TemporaryDirectory(prefix="balloon-bench-") as place:
        root, library = Path(place) / "photos", Path(place) / "library"
        _write_files(root, photos)
        _know_files(root, library)
        with Engine.open_writer(library_paths(library)) as engine:
            took = sorted(_timed_index(engine) for _ in range(RESCANS + 1))
        return {"rescan_s": took[RESCANS // 2]}


def _timed_index(engine: Engine) -> float:
    begun = time.perf_counter()
    report = engine.index()
    if report.added or report.decoded or not report.unchanged:
        raise RuntimeError(f"these files should have been known: {report}")
    return time.perf_counter() - begun


def _write_files(root: Path, photos: int) -> None:
    for number in range(photos):
        folder = root / f"trip-{number // FOLDER_SIZE:04}"
        if number % FOLDER_SIZE == 0:
            folder.mkdir(parents=True)
        (folder / f"IMG_{number:07}.jpg").write_bytes(b"%d" % number)


def _know_files(root: Path, library: Path) -> None:
    """Write what an indexing run would have left: every file with its stamp and a content, all of them with issues.

    Contents without a vector would be decoded; one that could not be is left alone.
    """
    database = Database.open_writer(library_paths(library))
    with database.transaction():
        folder = Folders(database).add(root)
        files = []
        for directory in sorted(root.iterdir()):
            for entry in os.scandir(directory):
                about = entry.stat()
                path = os.fsencode(f"{directory.name}/{entry.name}")
                files.append((path, FileStamp(about.st_size, about.st_mtime_ns, about.st_ino)))
        Photos(database).add(folder.id, root.name, files)
        database.run(
            """
            INSERT INTO content (id, digest, byte_size)
            SELECT id, CAST(printf('%032d', id) AS BLOB), 1 FROM photo
            """
        )
        database.run("UPDATE photo SET content = id")
        database.run(
            """
            INSERT INTO issue (folder, path, reason, seen_at)
            SELECT folder, path, 'damaged', '2026-01-01T00:00:00Z' FROM photo
            """
        )
    database.close()


def new_photo(library: str) -> dict[str, float]:
    """One file comes to a library: seconds from the start of the scan until a search finds it."""
    name = f"newcomer{time.time_ns()}"
    with (
        tempfile.TemporaryDirectory(prefix="balloon-bench-") as place,
        Engine.open_writer(library_paths(Path(library))) as engine,
    ):
        engine.search("warm", 10)
        folder = engine.add_folder(Path(place))
        Image.effect_noise((1200, 900), 40 + time.time_ns() % 200).convert("RGB").save(Path(place) / f"{name}.jpg")
        begun = time.perf_counter()
        engine.index([folder])
        indexed = time.perf_counter() - begun
        hits = engine.search(f"name:{name} photo", 10).hits
        if [hit.path.to_path().stem for hit in hits] != [name]:
            raise RuntimeError("the new photo is not found")
        searchable = time.perf_counter() - begun
        engine.remove_folder_id(folder.id)
    return {"indexed_s": indexed, "searchable_s": searchable}


def idle(photos: str, rest_s: float) -> dict[str, float]:
    """Resident memory of an engine with the embedded model, after indexing, searching and a rest."""
    with tempfile.TemporaryDirectory(prefix="balloon-bench-") as place:
        shutil.copytree(photos, Path(place) / "photos")
        with Engine.open_writer(library_paths(Path(place) / "library")) as engine:
            engine.index([engine.add_folder(Path(place) / "photos")])
        with EngineProcess(Path(place) / "library") as process:
            process.ask("search", {"text": "a dog on the beach"})
            process.ask("search", {"text": "海滩"})
            busy = memory_mb(process.pid)
            time.sleep(rest_s)
            return {"busy_mb": busy, "idle_mb": memory_mb(process.pid)}
