"""One table of all results: text, JSON, and a plot for each section whose sizes differ, with fitted exponents."""

from __future__ import annotations

import json
import math
import platform
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.plot import Line, plot
from engine.version import version

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.runner import Result

LEAST_SIZES = 3
PLOTTED = ("p50_ms", "first_query_s", "rescan_s", "searchable_s", "photos_per_s", "memory_mb")


def write(results: Sequence[Result], folder: Path) -> str:
    """Write ``table.txt``, ``table.json`` and the plots into ``folder``; gives the table."""
    folder.mkdir(parents=True, exist_ok=True)
    table = text_table(results)
    (folder / "table.txt").write_text(table, encoding="utf-8")
    grown = growth(results)
    document = {
        "balloon": version(),
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
        "results": [result.as_json() for result in results],
        "growth": [{"section": key[0], "what": key[1], "subject": key[2], "figure": key[3], "exponent": value}
                   for key, value in grown.items()],
    }  # fmt: skip
    (folder / "table.json").write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
    for name, drawing in plots(results).items():
        (folder / name).write_text(drawing, encoding="utf-8")
    return table


def text_table(results: Sequence[Result]) -> str:
    """One line a result: who, how many, the figures, the load of the machine; then how figures grow."""
    lines = []
    for section in dict.fromkeys(result.measurement.section for result in results):
        lines.append(f"\n{section}")
        for result in (each for each in results if each.measurement.section == section):
            one = result.measurement
            figures = ", ".join(f"{name} {_short(value)}" for name, value in result.figures.items())
            load = f"load {min(result.loads):.1f}-{max(result.loads):.1f}" if result.loads else ""
            told = figures or f"failed: {result.trouble}"
            lines.append(
                f"  {one.what:<14} {one.subject:<32} {one.size:>9,}  {told}  [runs {len(result.runs)}, {load}]"
            )
    lines.append("\ngrowth: the exponent b of figure = a * size^b")
    lines += [f"  {' / '.join(key[:3]):<50} {key[3]:<24} {value:+.2f}" for key, value in growth(results).items()]
    return "\n".join(lines).strip() + "\n"


def growth(results: Sequence[Result]) -> dict[tuple[str, str, str, str], float]:
    """For every figure measured at ``LEAST_SIZES`` sizes or more: the slope of its logarithm over that of the size."""
    points: dict[tuple[str, str, str, str], dict[int, float]] = {}
    for result in results:
        one = result.measurement
        for name, value in result.figures.items():
            if value > 0 and name != "recall":
                points.setdefault((one.section, one.what, one.subject, name), {})[one.size] = value
    return {
        key: float(np.polyfit(np.log(list(found)), np.log(list(found.values())), 1)[0])
        for key, found in points.items()
        if len(found) >= LEAST_SIZES
    }


def plots(results: Sequence[Result]) -> dict[str, str]:
    """SVG drawings by file name: a figure over the size, one line for each subject."""
    drawings = {}
    for section, what in dict.fromkeys((each.measurement.section, each.measurement.what) for each in results):
        mine = [each for each in results if (each.measurement.section, each.measurement.what) == (section, what)]
        for figure in PLOTTED:
            lines = [
                Line(subject, tuple(sorted((each.measurement.size, each.figures[figure]) for each in mine
                                           if each.measurement.subject == subject and each.figures.get(figure, 0) > 0)))
                for subject in dict.fromkeys(each.measurement.subject for each in mine)
            ]  # fmt: skip
            lines = [line for line in lines if line.points]
            if any(len(line.points) > 1 for line in lines):
                name = f"{section}-{what}-{figure}".lower().replace(" ", "-").replace(".", "").replace(",", "")
                drawings[f"{name}.svg"] = plot(f"{section}, {what}: {figure}", lines)
    return drawings


def _short(value: float) -> str:
    if not value or not math.isfinite(value):
        return str(value)
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{min(digits, 4)}f}"
