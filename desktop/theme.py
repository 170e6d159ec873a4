"""Colours and type of both themes, and their way into Qt: a palette, and ``style.qss`` with its tokens filled in."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette

from desktop.places import resources_dir

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QWidget

    from desktop.settings import AppSettings


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one theme, "#rrggbb". Texts on their grounds meet WCAG AA (4.5 : 1), rings and icons 3 : 1."""

    window: str
    surface: str
    field: str
    hover: str
    pressed: str
    border: str
    edge: str
    text: str
    muted: str
    accent: str
    accent_hover: str
    on_accent: str
    selection: str
    calm: str
    calm_text: str
    warn: str
    warn_text: str
    placeholder: str


LIGHT: Final = Tokens(
    window="#ffffff",
    surface="#f6f6f8",
    field="#f1f1f4",
    hover="#e9e9ee",
    pressed="#dedee5",
    border="#e3e3e8",
    edge="#8a8a93",
    text="#1b1b1f",
    muted="#63636b",
    accent="#0b62c4",
    accent_hover="#0a54a8",
    on_accent="#ffffff",
    selection="#d9e8fb",
    calm="#eaf2fc",
    calm_text="#173e6b",
    warn="#fdf1dc",
    warn_text="#6a4300",
    placeholder="#ececf0",
)
DARK: Final = Tokens(
    window="#18181b",
    surface="#1f1f23",
    field="#2a2a2f",
    hover="#333339",
    pressed="#3d3d45",
    border="#2f2f35",
    edge="#7d7d88",
    text="#f2f2f5",
    muted="#a8a8b2",
    accent="#6cb2ff",
    accent_hover="#8cc3ff",
    on_accent="#0b1a2b",
    selection="#25405f",
    calm="#1e2f44",
    calm_text="#c9e0fb",
    warn="#3b2d14",
    warn_text="#f6d9a0",
    placeholder="#26262b",
)

_FAMILIES: Final = (
    "SF Pro Text",
    "Segoe UI Variable Text",
    "Segoe UI",
    "Inter",
    "Inter Variable",
    "Cantarell",
    "Ubuntu",
    "Noto Sans",
    "PingFang SC",
    "Microsoft YaHei UI",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
)
_SMALLEST_POINTS: Final = 10.0
_FRAME: Final = 32  # pixels that a window's frame and title may take
_TOKEN: Final = re.compile(r"@([a-z_]+)")
_POINTS: Final = re.compile(r"\b(\d+)pt\b")


class ThemeKeeper(QObject):
    """Keeps the application in the theme the settings name, and follows the system where they say so.

    Signals:
        changed(object): the new ``Tokens``.
    """

    changed = Signal(object)

    def __init__(self, app: QApplication, settings: AppSettings) -> None:
        super().__init__(app)
        self._app = app
        self._settings = settings
        settings.changed.connect(self._on_setting)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self.apply)
        app.setStyle("Fusion")
        app.setFont(interface_font())
        self.tokens = LIGHT
        self.apply()

    def apply(self) -> None:
        """Give the application the colours it should have now."""
        self.tokens = DARK if self._wants_dark() else LIGHT
        self._app.setPalette(palette_of(self.tokens))
        self._app.setStyleSheet(style_sheet(self.tokens, self._app.font().pointSizeF()))
        self._app.setProperty("balloon_dark", self.tokens is DARK)
        self.changed.emit(self.tokens)

    def _wants_dark(self) -> bool:
        if self._settings.theme == "system":
            return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return self._settings.theme == "dark"

    def _on_setting(self, name: str) -> None:
        if name == "theme":
            self.apply()


def current_tokens() -> Tokens:
    """The colours in use, for whatever paints itself."""
    app = QGuiApplication.instance()
    return DARK if app is not None and app.property("balloon_dark") else LIGHT


def interface_font() -> QFont:
    """The system's font, unless that is one of the wide faces of a bare X11 and a better one is there."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    known = set(QFontDatabase.families())
    if font.family() not in known or font.family() in ("DejaVu Sans", "Sans Serif", "Sans"):
        families = [family for family in _FAMILIES if family in known]
        if families:
            font.setFamilies(families)
    font.setPointSizeF(max(font.pointSizeF(), _SMALLEST_POINTS))
    return font


def grown(pixels: int) -> int:
    """A width or height that was drawn for text of the ordinary size, for the size that the person's text has."""
    font = QGuiApplication.font().pointSizeF()
    return round(pixels * max(1.0, font / _SMALLEST_POINTS))


def resize_grown(dialog: QWidget, width: int, height: int) -> None:
    """Give a dialog the size that it was drawn for, grown with the person's text and no larger than the screen."""
    room = dialog.screen().availableSize() - QSize(_FRAME, 2 * _FRAME)
    dialog.resize(QSize(grown(width), grown(height)).boundedTo(room))


def palette_of(tokens: Tokens) -> QPalette:
    """The palette that Fusion and Qt's own dialogs paint with."""
    palette = QPalette()
    roles = QPalette.ColorRole
    colours = {
        roles.Window: tokens.window,
        roles.WindowText: tokens.text,
        roles.Base: tokens.window,
        roles.AlternateBase: tokens.surface,
        roles.Text: tokens.text,
        roles.Button: tokens.field,
        roles.ButtonText: tokens.text,
        roles.ToolTipBase: tokens.surface,
        roles.ToolTipText: tokens.text,
        roles.PlaceholderText: tokens.muted,
        roles.Highlight: tokens.accent,
        roles.HighlightedText: tokens.on_accent,
        roles.Accent: tokens.accent,
        roles.Link: tokens.accent,
        roles.LinkVisited: tokens.accent,
        roles.Light: tokens.surface,
        roles.Midlight: tokens.hover,
        roles.Mid: tokens.border,
        roles.Dark: tokens.edge,
        roles.Shadow: "#000000",
    }
    for role, colour in colours.items():
        palette.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens.edge))
    return palette


def style_sheet(tokens: Tokens, points: float = _SMALLEST_POINTS) -> str:
    """``resources/style.qss`` with every ``@token`` replaced; an unknown token raises ``KeyError``.

    ``points`` is the size of the system's font: titles and the search box grow with it, as ordinary text does.
    """
    scheme = "dark" if tokens is DARK else "light"
    values = asdict(tokens) | {"icons": (resources_dir() / "icons").as_posix(), "scheme": scheme}
    text = (resources_dir() / "style.qss").read_text(encoding="utf-8")
    larger = points / _SMALLEST_POINTS
    text = _POINTS.sub(lambda match: f"{int(match.group(1)) * larger:.4g}pt", text)
    return _TOKEN.sub(lambda match: values[match.group(1)], text)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1..21 (WCAG 2.2, "contrast ratio")."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    # WCAG 2.2, "relative luminance".
    value = QColor(colour)
    channels = (value.redF(), value.greenF(), value.blueF())
    linear_part = 0.04045
    red, green, blue = (part / 12.92 if part <= linear_part else ((part + 0.055) / 1.055) ** 2.4 for part in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
