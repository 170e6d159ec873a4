"""The door to Ray: connecting, and what its failures mean to a person. Ray is never imported before it is asked for."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import KnownError
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger(__name__)

LOCAL = "ray"
CLIENT_SCHEME = "ray://"
OBJECT_STORE_BYTES = 512 << 20  # of an own Ray: what lies between decoding and encoding is a few megabytes
_HERE = "127.0.0.1"
_NO_EXTRA = "Reaching a cluster needs the extra 'cluster'. Install it: pip install 'balloon-photos[cluster]'"
_OUT_OF_MEMORY = (
    "A machine of the cluster ran out of memory, and Ray ended its workers. What was done so far stays: run it again "
    "with fewer --workers, or with more memory."
)
_NOTHING_BACK = (
    "Nothing comes back from the cluster: its workers are killed for their memory again and again, or no core is free. "
    "What was done so far stays: run it again with fewer --workers, or on more machines."
)
_DIED = (
    "The workers of the cluster died again and again ({said}). What was done so far stays: run it again once the "
    "machines are well."
)
_NO_BALLOON = (
    "The cluster's machines have no Balloon, or another one. Install the same there: pip install "
    "'balloon-photos[cluster]'"
)
_UNREACHED = (
    "The cluster {on} cannot be reached. Check its address, that the same versions of Ray and Python run there, and "
    "that its token is in RAY_AUTH_TOKEN or ~/.ray/auth_token. What was done so far stays."
)
_LACKING = re.compile(r"No module named 'engine\b")
_SAID = re.compile(rf"^{KnownError.__module__}\.{KnownError.__qualname__}: (.+)$", re.MULTILINE)


def module(name: str = "ray") -> Any:
    """Import Ray or a part of it; raises ``KnownError`` (EXTRA_MISSING)."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise KnownError(
            ErrorKind.EXTRA_MISSING,
            "Indexing on a cluster needs the extra 'cluster'. Install it: pip install 'balloon-photos[cluster]'",
        ) from error


@contextlib.contextmanager
def connected(on: str, cpus: int | None) -> Iterator[None]:
    """Be connected while inside: to ``ray://ADDRESS``, or with ``ray`` to an own Ray of ``cpus`` cores on this computer
    (to the one that RAY_ADDRESS names, if it does). Raises ``KnownError``.
    """
    if on != LOCAL and not (on.startswith(CLIENT_SCHEME) and len(on) > len(CLIENT_SCHEME)):
        raise KnownError(ErrorKind.USAGE, f"{on} is no cluster. Say --on ray, or --on ray://HOST:PORT")
    if _is_own(on):
        # Its own, and heard by this computer alone: Ray would make the loopback address the network's again. Read when
        # Ray is imported.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    elif _has_token():
        os.environ.setdefault("RAY_AUTH_MODE", "token")  # a cluster's head does so itself, whoever asks it must be told
    ray = module()
    _start(ray, on, cpus)
    try:
        with _known_errors(on):
            yield
    finally:
        ray.shutdown()


def _has_token() -> bool:
    named = os.environ.get("RAY_AUTH_TOKEN"), os.environ.get("RAY_AUTH_TOKEN_PATH")
    return any(named) or (Path.home() / ".ray" / "auth_token").is_file()


def _start(ray: Any, on: str, cpus: int | None) -> None:
    with _known_errors(on), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a time-out is told by its error
        try:
            ray.init(**_settings(on, cpus))
        except Exception as error:
            if type(error) is not Exception:  # Ray's own word for a start that takes too long has no class
                raise
            raise KnownError(
                ErrorKind.INTERNAL, "Ray does not start on this computer: it may be too busy. Try again in a moment."
            ) from error


def _is_own(on: str) -> bool:
    return on == LOCAL and not os.environ.get("RAY_ADDRESS")


def keep_quiet() -> None:
    """What Ray has to say goes into its own logs, not among what the command line says."""
    for name in ("ray", "ray.data"):
        for handler in logging.getLogger(name).handlers:
            if isinstance(handler, logging.StreamHandler):
                handler.setLevel(logging.ERROR)


def _settings(on: str, cpus: int | None) -> dict[str, Any]:
    settings: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    if on != LOCAL:
        return {**settings, "address": on}
    if not _is_own(on):
        return settings
    return {
        **settings,
        "address": "local",
        "num_cpus": cpus,
        "include_dashboard": False,
        "_node_ip_address": _HERE,
        "object_store_memory": OBJECT_STORE_BYTES,
    }


def deaths() -> tuple[type[Exception], ...]:
    """What Ray raises when a process or a machine has ended."""
    errors = module("ray.exceptions")
    return errors.WorkerCrashedError, errors.RayActorError, errors.NodeDiedError


def said_by_worker(error: BaseException) -> KnownError | None:
    """The sentence that a process of the cluster raised, if one did: of its error Ray hands on the words alone."""
    text = str(error)
    if said := _SAID.findall(text):
        return KnownError(ErrorKind.INTERNAL, said[-1])
    return KnownError(ErrorKind.EXTRA_MISSING, _NO_BALLOON) if _LACKING.search(text) else None


@contextlib.contextmanager
def _known_errors(on: str) -> Iterator[None]:
    errors = module("ray.exceptions")
    try:
        yield
    except (errors.RayError, ConnectionError, TimeoutError, ImportError) as error:
        known = said_by_worker(error) or _meaning(error, on)
        if known is None:
            raise
        logger.info("of the cluster: %s", error)
        raise known from error


def _meaning(error: Exception, on: str) -> KnownError | None:
    errors = module("ray.exceptions")
    if isinstance(error, ImportError):
        return KnownError(ErrorKind.EXTRA_MISSING, _NO_EXTRA)
    unreached = errors.RaySystemError, errors.AuthenticationError, ConnectionError, TimeoutError
    meanings = (
        (errors.OutOfMemoryError, _OUT_OF_MEMORY),
        (errors.GetTimeoutError, _NOTHING_BACK),
        (deaths(), _DIED),
        (unreached, _UNREACHED),
    )
    for kinds, sentence in meanings:
        if isinstance(error, kinds):
            said = (str(error).strip().splitlines() or [type(error).__name__])[-1].strip()[:200]
            return KnownError(ErrorKind.INTERNAL, sentence.format(on=on, said=said))
    return None
