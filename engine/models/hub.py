"""The Hugging Face hub, or a mirror of it: which files a model has, and fetching those that an import needs.

Only when a person asks for a model; the one place of Balloon that reaches out. Nothing about the person is sent. Each
file is checked against the size and digest that the hub states; a download that was broken off goes on where it ended.
Standard library: huggingface_hub starts a broken download anew and brings eight packages.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPMessage
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from engine.errors import KnownError
from engine.models.hub_files import choose_files
from engine.protocol import ErrorKind
from engine.version import version

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENDPOINT_VARIABLE = "HF_ENDPOINT"
TOKEN_VARIABLE = "HF_TOKEN"
PUBLIC_ENDPOINT = "https://huggingface.co"
UNREACHABLE = ErrorKind.HUB_UNREACHABLE
TIMEOUT_S = 30.0
CHUNK = 1 << 20
_LONGEST_LISTING = 32 << 20
_NAME = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?", re.ASCII)
_UNFINISHED = ".part"


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a model; ``sha256`` of a large one, ``blob`` (Git's own digest) of a small one."""

    name: str
    byte_size: int
    sha256: str | None
    blob: str | None


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model as the hub lists it, at one ``commit``; ``files`` are those that an import needs."""

    repository: str
    commit: str
    licence: str
    files: tuple[HubFile, ...]

    @property
    def byte_size(self) -> int:
        """What there is to fetch."""
        return sum(file.byte_size for file in self.files)


def is_hub_name(text: str) -> bool:
    """Whether ``text`` looks like ``owner/name`` or ``owner/name@revision``."""
    return _NAME.fullmatch(text) is not None and ".." not in text


def endpoint_from(setting: str | None) -> str:
    """Where the hub is: the setting, else HF_ENDPOINT, else the public one; raises ``KnownError`` (USAGE)."""
    found = (setting or os.environ.get(ENDPOINT_VARIABLE) or PUBLIC_ENDPOINT).rstrip("/")
    if urllib.parse.urlsplit(found).scheme not in {"http", "https"}:
        raise KnownError(ErrorKind.USAGE, f"{found} is no address of a hub. It must begin with https://")
    return found


class Hub:
    """One hub or mirror."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._opener = urllib.request.build_opener(_SafeRedirects())

    def find(self, name: str, *, checkpoints: bool) -> HubModel:
        """Look a model up by ``owner/name[@revision]``; ``checkpoints``: those of PyTorch can be converted here.

        Raises ``KnownError``: NOT_FOUND, BAD_FILE for a model without usable files, UNREACHABLE.
        """
        repository, _, revision = name.partition("@")
        place = f"/api/models/{repository}/revision/{urllib.parse.quote(revision or 'main', safe='')}?blobs=true"
        with self._open(place, repository) as answer:
            listing = _parsed(answer.read(_LONGEST_LISTING), self._endpoint)
        files = [file for entry in listing.get("siblings", []) if (file := _file(entry)) is not None]
        wanted = choose_files([file.name for file in files], repository, checkpoints=checkpoints)
        return HubModel(
            repository,
            str(listing.get("sha") or revision or "main"),
            _licence(listing),
            tuple(file for file in files if file.name in wanted),
        )

    def fetch(
        self,
        model: HubModel,
        folder: Path,
        progress: Callable[[int, int], None],
        is_called_off: Callable[[], bool] = lambda: False,
    ) -> None:
        """Fetch the model's files into ``folder``; what lies there complete is kept, what lies there in part goes on.

        ``progress`` hears bytes done and bytes in all. Raises ``KnownError``: UNREACHABLE, BAD_FILE for a file that is
        not what the hub says, CANCELLED.
        """
        done = 0
        for file in model.files:
            target = folder / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            if not (target.is_file() and target.stat().st_size == file.byte_size):
                self._fetch_file(model, file, target, _Watch(progress, is_called_off, done, model.byte_size))
            done += file.byte_size
            progress(done, model.byte_size)

    def _fetch_file(self, model: HubModel, file: HubFile, target: Path, watch: _Watch) -> None:
        part = target.with_name(target.name + _UNFINISHED)
        known = part.stat().st_size if part.is_file() else 0
        if known > file.byte_size:
            part.unlink()
            known = 0
        place = f"/{model.repository}/resolve/{model.commit}/{urllib.parse.quote(file.name)}"
        while not part.is_file() or known < file.byte_size:
            now = self._append(place, model.repository, part, known, watch)
            if now < file.byte_size and now <= known:  # broken off, and nothing came: another try will not help
                raise self._unreachable(ConnectionError("the connection breaks off"))
            known = now
        if not _is_as_stated(part, file):
            part.unlink(missing_ok=True)
            raise KnownError(
                ErrorKind.BAD_FILE, f"{file.name} did not arrive as the hub states it. Try again, or another mirror."
            )
        part.replace(target)

    def _append(self, place: str, repository: str, part: Path, known: int, watch: _Watch) -> int:
        """Fetch what is missing, as far as the connection lasts; gives how much there is now."""
        with self._open(place, repository, begin=known) as answer:
            is_continued = known > 0 and answer.status == HTTPStatus.PARTIAL_CONTENT
            count = known if is_continued else 0
            with part.open("ab" if is_continued else "wb") as stream:
                watch.tell(count)
                while chunk := _read(answer):
                    stream.write(chunk)
                    count += len(chunk)
                    watch.tell(count)
            return count

    def _open(self, place: str, repository: str, *, begin: int = 0) -> Any:
        headers = {"User-Agent": f"balloon/{version()}", "Accept-Encoding": "identity"}
        token = os.environ.get(TOKEN_VARIABLE)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if begin:
            headers["Range"] = f"bytes={begin}-"
        request = urllib.request.Request(self._endpoint + place, headers=headers)
        try:
            return self._opener.open(request, timeout=TIMEOUT_S)
        except urllib.error.HTTPError as error:
            error.close()
            raise self._refusal(error, repository) from error
        except (OSError, HTTPException) as error:
            raise self._unreachable(error) from error

    def _refusal(self, error: urllib.error.HTTPError, repository: str) -> KnownError:
        if error.code == HTTPStatus.NOT_FOUND:
            return KnownError(ErrorKind.NOT_FOUND, f"{self._endpoint} has no model {repository}. Check the name.")
        if error.code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return KnownError(
                ErrorKind.NOT_FOUND,
                f"{self._endpoint} has no model {repository} that everyone may have. Check the name, or set HF_TOKEN.",
            )
        return self._unreachable(error)

    def _unreachable(self, error: Exception) -> KnownError:
        reason = getattr(error, "reason", None) or error
        return KnownError(
            UNREACHABLE,
            f"{self._endpoint} cannot be reached ({str(reason).strip() or type(error).__name__}). Look at the "
            "connection, or name a mirror: set HF_ENDPOINT.",
        )


@dataclass(frozen=True, slots=True)
class _Watch:
    """Tells of one file's progress as part of the whole."""

    progress: Callable[[int, int], None]
    is_called_off: Callable[[], bool]
    before: int
    total: int

    def tell(self, count: int) -> None:
        if self.is_called_off():
            raise KnownError(ErrorKind.CANCELLED, "The download was called off. Nothing was installed.")
        self.progress(min(self.total, self.before + count), self.total)


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """A token is the hub's alone: it does not go along to the server that keeps the file."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        found = super().redirect_request(req, fp, code, msg, headers, newurl)
        if found is not None and urllib.parse.urlsplit(newurl).netloc != urllib.parse.urlsplit(req.full_url).netloc:
            found.remove_header("Authorization")
        return found


def _read(answer: Any) -> bytes:
    """The next piece; nothing at the end, and where the connection ends before it."""
    try:
        chunk: bytes = answer.read(CHUNK)
    except (OSError, HTTPException):
        return b""
    return chunk


def _parsed(data: bytes, endpoint: str) -> dict[str, Any]:
    try:
        values = json.loads(data)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise KnownError(UNREACHABLE, f"{endpoint} does not answer as a hub does. Check HF_ENDPOINT.")
    return values


def _file(entry: Any) -> HubFile | None:
    """A listed file, None for one whose name would leave the folder or whose size is not known."""
    name, size = str(entry.get("rfilename", "")), entry.get("size")
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or not isinstance(size, int):
        return None
    lfs = entry.get("lfs") or {}
    return HubFile(name, size, lfs.get("sha256"), entry.get("blobId"))


def _licence(listing: dict[str, Any]) -> str:
    stated = (listing.get("cardData") or {}).get("license")
    return stated if isinstance(stated, str) else ""


def _is_as_stated(path: Path, file: HubFile) -> bool:
    """Size and digest; Git's digest of a small file is SHA-1 over a head and the content."""
    if not path.is_file() or path.stat().st_size != file.byte_size:
        return False
    with path.open("rb") as stream:
        if file.sha256 is not None:
            return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
        if file.blob is not None:
            content = stream.read()
            head = f"blob {len(content)}\0".encode()
            return hashlib.sha1(head + content, usedforsecurity=False).hexdigest() == file.blob
    return True
