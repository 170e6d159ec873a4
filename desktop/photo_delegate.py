"""Paints a tile: the photo, what is chosen, and small badges; and the heading over a section of tiles.

A delegate is one object that paints every row: ``paint`` gets a rectangle and an index. Asking the loader for a picture
only queues it; the grid repaints the tile when it has come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop import notices
from desktop.icons import icon_pixmap
from desktop.photo_files import RAW_SUFFIXES
from desktop.photo_model import PhotoRole
from desktop.theme import Tokens, current_tokens
from engine.protocol import Hit

if TYPE_CHECKING:
    from desktop.thumbnail_loader import ThumbnailLoader

GAP: Final = 8
RADIUS: Final = 8
_BADGE: Final = 22
_OFFLINE_OPACITY: Final = 0.45
# White on this is 4.5 : 1 or better over any photo.
_SCRIM: Final = QColor(0, 0, 0, 150)

ModelIndex = QModelIndex | QPersistentModelIndex


class PhotoDelegate(QStyledItemDelegate):
    """Paints rows of ``PhotoModel``. The grid sets ``cell_edge`` (logical pixels)."""

    def __init__(self, loader: ThumbnailLoader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.cell_edge = 176
        self._loader = loader

    def sizeHint(self, _option: QStyleOptionViewItem, _index: ModelIndex) -> QSize:
        """A square."""
        return QSize(self.cell_edge, self.cell_edge)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        """Paint one row."""
        tokens = current_tokens()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        hit = index.data(PhotoRole.HIT)
        if isinstance(hit, Hit):
            self._paint_photo(painter, option, hit)
        else:
            _paint_placeholder(painter, self._tile_rect(option), tokens)
        painter.restore()

    def _tile_rect(self, option: QStyleOptionViewItem) -> QRectF:
        half = GAP / 2
        inner = QRectF(option.rect).adjusted(half, half, -half, -half)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        return inner.adjusted(6, 6, -6, -6) if is_selected else inner

    def _paint_photo(self, painter: QPainter, option: QStyleOptionViewItem, hit: Hit) -> None:
        tokens, rect = current_tokens(), self._tile_rect(option)
        pixmap = self._loader.pixmap(hit.photo_id, hit.thumbnail) if hit.thumbnail else None
        if pixmap is None:
            _paint_placeholder(painter, rect, tokens)
            if not hit.thumbnail or self._loader.has_failed(hit.photo_id):
                _paint_icon(painter, "photo", rect.center(), min(32, int(rect.width() / 4)), tokens.pressed)
        else:
            painter.setOpacity(_OFFLINE_OPACITY if hit.is_offline else 1.0)
            painter.drawPixmap(rect, pixmap, QRectF(pixmap.rect()))
            painter.setOpacity(1.0)
        _paint_state(painter, option, rect, tokens)
        _paint_badges(painter, rect, badges_of(hit), option.font)


def badges_of(hit: Hit) -> tuple[str, ...]:
    """Icon names or words: what is special about a hit. What looks like the query is not special."""
    badges = []
    if hit.group:
        badges.append(f"+{len(hit.group)}")
    if hit.path.path.lower().endswith(RAW_SUFFIXES):
        badges.append("RAW")
    if notices.written_channels(hit.channels):
        badges.append("text")
    if hit.is_offline:
        badges.append("offline")
    return tuple(badges)


def _paint_placeholder(painter: QPainter, rect: QRectF, tokens: Tokens) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(tokens.placeholder))
    painter.drawRoundedRect(rect, RADIUS, RADIUS)


def _paint_state(painter: QPainter, option: QStyleOptionViewItem, rect: QRectF, tokens: Tokens) -> None:
    is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
    has_focus = bool(option.state & QStyle.StateFlag.State_HasFocus)
    if not is_selected and not has_focus:
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    # The ring stands off the photo, so that it is seen on a photo of any colour.
    pen = QPen(QColor(tokens.accent if is_selected else tokens.text), 3 if is_selected else 2)
    painter.setPen(pen)
    off = 4.5 if is_selected else 2.0
    painter.drawRoundedRect(rect.adjusted(-off, -off, off, off), RADIUS + off, RADIUS + off)
    if is_selected:
        centre = rect.topRight() + QPointF(-16, 16)
        painter.setPen(QPen(QColor(tokens.on_accent), 1.5))
        painter.setBrush(QColor(tokens.accent))
        painter.drawEllipse(centre, 10, 10)
        _paint_icon(painter, "check", centre, 14, tokens.on_accent)
        if has_focus:
            painter.setPen(QPen(QColor(tokens.text), 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), RADIUS, RADIUS)


def _paint_badges(painter: QPainter, rect: QRectF, badges: tuple[str, ...], font: QFont) -> None:
    right = rect.right() - 6
    painter.setFont(_scaled(font, 0.78))
    for badge in badges:
        is_word = badge == "RAW" or badge.startswith("+")
        width = max(_BADGE, painter.fontMetrics().horizontalAdvance(badge) + 14) if is_word else _BADGE
        place = QRectF(right - width, rect.bottom() - _BADGE - 6, width, _BADGE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_SCRIM)
        painter.drawRoundedRect(place, _BADGE / 2, _BADGE / 2)
        if is_word:
            painter.setPen(Qt.GlobalColor.white)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, badge)
        else:
            _paint_icon(painter, badge, place.center(), 14, "#ffffff")
        right -= width + 4


def paint_heading(painter: QPainter, rect: QRect, words: str, font: QFont) -> None:
    """Paint the words over a section, and a line from them to the right end."""
    tokens = current_tokens()
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    painter.setFont(bold)
    painter.setPen(QColor(tokens.text))
    line = rect.adjusted(GAP // 2, 12, -GAP // 2, 0)
    painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
    left = line.left() + painter.fontMetrics().horizontalAdvance(words) + 14
    painter.setPen(QPen(QColor(tokens.border), 1))
    middle = line.center().y()
    painter.drawLine(left, middle, line.right(), middle)


def _paint_icon(painter: QPainter, name: str, centre: QPointF, edge: int, colour: str) -> None:
    ratio = painter.device().devicePixelRatioF()
    pixmap = icon_pixmap(name, round(edge * ratio), colour)
    target = QRectF(centre.x() - edge / 2, centre.y() - edge / 2, edge, edge)
    painter.drawPixmap(target, pixmap, QRectF(pixmap.rect()))


def _scaled(font: QFont, factor: float) -> QFont:
    scaled = QFont(font)
    scaled.setPointSizeF(font.pointSizeF() * factor)
    scaled.setWeight(QFont.Weight.DemiBold)
    return scaled
