"""The line icons of ``resources/icons`` in the theme's colours."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from desktop.places import resources_dir
from desktop.theme import current_tokens


def icon(name: str, colour: str | None = None) -> QIcon:
    """The icon as a button wears it; ``colour`` "#rrggbb" instead of the theme's muted text."""
    result = QIcon()
    for edge in (16, 20, 32, 40):
        result.addPixmap(icon_pixmap(name, edge, colour or current_tokens().muted))
    return result


@lru_cache(maxsize=256)
def icon_pixmap(name: str, edge: int, colour: str) -> QPixmap:
    """A square picture of the icon, ``edge`` device pixels wide, with ``currentColor`` replaced."""
    text = (resources_dir() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(text.replace("currentColor", colour).encode()))
    pixmap = QPixmap(edge, edge)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, edge, edge))
    painter.end()
    return pixmap
