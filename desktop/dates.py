"""The months that the grid is divided by."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QDate, QLocale


def month_text(taken_at: str | None) -> str:
    """Give "May 2023" or 「2023年5月」 for an ISO date and time, and nothing for a missing or unreadable one."""
    try:
        moment = datetime.fromisoformat(taken_at or "")
    except ValueError:
        return ""
    is_chinese = QLocale().language() == QLocale.Language.Chinese
    return QLocale().toString(QDate(moment.year, moment.month, 1), "yyyy年M月" if is_chinese else "MMMM yyyy")
