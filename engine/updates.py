"""Is there a newer Balloon? Asked only when a person asks: one request to one address, without a word about who asks.

The address is written into a build (``packaging/stamp.py``) or set by ``BALLOON_UPDATE_FEED``. It answers in the form
of GitHub's "latest release": a JSON object with ``tag_name`` and ``html_url``. Nothing else is fetched or installed.
"""

from __future__ import annotations

import json
import os
import re
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

from engine.protocol.methods import UpdateResult
from engine.version import build, version

if TYPE_CHECKING:
    from http.client import HTTPMessage
    from typing import IO

FEED_VARIABLE = "BALLOON_UPDATE_FEED"
TIMEOUT_S = 8.0
MAX_ANSWER_BYTES = 1_000_000
# The few words an HTTP request cannot do without; not even our own version is among them.
HEADERS = {"Accept": "application/json", "User-Agent": "Balloon"}
_VERSION = re.compile(r"v?(\d+(?:\.\d+){0,3})")


def check_for_update(feed: str | None = None) -> UpdateResult:
    """Ask for the latest version. ``answered`` is False where nobody could be asked or the answer made no sense."""
    address = feed or os.environ.get(FEED_VARIABLE) or build().feed
    current = version()
    answer = _ask(address) if _is_allowed(address) else None
    latest, page = _read(answer)
    if not latest:
        return UpdateResult(current)
    return UpdateResult(current, latest, page, is_newer=_numbers(latest) > _numbers(current), answered=True)


def _is_allowed(address: str) -> bool:
    # Plain http only to this very computer.
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"})


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only where the first request might have gone, too."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if not _is_allowed(newurl):
            raise HTTPError(newurl, code, "a redirect to an address that is not safe", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _ask(address: str) -> Any:
    """The JSON document at the address, None where there is no sense in it."""
    try:
        import ssl

        import truststore  # the system's own certificates, which a bundle has no copy of
    except ImportError:  # a system without OpenSSL, which a bundle takes from it
        return None
    secure = urllib.request.HTTPSHandler(context=truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    opener = urllib.request.build_opener(secure, _SafeRedirects)
    opener.addheaders = list(HEADERS.items())
    try:
        with opener.open(address, timeout=TIMEOUT_S) as reply:
            return json.loads(reply.read(MAX_ANSWER_BYTES))
    except (OSError, ValueError):  # offline, refused, cut short, or no JSON
        return None


def _read(answer: Any) -> tuple[str, str]:
    """The version, bare, and its page (https), both empty where the answer has no version."""
    if not isinstance(answer, dict):
        return "", ""
    found = _VERSION.fullmatch(str(answer.get("tag_name", "")))
    page = str(answer.get("html_url", ""))
    return (found[1], page if urlsplit(page).scheme == "https" else "") if found else ("", "")


def _numbers(text: str) -> tuple[int, ...]:
    found = _VERSION.match(text)
    numbers = [int(part) for part in found[1].split(".")] if found else []
    return tuple(numbers + [0] * (4 - len(numbers)))
