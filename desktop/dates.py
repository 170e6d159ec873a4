"""Dates as people of the interface's language write them."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Final

from PySide6.QtCore import QDate, QLocale

_WEEKDAY: Final = re.compile(r"[,،]?\s*dddd[,،]?\s*")


def day_text(taken_at: str) -> str:
    """Give "5 May 2023" for an ISO date and time; what cannot be read comes back as it is."""
    day = _day(taken_at)
    return taken_at if day is None else QLocale().toString(day, _day_format(QLocale()))


def _day_format(locale: QLocale) -> str:
    # The locale's own order of day, month and year, without the day of the week.
    return _WEEKDAY.sub("", locale.dateFormat(QLocale.FormatType.LongFormat))


def month_text(taken_at: str | None) -> str:
    """Give "May 2023" or 「2023年5月」 for an ISO date and time, and nothing for a missing or unreadable one."""
    return _month(taken_at[:10], QLocale().name()) if taken_at else ""


@lru_cache(maxsize=4096)
def _month(date: str, locale: str) -> str:
    # Painting asks for two of these for every tile.
    day = _day(date)
    if day is None:
        return ""
    return QLocale().toString(day, "yyyy年M月" if locale.startswith("zh") else "MMMM yyyy")


def _day(taken_at: str) -> QDate | None:
    try:
        moment = datetime.fromisoformat(taken_at)
    except ValueError:
        return None
    return QDate(moment.year, moment.month, moment.day)
