"""`make demo`: index a folder of photos and search it, with sample photographs where the person has none of their own.

Three steps that the Makefile runs: ``needs-samples`` (does the person have photos?), ``samples`` (put sample pictures
into a folder) and ``run`` (index and search through the installed `balloon` command).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

WANTED = frozenset({".jpg", ".jpeg", ".png", ".heic", ".webp", ".avif", ".tif", ".tiff", ".gif", ".bmp"})
# Photographs that scikit-image's wheel carries: people, animals, things, places.
PHOTOGRAPHS = (
    "astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png", "brick.png", "grass.png",
    "gravel.png", "coins.png", "moon.png", "hubble_deep_field.jpg", "page.png", "camera.png", "horse.png", "retina.jpg",
)  # fmt: skip
QUERIES = ("red balloon", "红色气球", "a cat", "a cup of coffee")


def main() -> int:
    """Run one step; ``needs-samples`` answers by its exit code, 0 for yes."""
    parser = argparse.ArgumentParser(description="Balloon's demonstration")
    parser.add_argument("step", choices=("needs-samples", "samples", "run"))
    parser.add_argument("--photos", default="", help="the person's folder; empty for their pictures folder")
    parser.add_argument("--samples", type=Path, required=True, help="where sample photographs lie, or go")
    parser.add_argument("--library", type=Path, help="the demonstration's own library")
    parser.add_argument("--query", default="", help="what to search for")
    options = parser.parse_args()
    if options.step == "needs-samples":
        return int(own_photos(options.photos) is not None)
    if options.step == "samples":
        make_samples(options.samples)
        return 0
    folder = own_photos(options.photos) or options.samples
    return run(folder, options.library, (options.query,) if options.query else QUERIES)


def own_photos(given: str) -> Path | None:
    """The folder asked for, else the person's pictures folder if it holds a photo."""
    if given:
        return Path(given).expanduser()
    import platformdirs

    pictures = platformdirs.user_pictures_path()
    holds_photos = any(Path(name).suffix.lower() in WANTED for _, _, names in os.walk(pictures) for name in names)
    return pictures if holds_photos else None


def make_samples(folder: Path) -> None:
    """Copy the photographs that scikit-image carries and draw a few pictures beside them."""
    import shutil

    folder.mkdir(parents=True, exist_ok=True)
    spec = find_spec("skimage")
    if spec is not None and spec.origin is not None:
        data = Path(spec.origin).parent / "data"
        for name in PHOTOGRAPHS:
            if (data / name).is_file():
                shutil.copyfile(data / name, folder / name)
    draw_samples(folder)


def draw_samples(folder: Path) -> None:
    """Draw a red balloon in a blue sky, a sunset over the sea, a green hill and a snowy night."""
    from PIL import Image, ImageDraw, ImageFilter

    def sky(top: str, bottom: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
        ends = Image.new("RGB", (1, 2), top)
        ends.putpixel((0, 1), Image.new("RGB", (1, 1), bottom).getpixel((0, 0)) or 0)
        picture = ends.resize((800, 600), Image.Resampling.BILINEAR)
        return picture, ImageDraw.Draw(picture)

    balloon, draw = sky("#3f86d8", "#bfe0fb")
    draw.ellipse((90, 420, 330, 500), fill="#ffffff")
    draw.ellipse((200, 390, 420, 490), fill="#f4f8fc")
    draw.line((400, 380, 408, 470, 396, 590), fill="#555555", width=3)
    draw.polygon(((388, 384), (412, 384), (400, 362)), fill="#b0141c")
    draw.ellipse((290, 90, 510, 370), fill="#d8202a")
    draw.ellipse((335, 130, 385, 200), fill="#f07a7e")
    balloon.filter(ImageFilter.GaussianBlur(1.2)).save(folder / "red-balloon.jpg", quality=90)

    sunset, draw = sky("#35307a", "#ff9a4d")
    draw.ellipse((340, 330, 460, 450), fill="#fff0b0")
    draw.rectangle((0, 400, 800, 600), fill="#3a3560")
    for row in range(12):
        draw.line((360 - row * 9, 412 + row * 15, 440 + row * 9, 412 + row * 15), fill="#ffb46b", width=4)
    sunset.filter(ImageFilter.GaussianBlur(2)).save(folder / "sunset-sea.jpg", quality=90)

    hill, draw = sky("#5ba7ee", "#e4f4ff")
    draw.ellipse((-200, 340, 700, 1000), fill="#4f9e3f")
    draw.ellipse((300, 380, 1200, 1000), fill="#63b34e")
    draw.rectangle((590, 300, 606, 400), fill="#6b4a2b")
    draw.ellipse((535, 190, 660, 330), fill="#2f7a35")
    hill.filter(ImageFilter.GaussianBlur(1.2)).save(folder / "green-hill.jpg", quality=90)

    night, draw = sky("#0a1030", "#26386b")
    draw.ellipse((600, 70, 680, 150), fill="#f5f1d0")
    draw.polygon(((0, 600), (220, 250), (430, 600)), fill="#dfe8f5")
    draw.polygon(((300, 600), (560, 200), (820, 600)), fill="#c9d6ea")
    night.filter(ImageFilter.GaussianBlur(1.2)).save(folder / "mountain-night.jpg", quality=90)


def run(folder: Path, library: Path, queries: tuple[str, ...]) -> int:
    """Index ``folder`` and show the best photos of each query."""
    balloon = [sys.executable, "-m", "engine.cli"]
    sys.stdout.write(f"Indexing {folder}\n")
    sys.stdout.flush()
    code = subprocess.call([*balloon, "index", str(folder), "--library", str(library)])
    for query in queries if code == 0 else ():
        sys.stdout.write(f'\nballoon search "{query}"\n')
        sys.stdout.flush()
        code = subprocess.call([*balloon, "search", query, "--limit", "5", "--library", str(library)])
    return code


if __name__ == "__main__":
    sys.exit(main())
