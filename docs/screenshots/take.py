"""Take the README's pictures again: the real window over the real engine, on photographs that scikit-image carries.

    QT_QPA_PLATFORM=offscreen python docs/screenshots/take.py          (needs the extra demo: pip install '.[demo]')

Each picture is taken in a process of its own, as a person would start the program in that language and theme.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QEventLoop, QIODevice, QTimer
from PySide6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from desktop.main_window import MainWindow

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SIZE = (1120, 700)
QUALITY = 88
PATIENCE_S = 300.0  # the caption bank is encoded first
FEW_CAPTIONS = 5
# Beside what the demonstration takes: a second view of the motorcycle, and things from a laboratory.
MORE = ("motorcycle_right.png", "clock_motion.png", "color.png", "ihc.png", "text.png", "microaneurysms.png")
# name: (language, theme)
LOOKS = {
    "results": ("en", "light"),
    "results-zh": ("zh_CN", "dark"),
    "captions": ("en", "light"),
    "relevance": ("en", "dark"),
}
# The first of these that finds several photos is shown, or else the last. The English ones are found by looks alone.
QUERIES = {
    "results": ("black and white photo", "stars in the night sky"),
    "results-zh": ("夜空", "红色气球"),
}
CAPTIONED, EXPLAINED, WORDS = "chelsea.png", "coffee.png", "a cup of coffee"
# What a person could have written about these photos: the Chinese query finds these words, and the tiles say so.
CAPTIONS = {
    "hubble_deep_field.jpg": "夜空深处的星系",
    "mountain-night.jpg": "雪山上的夜空",
    "rocket.jpg": "火箭冲上夜空",
    "moon.png": "夜空里的月亮",
    "chelsea.png": "家里的小猫",
}


def main() -> int:
    """Take all pictures, or the one named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", choices=sorted(LOOKS))
    parser.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    if options.place is not None:
        take(options.name, options.place)
        return 0
    with tempfile.TemporaryDirectory(prefix="balloon-pictures-") as folder:
        place = Path(folder)
        make_photos(place / "Pictures")
        paths = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))}
        index = [sys.executable, "-m", "engine.cli", "index", str(place / "Pictures"), "--quiet"]
        subprocess.run([*index, "--library", str(place / "library")], check=True, env=paths)
        for photo, caption in CAPTIONS.items():
            add = [sys.executable, "-m", "engine.cli", "caption", "add", str(place / "Pictures" / photo), caption]
            subprocess.run([*add, "--quiet", "--library", str(place / "library")], check=True, env=paths)
        for name in [options.name] if options.name else LOOKS:
            subprocess.run([sys.executable, __file__, name, "--place", folder], check=True, env=paths)
    return 0


def make_photos(folder: Path) -> None:
    """Put the photographs into ``folder``."""
    demo = [sys.executable, str(ROOT / "packaging" / "demo.py"), "samples", "--samples", str(folder)]
    subprocess.run(demo, check=True)
    spec = find_spec("skimage")
    if spec is None or spec.origin is None:
        raise SystemExit("The photographs come with scikit-image: pip install '.[demo]'")
    for name in MORE:
        shutil.copyfile(Path(spec.origin).parent / "data" / name, folder / name)


def take(name: str, place: Path) -> None:
    """Start the program, bring it to where picture ``name`` is taken, and take it."""
    from desktop.application import Application, Start, prepare
    from desktop.settings import AppSettings

    language, theme = LOOKS[name]
    settings = AppSettings(place / name / "desktop.ini")
    settings.language, settings.theme, settings.tile_edge = language, theme, 250  # type: ignore[assignment]  # as above
    settings.save()
    prepare()
    app = QApplication([sys.argv[0]])
    application = Application(app, Start(place / name, place / name, place / name, place / "library"))
    window = application.window
    window.resize(*SIZE)
    application.show()
    until(lambda: window.model.hit_at(0) is not None)
    SCENES[name](window)
    settle(window)
    save(window, HERE / f"{name}.jpg")
    window.close()
    application.close()


def show_results(window: MainWindow, queries: tuple[str, ...]) -> None:
    """Search; the first query that finds several photos stays."""
    for text in queries:
        window.search.set_text(text)
        until(lambda text=text: window.session.query.text == text and not window.session.is_busy)  # type: ignore[misc]
        if window.model.photo_count > 1:
            break
    window.grid.setFocus()


def show_captions(window: MainWindow) -> None:
    """Find the captions that fit one photo."""
    from desktop.captions_panel import CaptionsPanel
    from desktop.photo_actions import PhotoAction

    photo = photo_named(window, CAPTIONED)
    window.grid.choose(photo)
    window.commands.run(PhotoAction.CAPTIONS, (photo,))
    panel = window.side.panel("captions")
    if isinstance(panel, CaptionsPanel):
        until(lambda: panel.model.rowCount() > FEW_CAPTIONS)  # its own caption comes first, the nearest after it


def show_relevance(window: MainWindow) -> None:
    """Show where the words of a query are seen in a photo."""
    from desktop.photo_actions import PhotoAction

    show_results(window, (WORDS,))
    window.commands.run(PhotoAction.EXPLAIN, (photo_named(window, EXPLAINED),))
    window.viewer.bar.facts.click()  # they would show the path of a temporary folder
    until(lambda: window.viewer.canvas.has_heat and not window.viewer.canvas.picture_size().isEmpty())


SCENES: dict[str, Callable[[MainWindow], None]] = {
    "results": lambda window: show_results(window, QUERIES["results"]),
    "results-zh": lambda window: show_results(window, QUERIES["results-zh"]),
    "captions": show_captions,
    "relevance": show_relevance,
}


def photo_named(window: MainWindow, name: str) -> int:
    """The photo with this file name."""
    hits = (window.model.hit(photo) for photo in window.model.photo_ids())
    return next(hit.photo_id for hit in hits if hit is not None and Path(hit.path.path).name == name)


def settle(window: MainWindow) -> None:
    """Wait until all thumbnails in view are there and nothing is under way."""
    end = time.monotonic() + 1.5
    until(lambda: time.monotonic() > end and not window.session.is_busy)


def until(condition: Callable[[], bool]) -> None:
    """Let Qt work until ``condition`` holds; raises ``TimeoutError``."""
    deadline = time.monotonic() + PATIENCE_S
    clock = QTimer(interval=20)  # wakes a loop in which nothing happens
    clock.start()
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the window did not come to where the picture is taken")
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def save(widget: QWidget, file: Path) -> None:
    """Write the window as a JPEG with full colour resolution, so that small text stays sharp."""
    import io

    from PIL import Image

    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    widget.grab().save(buffer, "PNG")
    picture = Image.open(io.BytesIO(buffer.data().data())).convert("RGB")
    picture.save(file, "JPEG", quality=QUALITY, subsampling=0, optimize=True, progressive=True)


if __name__ == "__main__":
    sys.exit(main())
