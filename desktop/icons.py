"""The line icons of ``resources/icons`` in the theme's colours, on buttons and labels that follow the theme."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from desktop.places import resources_dir
from desktop.theme import current_tokens

_WORN: Final = "balloon_icon"
_EDGE: Final = "balloon_icon_edge"


def wear_icon(widget: QAbstractButton | QLabel, name: str, edge: int = 20) -> None:
    """Put an icon on a button or a label, ``edge`` logical pixels wide; ``renew_icons`` keeps it in the theme."""
    widget.setProperty(_WORN, name)
    widget.setProperty(_EDGE, edge)
    if isinstance(widget, QAbstractButton):
        widget.setIcon(icon(name))
        widget.setIconSize(QSize(edge, edge))
    else:
        ratio = widget.devicePixelRatioF()
        pixmap = icon_pixmap(name, round(edge * ratio), current_tokens().muted).copy()
        pixmap.setDevicePixelRatio(ratio)
        widget.setPixmap(pixmap)


def renew_icons(root: QWidget) -> None:
    """Give every worn icon under ``root`` the colours of the theme that is in use now."""
    widgets: list[QAbstractButton | QLabel] = [*root.findChildren(QAbstractButton), *root.findChildren(QLabel)]
    for widget in widgets:
        name = widget.property(_WORN)
        if isinstance(name, str):
            wear_icon(widget, name, int(widget.property(_EDGE)))


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
