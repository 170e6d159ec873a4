"""A query end to end: from the request on the wire to its hits, with text tower, filters, full text and confidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.clock import latencies, memory_mb, seconds_since_start
from benchmarks.wire import EngineProcess

LIMIT = 200
QUERIES = {
    "": (
        "a dog on the beach", "red balloon over the sea", "birthday cake with candles", "snow on a mountain",
        "children playing football", "海上的红气球", "草地上的狗", "一杯咖啡", "people at a market", "a boat on a lake",
        "beach without people", "a cat on a sofa",
    ),
    "short_chinese_": ("狗", "猫", "海滩", "生日", "花", "雪山"),
    "filter_": ("folder:trip-0003 dog", "folder:trip-0007 海", "dog 2015", "sunset in May 2012", "camera:2 flowers"),
    "name_": ("IMG_0001234", "trip-0003", "IMG_0004"),
}  # fmt: skip


def balloon(library: str) -> dict[str, float]:
    """Milliseconds by kind of query; the first one counts from the start of the engine."""
    figures: dict[str, float] = {}
    with EngineProcess(Path(library)) as engine:

        def search(text: Any) -> None:
            engine.ask("search", {"text": str(text), "limit": LIMIT})

        search("first")
        figures["first_query_s"] = seconds_since_start()
        for kind, texts in QUERIES.items():
            asked: Any = np.array(texts)
            latencies(search, asked)  # once, to be warm
            took, _ = latencies(search, np.concatenate([asked, asked]))
            figures |= {f"{kind}p50_ms": took["p50_ms"], f"{kind}p95_ms": took["p95_ms"]}
        figures["memory_mb"] = memory_mb(engine.pid)
    return figures
