"""Working off what is pending: read digests, decode, encode and store, all overlapping, with one thread that writes.

Reader threads and the decode thread only put events on a queue; the thread that calls ``Pipeline.run`` owns the writer
connection, handles them, and commits in batches. A killed process loses at most one batch of work and no photo.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from engine.imaging.feed import JobFeed
from engine.imaging.jobs import Decoded, DecodeJob, Failed
from engine.imaging.pool import DecodePool
from engine.indexing.digests import DigestRead, DigestReader
from engine.protocol import IndexProgress, IssueReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from engine.indexing.store import Store
    from engine.library.contents import PendingContent
    from engine.models.encoder import EncodesPhotos

COMMIT_AFTER_S = 2.0
CHUNK = 128  # photos handed to the readers, and contents to the decode pool, at a time; at most twice that are in hand
DIGEST_THREADS = 2
PROGRESS_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class DecodeOptions:
    """How much of the computer decoding may use."""

    workers: int = field(default_factory=lambda: max(1, os.cpu_count() or 1))
    deadline_s: float = 30.0


@dataclass(slots=True)
class Tally:
    """What a run has done so far."""

    decoded: int = 0
    embedded: int = 0
    issues: int = 0
    done: int = 0
    total: int = 0


Event: TypeAlias = DigestRead | Decoded | Failed | BaseException


class Pipeline:
    """One pass over everything pending. Use from the writer connection's thread, once."""

    def __init__(self, store: Store, encoder: EncodesPhotos, options: DecodeOptions, stop: threading.Event) -> None:
        self.tally = Tally()
        self._store = store
        self._encoder = encoder
        self._options = options
        self._stop = stop
        self._closing = threading.Event()
        self._events: queue.Queue[Event] = queue.Queue()
        self._jobs = JobFeed()
        self._reading: set[int] = set()
        self._left_for_later: set[int] = set()
        self._in_hand: dict[int, PendingContent] = {}  # given to the decode pool, and neither stored nor failed yet
        self._after = 0
        self._waiting: list[tuple[PendingContent, Decoded]] = []
        self._last_store = time.monotonic()

    def run(self, progress: Callable[[IndexProgress], None]) -> None:
        """Work until nothing is pending or ``stop`` is set; raises ``KnownError`` if the library cannot be written."""
        self.tally.total = self._store.count_pending()
        if not self.tally.total:
            return
        started = time.monotonic()
        with DigestReader(DIGEST_THREADS, self._events.put) as reader, self._decode_thread():
            self._feed(reader)
            while (self._reading or self._in_hand) and not self._stop.is_set():
                self._handle(self._next_events())
                self._feed(reader)
                self._encode_if_due()
                progress(self._progress(time.monotonic() - started))
            while self._waiting:
                self._encode()

    def _progress(self, elapsed_s: float) -> IndexProgress:
        tally = self.tally
        rate = tally.done / elapsed_s if elapsed_s else 0.0
        return IndexProgress("index", tally.done, max(0, tally.total - tally.done), tally.issues, rate)

    # Handing out work

    def _feed(self, reader: DigestReader) -> None:
        if self._stop.is_set():
            return
        if len(self._in_hand) < CHUNK:
            newest = self._store.newest_content()
            if newest > self._after:
                pending = self._store.pending_contents(limit=CHUNK, after=self._after)
                self._hand_out(pending)
                if len(pending) < CHUNK:
                    self._after = newest  # nothing is pending up to there: it is not looked through again
        if len(self._reading) < CHUNK // 2 and len(self._in_hand) < 2 * CHUNK:
            for photo in self._store.unread_photos(limit=CHUNK, besides=self._reading | self._left_for_later):
                self._reading.add(photo.id)
                reader.submit(photo)

    def _hand_out(self, contents: Sequence[PendingContent]) -> None:
        fresh = [content for content in contents if content.id not in self._in_hand]
        if not fresh:
            return
        self._after = max(self._after, fresh[-1].id)
        self._in_hand.update((content.id, content) for content in fresh)
        specs = (self._encoder.card.image.input_spec,)
        self._jobs.put([DecodeJob(content.id, content.absolute, specs) for content in fresh])

    @contextlib.contextmanager
    def _decode_thread(self) -> Iterator[None]:
        thread = threading.Thread(target=self._decode, name="decode", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._closing.set()
            self._jobs.close()
            thread.join()

    def _decode(self) -> None:
        try:
            with DecodePool(self._options.workers, deadline_s=self._options.deadline_s) as pool:
                for result in pool.run(self._jobs):
                    self._events.put(result)
                    if self._closing.is_set():
                        return
        except BaseException as error:  # noqa: BLE001 - handed to the writing thread, which raises it
            self._events.put(error)

    # Handling what comes back

    def _next_events(self) -> list[Event]:
        """What has come, after a short wait; no more than makes a batch, and nothing while one waits to be encoded."""
        events: list[Event] = []
        room = self._encoder.batch_size - len(self._waiting)
        with contextlib.suppress(queue.Empty):
            while room > 0 and len(events) < CHUNK:
                event = self._events.get(timeout=0 if events else PROGRESS_EVERY_S)
                events.append(event)
                room -= isinstance(event, Decoded)
        return events

    def _handle(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, BaseException):
                raise event
        self._handle_digests([event for event in events if isinstance(event, DigestRead)])
        self._handle_failures([event for event in events if isinstance(event, Failed)])
        for event in events:
            if isinstance(event, Decoded):
                self._waiting.append((self._in_hand[event.key], event))
                self.tally.decoded += 1

    def _handle_digests(self, reads: Sequence[DigestRead]) -> None:
        if not reads:
            return
        outcome = self._store.settle_digests(reads)
        self._reading.difference_update(read.photo.id for read in reads)
        self._left_for_later |= outcome.left_for_later
        self.tally.issues += outcome.issues
        self.tally.done += outcome.finished
        # A content found again after it was passed by has a smaller id than those handed out already.
        for content in outcome.contents:
            if content <= self._after and content not in self._in_hand:
                self._hand_out(self._store.pending_contents(limit=1, after=content - 1, upto=content))

    def _handle_failures(self, failures: Sequence[Failed]) -> None:
        if not failures:
            return
        self._store.record_failures([(self._in_hand.pop(failed.key), failed) for failed in failures])
        self.tally.issues += len(failures)
        self.tally.done += len(failures)
        for failed in failures:
            if failed.reason is IssueReason.VANISHED:  # another file may hold what this one held
                self._hand_out(self._store.pending_contents(limit=1, after=failed.key - 1, upto=failed.key))

    # Encoding and storing

    def _encode_if_due(self) -> None:
        """One batch, whole unless none comes behind it: between two the decoders are given more to do."""
        is_late = time.monotonic() - self._last_store > COMMIT_AFTER_S
        is_all = len(self._waiting) == len(self._in_hand)
        if self._waiting and (len(self._waiting) >= self._encoder.batch_size or is_all or is_late):
            self._encode()

    def _encode(self) -> None:
        size = self._encoder.batch_size
        batch, self._waiting = self._waiting[:size], self._waiting[size:]
        vectors = self._vectors([decoded for _, decoded in batch])
        unusable = self._store.store_batch(batch, vectors)
        for content, _ in batch:
            del self._in_hand[content.id]
        self.tally.embedded += len(batch) - unusable
        self.tally.issues += unusable
        self.tally.done += len(batch)
        self._last_store = time.monotonic()

    def _vectors(self, batch: Sequence[Decoded]) -> NDArray[np.float32]:
        """Encode pixels that the library has not seen: each picture once, whatever its file says besides."""
        known = self._store.known_vectors(batch)
        fresh = {_picture(decoded): decoded for decoded in batch if _picture(decoded) not in known}
        if fresh:
            encoded = self._encoder.encode_images(np.stack([decoded.inputs[0] for decoded in fresh.values()]))
            known |= dict(zip(fresh, encoded, strict=True))
        return np.stack([known[_picture(decoded)] for decoded in batch])


def _picture(decoded: Decoded) -> bytes:
    assert decoded.pixel_digest is not None  # every job of a pipeline has a spec
    return decoded.pixel_digest
