"""Draw the app icon as PNG files in the sizes that desktops ask for: `python render.py SVG FOLDER` (hicolor layout)."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)


def render(svg: Path, edge: int) -> QImage:
    """The icon, ``edge`` pixels wide and high, on nothing."""
    image = QImage(edge, edge, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(svg)).render(painter)
    painter.end()
    return image


def main(svg: Path, folder: Path) -> int:
    """Write ``FOLDER/<size>x<size>/apps/balloon.png`` for every size; 1 when one could not be written."""
    for edge in SIZES:
        file = folder / f"{edge}x{edge}" / "apps" / "balloon.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        if not render(svg, edge).save(str(file)):
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
