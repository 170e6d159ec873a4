"""Asking for a newer version: one request, nothing told, and calm when nobody answers. The server is this computer."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from engine import updates
from engine.protocol.methods import UpdateResult
from engine.updates import check_for_update

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = "https://example.org/balloon/releases/v0.9.0"


class Feed(HTTPServer):
    """Answers with one document and remembers what it was asked."""

    answer = b"{}"
    redirect = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, str]]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/latest"


class Handler(BaseHTTPRequestHandler):
    server: Feed

    def do_GET(self) -> None:  # the name that http.server calls
        self.server.asked.append((self.path, dict(self.headers)))
        if self.server.redirect:
            self.send_response(302)
            self.send_header("Location", self.server.redirect)
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as the base class has it
        """Stay silent."""


@contextmanager
def serving(feed: Feed) -> Iterator[None]:
    thread = threading.Thread(target=feed.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        feed.shutdown()
        thread.join()
        feed.server_close()


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Feed]:
    monkeypatch.setattr(updates, "version", lambda: "0.1.0")
    server = Feed()
    with serving(server):
        yield server


def release(tag: object, page: object = PAGE) -> bytes:
    return json.dumps({"tag_name": tag, "html_url": page, "body": "words"}).encode()


def test_newer_version_is_told_with_its_page(feed: Feed) -> None:
    feed.answer = release("v0.9.0")

    assert check_for_update(feed.address) == UpdateResult("0.1.0", "0.9.0", PAGE, is_newer=True, answered=True)


@pytest.mark.parametrize(("tag", "is_newer"), [("0.1", False), ("0.0.9", False), ("0.1.0.1", True), ("v0.10.0", True)])
def test_versions_are_compared_by_their_numbers(feed: Feed, tag: str, *, is_newer: bool) -> None:
    feed.answer = release(tag)

    assert check_for_update(feed.address).is_newer is is_newer


def test_only_one_bare_request_is_sent(feed: Feed) -> None:
    feed.answer = release("v0.9.0")
    check_for_update(feed.address)

    ((path, headers),) = feed.asked
    assert path == "/latest"
    assert headers.keys() <= {"Host", "Accept", "User-Agent", "Accept-Encoding", "Connection"}
    assert headers["User-Agent"] == "Balloon"


@pytest.mark.parametrize(
    "answer", [b"", b"<html>", b"[]", b'"x"', release("nightly"), release("1; rm"), release(None), b"\xff{}"]
)
def test_nonsense_counts_as_no_answer(feed: Feed, answer: bytes) -> None:
    feed.answer = answer

    assert check_for_update(feed.address) == UpdateResult("0.1.0")


@pytest.mark.parametrize("page", ["http://example.org/", "file:///etc/passwd", "javascript:1", None])
def test_page_that_is_not_https_is_left_out(feed: Feed, page: object) -> None:
    feed.answer = release("v0.9.0", page)

    found = check_for_update(feed.address)
    assert (found.latest, found.page) == ("0.9.0", "")


def test_redirect_to_an_unsafe_address_is_not_followed(feed: Feed) -> None:
    feed.redirect = "http://example.org/latest"

    assert not check_for_update(feed.address).answered


@pytest.mark.parametrize("address", ["", "http://example.org/x", "file:///etc/passwd", "ftp://example.org/x", "latest"])
def test_address_that_is_not_safe_is_never_asked(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(updates.FEED_VARIABLE, raising=False)
    monkeypatch.setattr(updates, "_ask", lambda _: pytest.fail("it was asked"))

    assert not check_for_update(address).answered


def test_being_offline_is_no_error() -> None:
    server = Feed()
    server.server_close()  # the port is free again: nobody listens

    assert not check_for_update(server.address).answered
