"""Reading the text in photos after they are indexed: slow, so at low priority, one photo at a time, stoppable."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from engine.errors import PhotoError
from engine.imaging.jobs import DecodeJob, Failed
from engine.imaging.pool import DecodePool
from engine.library.captions import Caption, Captions
from engine.library.contents import Contents
from engine.models.recognition import LONGEST_TEXT, PICTURE_EDGE, TextRecognizer
from engine.protocol import IndexProgress

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.library.connection import Connection
    from engine.library.contents import PendingContent

logger = logging.getLogger(__name__)

SOURCE = "ocr"
CHUNK = 16


def recognize_pending(
    database: Connection, model: int, stop: Callable[[], bool], progress: Callable[[IndexProgress], None]
) -> int:
    """Read the text of every indexed content not read yet; how many there were. Raises ``KnownError`` (EXTRA_MISSING).

    What cannot be read is marked all the same: the photo itself is fine, so it is no issue.
    """
    contents = Contents(database)
    done, total, started = 0, contents.count_unrecognized(model), time.monotonic()
    if not total:
        return 0
    with TextRecognizer() as recognizer, DecodePool(1) as pool:
        while not stop():
            chunk: dict[int, PendingContent] = {item.id: item for item in contents.unrecognized(model, limit=CHUNK)}
            if not chunk:
                break
            jobs = [DecodeJob(item.id, item.absolute, (), thumbnail_edge=PICTURE_EDGE) for item in chunk.values()]
            for result in pool.run(jobs):
                text = "" if isinstance(result, Failed) else _read(recognizer, result.thumbnail, chunk[result.key])
                _store(database, result.key, text)
                done += 1
                rate = done / max(1e-9, time.monotonic() - started)
                progress(IndexProgress("text", done, max(0, total - done), 0, rate))
                if stop():
                    return done
    return done


def _read(recognizer: TextRecognizer, jpeg: bytes | None, content: PendingContent) -> str:
    try:
        return "\n".join(recognizer.read(jpeg or b""))[:LONGEST_TEXT]
    except PhotoError as error:
        logger.info("no text was read from %s: %s", content.absolute, error)
        return ""


def _store(database: Connection, content: int, text: str) -> None:
    with database.transaction():
        if text:
            Captions(database).add(content, [Caption(text, None, SOURCE)])
        Contents(database).mark_recognized(content)
