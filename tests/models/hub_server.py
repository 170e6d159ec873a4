"""A hub on the loopback interface: it speaks the Hugging Face hub's layout and can be told to misbehave."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PATIENCE_S = 30.0
LARGE = 2000  # files from this size on are kept apart, as Git LFS does


class HubServer:
    """Serves the folder ``files`` as the model ``owner/name``.

    ``cut_after``: the connection breaks after so many bytes of a large file, once. ``altered``: names of files whose
    bytes are not what the listing says. ``status``: answer everything with this error.
    """

    def __init__(self, files: Path) -> None:
        self.files = files
        self.cut_after: int | None = None
        self.altered: set[str] = set()
        self.status: int | None = None
        self.gate = threading.Event()  # answers wait while it is clear
        self.gate.set()
        self.asked: list[tuple[str, str | None, str | None]] = []
        self.address = ""

    def listing(self) -> dict[str, Any]:
        siblings = []
        for path in sorted(self.files.rglob("*")):
            if path.is_file():
                data = path.read_bytes()
                head = f"blob {len(data)}\0".encode()
                entry: dict[str, Any] = {"rfilename": path.relative_to(self.files).as_posix(), "size": len(data)}
                if len(data) >= LARGE:
                    entry["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
                else:
                    entry["blobId"] = hashlib.sha1(head + data, usedforsecurity=False).hexdigest()
                siblings.append(entry)
        return {"sha": COMMIT, "siblings": siblings, "cardData": {"license": "mit", "language": ["en"]}}

    @contextlib.contextmanager
    def running(self) -> Iterator[HubServer]:
        hub = self

        class Handler(_Handler):
            owner = hub

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="hub")
        thread.start()
        self.address = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield self
        finally:
            self.gate.set()
            server.shutdown()
            server.server_close()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    owner: HubServer

    def do_GET(self) -> None:  # the library's name
        hub = self.owner
        hub.gate.wait(PATIENCE_S)
        hub.asked.append((self.path, self.headers.get("Range"), self.headers.get("Authorization")))
        if hub.status is not None:
            self.send_error(hub.status)
        elif self.path.startswith("/api/models/owner/name/revision/"):
            self._send(json.dumps(hub.listing()).encode())
        elif self.path.startswith(f"/owner/name/resolve/{COMMIT}/"):
            self._send_file(self.path.split(f"/{COMMIT}/", 1)[1].split("?")[0])
        else:
            self.send_error(404)

    def _send_file(self, name: str) -> None:
        path = self.owner.files / name
        if not path.is_file():
            self.send_error(404)
            return
        if path.stat().st_size >= LARGE and not self.path.endswith("?kept-apart"):
            self.send_response(302)  # large files lie on another server
            self.send_header(
                "Location", self.owner.address.replace("127.0.0.1", "localhost") + f"{self.path}?kept-apart"
            )
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._send(path.read_bytes(), is_large=True)

    def do_HEAD(self) -> None:  # the library's name
        self.send_error(405)

    def _send(self, data: bytes, *, is_large: bool = False) -> None:
        hub = self.owner
        name = self.path.split("?")[0].rsplit("/", 1)[-1]
        if name in hub.altered:
            data = bytes([data[0] ^ 1]) + data[1:]
        begin = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(data) - begin))
        self.end_headers()
        body = data[begin:]
        if is_large and hub.cut_after is not None and len(body) > hub.cut_after:
            body, hub.cut_after = body[: hub.cut_after], None
            self.close_connection = True
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the library's name
        """Stay silent."""
