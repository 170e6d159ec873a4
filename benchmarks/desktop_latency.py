"""How soon after a key the results are on the screen, how evenly a long list scrolls, and what it takes in memory.

    python benchmarks/desktop_latency.py [--photos 160 10000 100000] [--queries 20]

For each size a library of synthetic photos is made (real rows and unit vectors, no image files), and the real window is
driven offscreen over a real engine process. Each size runs in processes of its own, so that memory is theirs alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QEventLoop, QObject, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from desktop.main_window import MainWindow
    from desktop.search_session import Found
    from engine.library.database import Database
    from engine.library.folders import FolderId
    from engine.models.encoder import Encoder

ROOT = Path(__file__).resolve().parents[1]
PHRASES = (
    "a dog on the beach", "red balloon over the sea", "birthday cake with candles", "snow on a mountain",
    "children playing football", "a cup of coffee", "sunset behind a bridge", "an old car in the street",
    "a cat on a sofa", "flowers in a garden", "people at a market", "a boat on a lake", "a plate of food",
    "a train at the station", "fireworks at night", "a horse in a field", "a window with curtains",
    "a bicycle against a wall", "a bird in a tree", "friends around a table",
)  # fmt: skip
CLOSENESS = (0.15, 0.5)  # cosine of a photo with the phrase of its cluster
FIRST_DAY = datetime(2015, 1, 1, 9)
BATCH = 2000
FRAMES = 120
STEP_PX = 60
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Figures:
    """One line of the table: milliseconds and MiB."""

    photos: int
    first_paint_ms: float
    first_photos_ms: float
    key_p50_ms: float
    key_p95_ms: float
    engine_p50_ms: float
    engine_p95_ms: float
    frame_p50_ms: float
    frame_p95_ms: float
    window_mib: float
    engine_mib: float


def main() -> int:
    """Measure all sizes and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, nargs="+", default=[160, 10_000, 100_000])
    parser.add_argument("--queries", type=int, default=len(PHRASES))
    parser.add_argument("--step", choices=("make", "measure"), help=argparse.SUPPRESS)
    parser.add_argument("--library", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--begun", type=float, default=time.monotonic(), help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    sys.path.insert(0, str(ROOT))
    if options.step == "make":
        make_library(options.library, options.photos[0])
    elif options.step == "measure":
        print(json.dumps(asdict(measure(options.library, options.begun, PHRASES[: options.queries]))))
    else:
        print_table([_one_size(photos, options.queries) for photos in options.photos])
    return 0


def _one_size(photos: int, queries: int) -> Figures:
    with tempfile.TemporaryDirectory(prefix="balloon-latency-") as folder:
        begun = time.perf_counter()
        asked = ("--photos", str(photos), "--queries", str(queries), "--library", f"{folder}/library")
        subprocess.run([sys.executable, __file__, "--step", "make", *asked], check=True)
        print(f"{photos:,} photos made in {time.perf_counter() - begun:.1f} s", file=sys.stderr)
        measured = subprocess.run(
            [sys.executable, __file__, "--step", "measure", "--begun", str(time.monotonic()), *asked],
            check=True,
            stdout=subprocess.PIPE,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)},
        )
        return Figures(**json.loads(measured.stdout))


def print_table(lines: Sequence[Figures]) -> None:
    """Print the figures, one line for each size."""
    print("photos    first paint  photos seen   key to results    engine alone      scrolled frame   window  engine")
    print("                  ms           ms   p50 / p95 ms      p50 / p95 ms      p50 / p95 ms     MiB     MiB")
    for line in lines:
        print(
            f"{line.photos:>7,} {line.first_paint_ms:>12.0f} {line.first_photos_ms:>12.0f} "
            f"{line.key_p50_ms:>7.0f} /{line.key_p95_ms:>5.0f} {line.engine_p50_ms:>10.1f} /{line.engine_p95_ms:>6.1f}"
            f"{line.frame_p50_ms:>11.1f} /{line.frame_p95_ms:>5.1f} {line.window_mib:>10.0f} {line.engine_mib:>7.0f}"
        )
    print("From a key to results: of this, 150 ms are the pause that waits for the next key.")


# The library


def make_library(folder: Path, photos: int) -> None:
    """Write rows and vectors of ``photos`` photos in a folder that is paused, so that nobody misses the files."""
    from engine.config import DEFAULT_MODEL, library_paths, model_dirs
    from engine.library.database import Database
    from engine.library.embeddings import Embeddings
    from engine.library.folders import Folders
    from engine.models.catalog import find_package
    from engine.models.encoder import Encoder
    from engine.protocol import FolderState

    encoder = Encoder.open(find_package(DEFAULT_MODEL, model_dirs()))
    database = Database.open_writer(library_paths(folder))
    with database.transaction():
        root = Folders(database).add(Path("/synthetic/photos"))
        card = encoder.card
        embeddings = Embeddings.of_model(database, card.key, card.fingerprint, card.dim)
    vectors = clustered(encoder, photos)
    for first in range(0, photos, BATCH):
        chunk = vectors[first : first + BATCH]
        with database.transaction():
            embeddings.add(_add_photos(database, root.id, range(first, first + len(chunk))), chunk)
    with database.transaction():
        Folders(database).set_state(root.id, FolderState.PAUSED)
    database.close()


def _add_photos(database: Database, folder: FolderId, numbers: range) -> list[int]:
    """Add files as a scan does, and their contents as reading them does."""
    from engine.library.contents import ContentFacts, Contents
    from engine.library.photos import FileStamp, Photos

    photos, contents, added = Photos(database), Contents(database), []
    files = (
        (f"{number // 1000}/photo-{number}.jpg".encode(), FileStamp(4_000_000, number, number)) for number in numbers
    )
    photos.add(folder, "photos", files)
    for number, photo in zip(numbers, photos.unread(limit=len(numbers)), strict=True):
        content = photos.assign(photo.id, hashlib.blake2b(b"%d" % number, digest_size=32).digest(), photo.byte_size)
        taken_at = (FIRST_DAY + number * timedelta(minutes=37)).isoformat()
        contents.set_facts(content, ContentFacts("jpeg", 4000, 3000, taken_at, "Synthetic One", None, None))
        added.append(int(content))
    return added


def clustered(encoder: Encoder, photos: int) -> NDArray[np.float32]:
    """Unit vectors (photos, dim): each about one of ``PHRASES``, as near to it as photos are to what shows in them."""
    import numpy as np

    random = np.random.default_rng(7)
    centres = encoder.encode_texts(list(PHRASES))
    near = random.uniform(*CLOSENESS, size=(photos, 1)).astype(np.float32)
    about = centres[random.integers(len(PHRASES), size=photos)]
    noise = random.standard_normal((photos, centres.shape[1]), dtype=np.float32)
    noise -= (noise * about).sum(axis=1, keepdims=True) * about
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    return (near * about + np.sqrt(1 - near**2) * noise).astype(np.float32)


# The window


class Painted(QObject):
    """Notes when the first of some widgets has been painted after ``wait``."""

    def __init__(self, *widgets: QWidget) -> None:
        super().__init__()
        self.at: float | None = None
        self.is_waiting = True
        for widget in widgets:
            widget.installEventFilter(self)

    def wait(self) -> None:
        """From now on the next paint counts."""
        self.at, self.is_waiting = None, True

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802  # Qt's spelling
        """Look at the clock when the paint event has been handled."""
        if event.type() == QEvent.Type.Paint and self.is_waiting:
            self.is_waiting = False
            QTimer.singleShot(0, self, self._note)
        return False

    def _note(self) -> None:
        self.at = time.monotonic()


def measure(library: Path, begun: float, phrases: Sequence[str]) -> Figures:
    """Open the window on ``library``, type ``phrases`` and scroll; ``begun`` is when the process was started."""
    from desktop.application import Application, Start, prepare

    prepare()
    app = QApplication([sys.argv[0]])
    application = Application(app, Start(library.parent / "config", library.parent, library.parent, library))
    window = application.window
    whole = Painted(window)
    application.show()
    until(lambda: whole.at is not None)
    until(lambda: window.model.hit_at(0) is not None)
    photos_seen = time.monotonic()
    keys, engine = _type(window, phrases)
    frames = _scroll(window)
    figures = Figures(
        window.model.photo_count, _ms(begun, whole.at), _ms(begun, photos_seen), *_middle_and_worst(keys),
        *_middle_and_worst(engine), *_middle_and_worst(frames), _resident_mib(os.getpid()),
        _resident_mib(application.client.pid),
    )  # fmt: skip
    window.close()
    application.close()
    return figures


def _type(window: MainWindow, phrases: Sequence[str]) -> tuple[list[float], list[float]]:
    """Press the last key of each phrase: ms until its results are painted, and those the engine says it took."""
    painted = Painted(window.grid.viewport(), window.results.message)
    answers: list[Found] = []

    def note(found: Found) -> None:
        if found.is_fresh:
            answers.append(found)
            painted.wait()

    window.session.found.connect(note)
    keys, engine = [], []
    for phrase in phrases:
        window.search.set_text(phrase[:-1])
        until(lambda phrase=phrase: _is_answer(answers, phrase[:-1]) and painted.at is not None)  # type: ignore[misc]
        pressed = time.monotonic()
        QTest.keyClicks(window.search.edit, phrase[-1])
        until(lambda phrase=phrase: _is_answer(answers, phrase) and painted.at is not None)  # type: ignore[misc]
        keys.append(_ms(pressed, painted.at))
        engine.append(answers[-1].result.took_ms)
    return keys, engine


def _is_answer(answers: Sequence[Found], text: str) -> bool:
    return bool(answers) and answers[-1].query.text == text


def _scroll(window: MainWindow) -> list[float]:
    """Scroll through all photos, from the middle on: ms for each frame."""
    window.search.set_text("")
    until(lambda: not window.grid.is_search and not window.session.is_busy)
    bar, model = window.grid.verticalScrollBar(), window.model
    pause(0.5)
    bar.setValue(bar.maximum() // 2)
    until(lambda: model.missing_page(*window.grid.visible_rows()) is None)
    frames = []
    for _ in range(FRAMES):
        begun = time.monotonic()
        bar.setValue(bar.value() + STEP_PX)
        window.grid.viewport().repaint()
        frames.append(_ms(begun, time.monotonic()))
        pause(0.01)
    return frames


def until(condition: Callable[[], bool]) -> None:
    """Let Qt work until ``condition`` holds; raises ``TimeoutError``."""
    deadline = time.monotonic() + PATIENCE_S
    clock = QTimer(interval=20)  # wakes a loop in which nothing happens
    clock.start()
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the window did not come to what was waited for")
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def pause(seconds: float) -> None:
    """Let Qt work for a while."""
    end = time.monotonic() + seconds
    until(lambda: time.monotonic() >= end)


def _ms(begun: float, ended: float | None) -> float:
    return ((ended or begun) - begun) * 1000


def _middle_and_worst(values: Sequence[float]) -> tuple[float, float]:
    return statistics.median(values), statistics.quantiles(values, n=20)[-1]


def _resident_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    sys.exit(main())
