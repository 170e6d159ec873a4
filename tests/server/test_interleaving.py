"""Whatever the order of requests, cancels, holds and bad lines: every request is answered, exactly once."""

from __future__ import annotations

import logging
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.protocol.methods import CaptionAdd, Empty, SearchRequest
from tests.server.fakes import FakeLibrary, talking

if TYPE_CHECKING:
    from tests.server.fakes import Talk

REQUESTS: dict[str, tuple[str, Any]] = {
    "search": ("search", SearchRequest("quick")),
    "better": ("search", SearchRequest("much better", remember=True)),
    "held search": ("search", SearchRequest("hold it")),
    "bug": ("search", SearchRequest("bug")),
    "known": ("search", SearchRequest("known")),
    "edit": ("captions.add", CaptionAdd(1, "quick")),
    "held edit": ("captions.add", CaptionAdd(1, "hold it")),
    "main": ("index.state", Empty()),
    "wrong": ("photo", Empty()),
    "unknown": ("no.such", Empty()),
    "rescan": ("folders.rescan", {"folder_id": 1}),
}
STEPS = st.one_of(
    st.sampled_from(sorted(REQUESTS)),
    st.integers(0, 12).map(lambda back: ("cancel", back)),
    st.sampled_from([("let through", 0), ("improve", 0), ("wait", 0)]),
)


def act(talk: Talk, step: str | tuple[str, int], ids: list[int]) -> None:
    match step:
        case str():
            ids.append(talk.peer.ask(*REQUESTS[step]))
        case ("cancel", back):
            talk.peer.cancel(ids[-1 - back] if back < len(ids) else 1000 + back)
        case ("let through", _):
            talk.library.gate.let_through()
        case ("improve", _):
            talk.library.improvement_gate.let_through()
        case _:
            ids.append(talk.peer.ask("index.state"))
            talk.peer.answer(ids[-1])


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=40), st.booleans())
def test_every_request_is_answered_exactly_once(steps: list[str | tuple[str, int]], hangs_up_early: bool) -> None:
    logging.disable(logging.CRITICAL)  # bugs and bad lines are logged, as they should be
    ids: list[int] = []
    try:
        with tempfile.TemporaryDirectory() as root, talking(FakeLibrary(Path(root))) as talk:
            for step in steps:
                act(talk, step, ids)
            if not hangs_up_early:
                talk.library.gate.let_through(1000)
                for id_ in ids:
                    talk.peer.answer(id_)
    finally:
        logging.disable(logging.NOTSET)
    answers = Counter(message["id"] for message in talk.peer.heard if "method" not in message)
    assert answers == Counter(ids)
