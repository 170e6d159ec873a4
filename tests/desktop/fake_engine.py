"""An engine process for tests: the same lines over the same pipes, about photos that do not exist.

``python fake_engine.py PLAN`` reads a JSON file (see ``FakePlan``), misbehaves as it says, and notes what it hears.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.protocol import (
    Confidence,
    DateFilter,
    FolderState,
    FolderStatus,
    Hit,
    IndexProgress,
    LibraryStatus,
    NegatedClause,
    PhotoPath,
    SearchResult,
    Span,
    WordsClause,
)
from engine.protocol.json_values import to_json
from engine.protocol.methods import (
    BrowseResult,
    CaptionsResult,
    DoctorResult,
    Explanation,
    FolderList,
    IndexState,
    IssueList,
    LibraryChanged,
    ModelList,
    PhotoDetails,
    PreviewResult,
    SearchImproved,
    SettingValue,
    TextItem,
    TextList,
    Welcome,
)
from engine.protocol.registry import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable

LIBRARY = "/library"
FOLDER = "/photos"

Level = tuple[int, Confidence]


@dataclass
class FakePlan:
    """How the engine behaves. Lists of words name queries; ``die_once`` names methods, each killing it one time."""

    photos: int = 12
    folders: int = 1
    covered: int | None = None
    thumbnails: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    slow_s: dict[str, float] = field(default_factory=dict)
    silent: list[str] = field(default_factory=list)
    die_once: list[str] = field(default_factory=list)
    die_at_start: bool = False
    garbage: bool = False
    refusal: str | None = None
    fails: dict[str, str] = field(default_factory=dict)
    improves: list[str] = field(default_factory=list)
    read_only: bool = False
    recovered_from: str | None = None
    indexing: bool = False
    waiting: str | None = None
    stays_after_eof: bool = False
    offline: list[int] = field(default_factory=list)

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")


class FakeEngine:
    def __init__(self, file: Path) -> None:
        self.file = file
        self.plan = FakePlan(**json.loads(file.read_text(encoding="utf-8")))
        self.lock = threading.Lock()
        self.waiting: dict[int, threading.Timer] = {}
        self.heard = file.with_suffix(".heard")

    def serve(self) -> None:
        with self.file.with_suffix(".pids").open("a", encoding="ascii") as pids:
            pids.write(f"{os.getpid()}\n")
        if self.plan.die_at_start:
            os._exit(3)
        if self.plan.garbage:
            sys.stdout.write("this is no JSON\n[1, 2]\n" + '{"jsonrpc":"2.0","id":9999,"result":{}}\n')
            sys.stdout.write('{"jsonrpc":"2.0","method":"no.such","params":{}}\n')
            sys.stdout.flush()
        for line in sys.stdin:
            self.hear(json.loads(line))
        if self.plan.stays_after_eof:
            threading.Event().wait(60)

    def hear(self, message: dict[str, Any]) -> None:
        with self.heard.open("a", encoding="utf-8") as heard:
            heard.write(json.dumps(message) + "\n")
        method = message["method"]
        if method == "cancel":
            self.cancel(message["params"]["request"])
            return
        self.die_if_planned(method)
        if method in self.plan.silent:
            return
        delay_s = self.plan.slow_s.get(message["params"].get("text") or method, 0.0)
        if not delay_s:
            self.answer(message)
            return
        timer = threading.Timer(delay_s, self.answer, [message])
        timer.daemon = True
        self.waiting[message["id"]] = timer
        timer.start()

    def cancel(self, request: int) -> None:
        timer = self.waiting.pop(request, None)
        if timer is not None:
            timer.cancel()
            self.write({"id": request, "error": {"code": -1, "message": "", "data": {"kind": "cancelled"}}})

    def die_if_planned(self, method: str) -> None:
        mark = self.file.with_suffix(f".died-{method}")
        if method in self.plan.die_once and not mark.exists():
            mark.touch()
            os._exit(7)

    def answer(self, message: dict[str, Any]) -> None:
        method, params, id_ = message["method"], message["params"], message["id"]
        kind = self.plan.refusal if method == "hello" else self.plan.fails.get(method)
        if kind is not None:
            self.write({"id": id_, "error": {"code": -1, "message": "planned", "data": {"kind": kind}}})
            return
        result = self.result(method, params)
        self.write({"id": id_, "result": to_json(result)})
        if method == "search" and params["text"] in self.plan.improves:
            better = SearchResult(
                result.query, result.model, result.confidence, 1.0, result.hits[::-1], (), result.covered, result.known
            )
            self.write({"method": "search.improved", "params": to_json(SearchImproved(id_, better))})
        if method == "folders.add":
            self.plan.folders += 1
            self.write({"method": "library.changed", "params": to_json(LibraryChanged(self.status()))})
        if method == "shutdown":
            sys.stdout.flush()

    def write(self, message: dict[str, Any]) -> None:
        with self.lock:
            sys.stdout.write(json.dumps({"jsonrpc": "2.0"} | message) + "\n")
            sys.stdout.flush()

    def result(self, method: str, params: dict[str, Any]) -> Any:
        answers: dict[str, Callable[[], Any]] = {
            "hello": lambda: Welcome(1, "fake", LIBRARY, "fake-model", self.plan.read_only),
            "status": self.status,
            "index.state": lambda: IndexState(False, self.progress(), "CPUExecutionProvider", self.plan.waiting),
            "folders.list": lambda: FolderList(tuple(self.folder(number) for number in range(self.plan.folders))),
            "folders.add": lambda: self.folder(self.plan.folders),
            "browse": lambda: self.browse(params["offset"], params["limit"]),
            "search": lambda: self.search(params["text"], len(params["photos"])),
            "similar": lambda: self.found("similar", [(n, Confidence.MATCH) for n in range(5)]),
            "photo": lambda: self.details(params["photo_id"]),
            "preview": lambda: PreviewResult(self.plan.thumbnails[0], 320, 240),
            "history.list": lambda: TextList((TextItem("red balloon"), TextItem("dog & cat"))),
            "saved.list": lambda: TextList((TextItem("sea 2023", "The sea"),)),
            "models.list": lambda: ModelList(()),
            "issues.list": lambda: IssueList(()),
            "doctor": lambda: DoctorResult(()),
            "captions.nearest": lambda: CaptionsResult(PhotoPath(FOLDER), (), ()),
            "explain": lambda: Explanation(params["photo_id"], 0.3, ()),
            "settings.get": lambda: SettingValue(params["key"]),
        }
        make: Callable[[], Any] = answers.get(method, METHODS[method][1])
        return make()

    def status(self) -> LibraryStatus:
        n = self.plan.photos
        return LibraryStatus(
            LIBRARY, "fake-model", self.plan.folders, n, n, self.covered(), n - self.covered(), 0, 1, True,
            self.plan.recovered_from,
        )  # fmt: skip

    def covered(self) -> int:
        return self.plan.photos if self.plan.covered is None else self.plan.covered

    def progress(self) -> IndexProgress | None:
        return IndexProgress("index", self.covered(), 5, 0, 10.0) if self.plan.indexing else None

    def folder(self, number: int) -> FolderStatus:
        return FolderStatus(number, PhotoPath(FOLDER), FolderState.ONLINE, self.plan.photos, 0, 0, 0, None)

    def browse(self, offset: int, limit: int) -> BrowseResult:
        numbers = range(offset, min(offset + limit, self.plan.photos))
        return BrowseResult(self.plan.photos, tuple(self.hit(n, Confidence.MATCH, n) for n in numbers))

    def search(self, text: str, photos: int) -> SearchResult:
        levels = [(n, Confidence.MATCH) for n in range(2)] + [(n, Confidence.POSSIBLE) for n in range(2, 5)]
        if "unicorn" in text:
            return self.found(text, [(n, Confidence.POSSIBLE) for n in range(3)], Confidence.NONE)
        if "void" in text:
            return self.found(text, [], Confidence.NONE)
        if photos:
            levels = levels[::-1][:3]
        return self.found(text, [(n + len(text) % 3, level) for n, level in levels])

    def found(self, text: str, levels: list[Level], whole: Confidence = Confidence.MATCH) -> SearchResult:
        hits = tuple(self.hit(number, confidence, rank) for rank, (number, confidence) in enumerate(levels))
        return SearchResult(text, "fake-model", whole, 1.0, hits, clauses_of(text), self.covered(), self.plan.photos)

    def hit(self, number: int, level: Confidence, rank: int) -> Hit:
        thumbnails, files = self.plan.thumbnails, self.plan.files
        path = files[number % len(files)] if files else f"{FOLDER}/photo-{number}.jpg"
        thumbnail = thumbnails[number % len(thumbnails)] if thumbnails else None
        month = f"{2026 - number // 12:04}-{12 - number % 12:02}-05T10:00:00"
        offline = number in self.plan.offline
        return Hit(number + 1, PhotoPath(path), 0.3, level, rank + 1, ("vectors",), None, month, thumbnail, offline)

    def details(self, photo_id: int) -> PhotoDetails:
        hit = self.hit(photo_id - 1, Confidence.MATCH, 0)
        camera = "Camera X100"
        return PhotoDetails(
            photo_id, (hit.path,), "JPEG", 640, 480, 1234, hit.taken_at, camera, None, None, False, hit.thumbnail, ()
        )


def clauses_of(text: str) -> tuple[Any, ...]:
    """Words, ``-word`` and years, with their places."""
    clauses: list[Any] = []
    for match in re.finditer(r"\S+", text):
        word, span = match.group(), Span(*match.span())
        if word.startswith("-"):
            clauses.append(NegatedClause(word[1:], span))
        elif re.fullmatch(r"\d{4}", word):
            clauses.append(DateFilter(f"{word}-01-01", f"{int(word) + 1}-01-01", span))
        else:
            clauses.append(WordsClause(word, "en", span))
    return tuple(clauses)


if __name__ == "__main__":
    FakeEngine(Path(sys.argv[1])).serve()
