"""How facts are put into words: names, dates, sizes, places, in the language of the interface."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, Qt

from desktop.dates import day_text

if TYPE_CHECKING:
    from engine.protocol import PhotoPath

SEPARATORS = re.compile(r"[/\\]")
BREAK = "\u200b"  # a zero-width space
# What a line cannot be broken in, where it is longer than a side panel is wide; and where it may be broken then.
_LONG_RUN = re.compile(r"[^\s\u200b]{25,}")
_BREAKS = re.compile(r"[_.-]|[^_.-]{24}")
PROVIDER_SUFFIX = "ExecutionProvider"
PROVIDERS = {"Dml": "DirectML", "Tensorrt": "TensorRT"}


def file_name(path: PhotoPath) -> str:
    """The last part of a path, for people."""
    return SEPARATORS.split(path.path.rstrip("/\\"))[-1] or path.path


def breakable(text: str) -> str:
    """The same with zero-width spaces in what is too long for a line: a file's name may hold no other."""
    return _LONG_RUN.sub(lambda run: _BREAKS.sub(f"\\g<0>{BREAK}", run[0]), text)


def breakable_path(path: str) -> str:
    """The same for a path, which may also be broken after each separator."""
    return breakable(SEPARATORS.sub(f"\\g<0>{BREAK}", path))


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
    north, east = f"{abs(latitude):.4f}", f"{abs(longitude):.4f}"
    if latitude >= 0:
        along = QCoreApplication.translate("Place", "{degrees}° N").format(degrees=north)
    else:
        along = QCoreApplication.translate("Place", "{degrees}° S").format(degrees=north)
    if longitude >= 0:
        across = QCoreApplication.translate("Place", "{degrees}° E").format(degrees=east)
    else:
        across = QCoreApplication.translate("Place", "{degrees}° W").format(degrees=east)
    return f"{along}, {across}"


def number(value: int) -> str:
    """A whole number with the locale's separators."""
    return QLocale().toString(value)


def percent(share: float) -> str:
    """A share of 0..1 in whole per cent; only what is complete is called 100 %."""
    return percent_text(100 if share >= 1 else min(99, round(max(0.0, share) * 100)))


def percent_text(value: int) -> str:
    """Whole per cent as the language writes them."""
    return QCoreApplication.translate("Percent", "{value} %").format(value=value)


def provider_name(provider: str | None) -> str:
    """CPU, CUDA and the like: ONNX Runtime's name without its long suffix."""
    name = (provider or "").removesuffix(PROVIDER_SUFFIX)
    return PROVIDERS.get(name, name)
