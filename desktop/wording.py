"""How facts are put into words: names, dates, sizes, places, durations, in the language of the interface."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, Qt

from desktop.dates import day_text

if TYPE_CHECKING:
    from engine.protocol import PhotoPath

SEPARATORS = re.compile(r"[/\\]")
PROVIDER_SUFFIX = "ExecutionProvider"
PROVIDERS = {"Dml": "DirectML", "Tensorrt": "TensorRT"}
MINUTE_S = 60
HOUR_S = 3600


def file_name(path: PhotoPath) -> str:
    """The last part of a path, for people."""
    return SEPARATORS.split(path.path.rstrip("/\\"))[-1] or path.path


def short_date(taken_at: str | None) -> str:
    """An ISO date or time as the locale writes a day, "" for none."""
    return day_text(taken_at) if taken_at else ""


def long_date(taken_at: str | None) -> str:
    """An ISO date or time as the locale writes day and time, "" for none."""
    moment = QDateTime.fromString((taken_at or "").replace(" ", "T", 1), Qt.DateFormat.ISODate)
    has_time = moment.isValid() and len(taken_at or "") > len("2023-05-05")
    time = QLocale().toString(moment.time(), QLocale.FormatType.ShortFormat) if has_time else ""
    return f"{short_date(taken_at)} {time}".rstrip()


def byte_size(size: int) -> str:
    """2.4 MB and the like."""
    return QLocale().formattedDataSize(size, 1, QLocale.DataSizeFormat.DataSizeTraditionalFormat)


def place(latitude: float, longitude: float) -> str:
    """Degrees with four decimals (eleven metres) and the side of the equator and of Greenwich."""
    north = QCoreApplication.translate("Place", "N") if latitude >= 0 else QCoreApplication.translate("Place", "S")
    east = QCoreApplication.translate("Place", "E") if longitude >= 0 else QCoreApplication.translate("Place", "W")
    return f"{abs(latitude):.4f}° {north}, {abs(longitude):.4f}° {east}"


def number(value: int) -> str:
    """A whole number with the locale's separators."""
    return QLocale().toString(value)


def percent(share: float) -> str:
    """A share of 0..1 in whole per cent; only what is complete is called 100 %."""
    whole = 100 if share >= 1 else min(99, round(max(0.0, share) * 100))
    return QCoreApplication.translate("Percent", "{value} %").format(value=whole)


def time_left(seconds: float) -> str:
    """How long something still takes, no more exact than it can be known."""
    if seconds < MINUTE_S:
        return QCoreApplication.translate("Duration", "less than a minute left")
    if seconds < HOUR_S:
        return QCoreApplication.translate("Duration", "about %n minute(s) left", "", round(seconds / MINUTE_S))
    return QCoreApplication.translate("Duration", "about %n hour(s) left", "", round(seconds / HOUR_S))


def provider_name(provider: str | None) -> str:
    """CPU, CUDA and the like: ONNX Runtime's name without its long suffix."""
    name = (provider or "").removesuffix(PROVIDER_SUFFIX)
    return PROVIDERS.get(name, name)
