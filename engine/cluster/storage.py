"""Photos in a storage that fsspec can reach (S3-compatible, a shared file system, ...): listing them, fetching one."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import logging
import os
import tempfile
import threading
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import KnownError, PhotoError
from engine.imaging.decoding import PHOTO_SUFFIXES
from engine.indexing.digests import DIGEST_BYTES
from engine.indexing.scanner import Walk
from engine.library.photos import FileStamp
from engine.protocol import ErrorKind, IssueReason, is_remote, url_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.indexing.exclusion import Exclusion

logger = logging.getLogger(__name__)

TRIES = 4
FIRST_WAIT_S = 0.5
_READ_BYTES = 1 << 20
# Time-outs for the storages that take them: a request that hangs is given up and tried again.
_OPTIONS: dict[str, dict[str, Any]] = {
    "s3": {"config_kwargs": {"connect_timeout": 10, "read_timeout": 30, "retries": {"max_attempts": 3}}},
}


# Of these no host follows: a ``Path`` has written three strokes as one.
_OF_ONE_HOST = {"file", "local"}


class StorageError(Exception):
    """The storage did not answer, or would not: no fault of the photo, which stays pending."""


@cache
def _file_system(scheme: str) -> Any:
    try:
        fsspec = importlib.import_module("fsspec")
    except ImportError as error:
        raise KnownError(
            ErrorKind.EXTRA_MISSING,
            "Reading from a storage needs the extra 'cluster'. Install it: pip install 'balloon-photos[cluster]'",
        ) from error
    try:
        return fsspec.filesystem(scheme, **_OPTIONS.get(scheme, {}))
    except (ValueError, ImportError) as error:
        raise KnownError(
            ErrorKind.FOLDER_REFUSED, f"This Balloon cannot read {scheme}://. Install fsspec's package for it."
        ) from error


def _opened(path: Path) -> tuple[Any, str]:
    address = url_of(path)
    scheme, _, rest = address.partition("://")
    if scheme in _OF_ONE_HOST and not rest.startswith("/"):
        address = f"{scheme}:///{rest}"
    system = _file_system(scheme)
    return system, system._strip_protocol(address)


def walk_storage(root: Path, exclusion: Exclusion) -> Walk:
    """List every photo below ``root``; raises ``KnownError`` where it cannot be listed or holds nothing at all."""
    system, base = _opened(root)
    try:
        listed = system.find(base, detail=True)
    except Exception as error:
        raise KnownError(
            ErrorKind.FOLDER_GONE,
            f"The storage {url_of(root)} cannot be listed ({_said(error)}). Nothing was changed: check its address and "
            "credentials, then run it again.",
        ) from error
    if not listed:  # a mistyped bucket is empty, too: that is no reason to take every photo for gone
        raise KnownError(
            ErrorKind.FOLDER_GONE, f"The storage {url_of(root)} is empty. Nothing was changed: check its address."
        )
    found = Walk(entries=len(listed))
    for name, facts in listed.items():
        path = os.fsencode(str(name)[len(base) :].lstrip("/"))
        if _is_photo(path) and path not in exclusion:
            found.files[path] = _stamp(facts)
    return found


def _is_photo(path: bytes) -> bool:
    parts = path.split(b"/")
    return os.fsdecode(os.path.splitext(path)[1].lower()) in PHOTO_SUFFIXES and not any(
        part.startswith(b".") for part in parts
    )


def _stamp(facts: dict[str, Any]) -> FileStamp:
    changed = facts.get("LastModified", facts.get("mtime", facts.get("last_modified", 0)))
    if isinstance(changed, datetime):
        changed = changed.replace(tzinfo=changed.tzinfo or UTC).timestamp()
    return FileStamp(int(facts.get("size") or 0), int(float(changed or 0) * 10**9), 0)


@contextlib.contextmanager
def fetched(path: Path) -> Iterator[Path]:
    """A file of this machine with the photo's bytes: itself, or a copy that is removed afterwards.

    Raises ``PhotoError`` for a photo that is gone or may not be read, ``StorageError`` after several tries.
    """
    if not is_remote(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="balloon-fetched-") as folder:
        target = Path(folder) / f"photo{path.suffix}"
        _fetch(path, target)
        yield target


def _fetch(path: Path, target: Path) -> None:
    system, name = _opened(path)
    wait_s = FIRST_WAIT_S
    for left in reversed(range(TRIES)):
        try:
            with system.open(name, "rb") as source, target.open("wb") as copy:
                while part := source.read(_READ_BYTES):
                    copy.write(part)
        except FileNotFoundError as error:
            raise PhotoError(IssueReason.VANISHED, "the file is gone") from error
        except PermissionError as error:
            raise PhotoError(IssueReason.UNREADABLE, "the storage does not allow it to be read") from error
        except Exception as error:
            if not left:
                raise StorageError(f"{url_of(path)}: {_said(error)}") from error
            logger.info("%s is tried again: %s", url_of(path), error)
            threading.Event().wait(wait_s)
            wait_s *= 2
        else:
            return


def digest_of(file: Path) -> bytes:
    """BLAKE2b-256 of a file of this machine; raises ``PhotoError``."""
    try:
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=DIGEST_BYTES)).digest()
    except FileNotFoundError as error:
        raise PhotoError(IssueReason.VANISHED, "the file is gone") from error
    except OSError as error:
        raise PhotoError(IssueReason.UNREADABLE, error.strerror or str(error)) from error
    return digest


def _said(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
