"""A fake engine whose answers can be held back, and a server that talks to a peer over pipes in this process."""

from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import dataclass, field
from io import FileIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, BinaryIO, cast

from engine.config import LibraryPaths
from engine.errors import KnownError
from engine.protocol import (
    Confidence,
    ErrorKind,
    FolderState,
    FolderStatus,
    IndexProgress,
    IndexReport,
    LibraryStatus,
    PhotoPath,
    SearchResult,
)
from engine.protocol.methods import CaptionRow, TextItem, TextList
from engine.server.service import Opened, Server
from tests.engine_process import PATIENCE_S, Peer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from engine.api import Engine
    from engine.library.folders import Folder
    from engine.protocol.methods import CaptionAdd, SearchRequest
    from engine.server.waiting import Surroundings

NOTHING_DONE = IndexReport(0, 0, 0, 0, 0, 0, 0, 0, 0.0)


@dataclass
class FakeFolder:
    id: int
    path: Path
    state: FolderState = FolderState.ONLINE
    excluded: str = ""


class Gate:
    """Work that stops here until it is let through, and can be waited for."""

    def __init__(self) -> None:
        self._reached = threading.Semaphore(0)
        self._open = threading.Semaphore(0)

    def pass_through(self) -> None:
        self._reached.release()
        assert self._open.acquire(timeout=PATIENCE_S)

    def wait_until_reached(self) -> None:
        assert self._reached.acquire(timeout=PATIENCE_S)

    def let_through(self, count: int = 1) -> None:
        self._open.release(count)


@dataclass
class FakeLibrary:
    """What the fake engines of a server share."""

    root: Path
    gate: Gate = field(default_factory=Gate)
    improvement_gate: Gate = field(default_factory=Gate)
    folders: list[FakeFolder] = field(default_factory=list)
    remembered: list[str] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    interrupted: list[str] = field(default_factory=list)
    runs: list[list[int]] = field(default_factory=list)
    run: Callable[[FakeIndexer, Callable[[IndexProgress], None]], IndexReport] | None = None
    opened: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    settings: dict[str, str | None] = field(default_factory=dict)
    surroundings: Surroundings | None = None


class FakeIndexer:
    def __init__(self, library: FakeLibrary) -> None:
        self.library = library
        self.stopping = threading.Event()

    def stop(self) -> None:
        self.stopping.set()

    @property
    def is_stopped(self) -> bool:
        return self.stopping.is_set()

    def run(self, folders: Sequence[Folder], progress: Callable[[IndexProgress], None]) -> IndexReport:
        self.library.runs.append([folder.id for folder in folders])
        if self.library.run is None:
            return NOTHING_DONE
        return self.library.run(self, progress)


class FakeEngine:
    """Answers with what it was asked. A search for "hold ..." waits at the library's gate, "bug" and "known" fail."""

    def __init__(self, library: FakeLibrary, *, write: bool = True) -> None:
        self.library = library
        self.write = write
        self.paths = LibraryPaths(library.root)
        self.encoder = SimpleNamespace(
            card=SimpleNamespace(key="fake"),
            provider=None,
            release_images=lambda _: False,
            release_texts=lambda _: False,
        )
        self.library.opened.append(threading.current_thread().name)

    def sibling(self, *, write: bool) -> FakeEngine:
        made = FakeEngine(self.library, write=write)
        made.encoder = self.encoder
        return made

    def close(self) -> None:
        self.library.closed.append(threading.current_thread().name)

    def interrupt(self) -> None:
        self.library.interrupted.append(threading.current_thread().name)

    def search_request(self, request: SearchRequest) -> SearchResult:
        if request.text.startswith("hold"):
            self.library.gate.pass_through()
        if request.text == "bug":
            raise ZeroDivisionError("a bug")
        if request.text == "known":
            raise KnownError(ErrorKind.MODEL_MISSING, "There is no such model.")
        if request.text == "print":
            print("noise")  # noqa: T201
        score = float("nan") if request.text == "nan" else 0.5
        return SearchResult(request.text, "fake", Confidence.MATCH, score, ())

    def improve(self, request: SearchRequest, result: SearchResult) -> SearchResult | None:
        if not request.text.endswith("better"):
            return None
        self.library.improvement_gate.pass_through()
        return SearchResult(request.text, "fake", Confidence.MATCH, 2.0, result.hits)

    def remember_run(self) -> None:
        assert self.write

    def remember_search(self, text: str) -> None:
        assert self.write
        self.library.remembered.append(text)

    def history(self) -> TextList:
        return TextList(tuple(TextItem(text) for text in self.library.remembered))

    def add_caption(self, request: CaptionAdd) -> CaptionRow:
        assert self.write
        if request.text.startswith("hold"):
            self.library.gate.pass_through()
        self.library.captions.append(request.text)
        return CaptionRow(request.text, "en", "user")

    def add_folder(self, path: Path) -> FakeFolder:
        folder = FakeFolder(len(self.library.folders) + 1, path)
        self.library.folders.append(folder)
        return folder

    def remove_folder_id(self, folder_id: int) -> None:
        self.library.folders[:] = [folder for folder in self.library.folders if folder.id != folder_id]

    def pause_folder(self, folder_id: int, *, paused: bool) -> None:
        for folder in self.library.folders:
            if folder.id == folder_id:
                folder.state = FolderState.PAUSED if paused else FolderState.ONLINE

    def folders(self) -> list[FakeFolder]:
        return list(self.library.folders)

    def folder_status(self) -> list[FolderStatus]:
        return [self.status_of(folder) for folder in self.library.folders]

    def status_of(self, folder: FakeFolder) -> FolderStatus:
        return FolderStatus(folder.id, PhotoPath.of(folder.path), folder.state, 0, 0, 0, 0, None)

    def status(self) -> LibraryStatus:
        return LibraryStatus(str(self.library.root), "fake", len(self.library.folders), 0, 0, 0, 0, 0, 0, False)

    def note_polled(self, polled: object) -> None:
        pass

    def get_setting(self, key: str) -> str | None:
        return self.library.settings.get(key)

    def set_setting(self, key: str, value: str | None) -> None:
        self.library.settings[key] = value

    def prepare_captions(self) -> None:
        """Nothing to prepare."""

    def indexer(self) -> FakeIndexer:
        return FakeIndexer(self.library)


def as_engine(fake: FakeEngine) -> Engine:
    return cast("Engine", fake)


class Talk:
    """A server in a thread of this process, and its peer."""

    def __init__(self, library: FakeLibrary, trouble: KnownError | None = None, *, has_engine: bool = True) -> None:
        self.library = library
        source, to_engine = _pipe()
        from_engine, self._target = _pipe()
        self._to_close = (source, from_engine)
        root = as_engine(FakeEngine(library)) if has_engine else None
        self.server = Server(Opened(root, trouble), source, self._target, library.surroundings)
        self.peer = Peer(cast("BinaryIO", to_engine), cast("BinaryIO", from_engine))
        self.ended: list[bool] = []
        self._thread = threading.Thread(target=self._serve, name="server")
        self._thread.start()

    def _serve(self) -> None:
        self.ended.append(self.server.serve())
        self._target.close()

    def hang_up(self) -> bool:
        """Say EOF and wait for the server to end; whether all its threads did in time."""
        self.peer.hang_up()
        self._thread.join(PATIENCE_S)
        (in_time,) = self.ended
        return in_time

    def end(self) -> None:
        """Hang up, if that was not done, and see that nothing is left."""
        self.hang_up()
        self.peer.wait_for_end()
        for stream in self._to_close:
            stream.close()
        for thread in threading.enumerate():
            if thread.name.startswith(("reader", "edits", "indexer", "watch", "waiting")):
                thread.join(PATIENCE_S)
                assert not thread.is_alive(), f"{thread.name} is left running"


def _pipe() -> tuple[FileIO, FileIO]:
    reading, writing = os.pipe()
    return FileIO(reading, "rb"), FileIO(writing, "wb")


@contextlib.contextmanager
def talking(library: FakeLibrary, trouble: KnownError | None = None, *, has_engine: bool = True) -> Iterator[Talk]:
    talk = Talk(library, trouble, has_engine=has_engine)
    try:
        yield talk
    finally:
        library.gate.let_through(1000)
        library.improvement_gate.let_through(1000)
        talk.end()
