"""Draw the app icon: `python render.py SVG FOLDER` writes hicolor's PNG files, balloon.ico and balloon.icns."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
LARGEST = 1024  # what macOS asks for
WINDOWS_SIZES = [(edge, edge) for edge in (16, 24, 32, 48, 64, 128, 256)]


def render(svg: Path, edge: int) -> QImage:
    """The icon, ``edge`` pixels wide and high, on nothing."""
    image = QImage(edge, edge, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(svg)).render(painter)
    painter.end()
    return image


def _save(svg: Path, edge: int, file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    if not render(svg, edge).save(str(file)):
        raise OSError(f"{file} could not be written")
    return file


def main(svg: Path, folder: Path) -> int:
    """Write ``FOLDER/<size>x<size>/apps/balloon.png`` for every size, and the containers of Windows and macOS."""
    for edge in SIZES:
        _save(svg, edge, folder / f"{edge}x{edge}" / "apps" / "balloon.png")
    with Image.open(_save(svg, LARGEST, folder / "balloon-1024.png")) as largest:
        largest.save(folder / "balloon.ico", sizes=WINDOWS_SIZES)
        largest.save(folder / "balloon.icns")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
