"""Installing a model from wherever it is: a folder, a name of the catalogue, a name on the hub or a mirror of it.

One at a time on a computer. What an installation that was killed left behind is cleared up by the next; a download that
was broken off waits a week for being taken up again, one that was called off does not.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import KnownError
from engine.models.catalogue import find_offer, offered
from engine.models.export_process import can_export
from engine.models.hub import Hub, HubModel, endpoint_from, is_hub_name
from engine.models.importing import (
    Imported,
    Naming,
    Precision,
    Work,
    disk_trouble,
    free_key,
    import_folder,
    remove_leftovers,
)
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

DOWNLOADS = ".downloads"
KEPT_FOR_S = 7 * 24 * 3600.0
LOCK = ".installing.lock"


@dataclass(frozen=True, slots=True)
class Order:
    """What to install: ``source`` is a folder, a catalogue's key or ``owner/name[@revision]``.

    ``endpoint`` is the hub's address, None for HF_ENDPOINT or the public one.
    """

    source: str
    naming: Naming = field(default_factory=Naming)
    precision: Precision = "auto"
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who follows it: ``tell`` hears phase, bytes done and bytes in all; ``is_called_off`` is asked now and then."""

    tell: Callable[[str, int, int], None] = lambda *_: None
    is_called_off: Callable[[], bool] = lambda: False

    def as_work(self) -> Work:
        """The same, for the steps after a download."""
        return Work(lambda phase: self.tell(phase, 0, 0), self.is_called_off)


def install(order: Order, models_dir: Path, taken: Sequence[str] = (), watcher: Watcher | None = None) -> Imported:
    """Install a model into ``models_dir``; ``taken`` are keys that may not be used.

    Raises ``KnownError``: NOT_FOUND, USAGE, BAD_FILE, DISK_FULL, EXTRA_MISSING, CANCELLED, hub's UNREACHABLE.
    """
    watcher = watcher or Watcher()
    folder = Path(order.source).expanduser()
    with _alone(models_dir):
        if folder.is_dir():
            return import_folder(folder, models_dir, order.naming, taken, order.precision, watcher.as_work())
        return _from_hub(_named(order), models_dir, taken, watcher)


def _named(order: Order) -> Order:
    """The order with what the catalogue knows of the model; raises ``KnownError`` for a name of nothing."""
    offer = find_offer(order.source)
    if offer is not None:
        known = Naming(
            order.naming.key or offer.key,
            order.naming.languages or offer.languages,
            order.naming.licence or offer.licence,
            offer.name,
        )
        return replace(order, source=offer.repository, naming=known)
    if not is_hub_name(order.source):
        names = ", ".join(model.key for model in offered())
        raise KnownError(
            ErrorKind.NOT_FOUND,
            f"There is no folder {order.source}, and no model of that name is offered ({names}). A model of the hub is "
            "called owner/name.",
        )
    return order


def _from_hub(order: Order, models_dir: Path, taken: Sequence[str], watcher: Watcher) -> Imported:
    endpoint = endpoint_from(order.endpoint)
    hub = Hub(endpoint)
    wanted = order.naming.key or order.source.partition("@")[0].rpartition("/")[2]
    key = free_key(wanted, models_dir, taken)
    watcher.tell("asking", 0, 0)
    model = hub.find(order.source, checkpoints=can_export())
    naming = replace(
        order.naming,
        key=key,
        name=order.naming.name or model.repository,
        licence=order.naming.licence or model.licence,
        source=f"{model.repository} at {model.commit[:12]}, from {endpoint}",
        url=f"{endpoint}/{model.repository}",
    )
    folder = models_dir / DOWNLOADS / f"{model.repository.replace('/', '--')}@{model.commit}"
    with _kept_if_broken_off(folder), disk_trouble(folder, models_dir):
        _check_room(model, folder)
        hub.fetch(model, folder, lambda done, total: watcher.tell("fetching", done, total), watcher.is_called_off)
        return import_folder(folder, models_dir, naming, taken, order.precision, watcher.as_work())


def _check_room(model: HubModel, folder: Path) -> None:
    """Twice the download: the package is made beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    known = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if shutil.disk_usage(folder).free < 2 * model.byte_size - known:
        raise KnownError(
            ErrorKind.DISK_FULL,
            f"The model needs {2 * model.byte_size / 1e9:.1f} GB while it is installed. Free some space.",
        )


@contextlib.contextmanager
def _kept_if_broken_off(folder: Path) -> Iterator[None]:
    """A connection that broke keeps what has come; anything else that ends an installation keeps nothing."""
    try:
        yield
    except KnownError as error:
        if error.kind in {ErrorKind.CANCELLED, ErrorKind.BAD_FILE}:
            _remove(folder)
        raise
    _remove(folder)


def _remove(download: Path) -> None:
    shutil.rmtree(download, ignore_errors=True)
    with contextlib.suppress(OSError):
        download.parent.rmdir()  # only when it is empty


@contextlib.contextmanager
def _alone(models_dir: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    with disk_trouble(models_dir, models_dir):
        models_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(models_dir / LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise KnownError(ErrorKind.USAGE, "Another model is being installed. Wait until that is done.") from error
    try:
        remove_leftovers(models_dir)
        _remove_old_downloads(models_dir / DOWNLOADS)
        yield
    finally:
        lock.release()


def _remove_old_downloads(folder: Path) -> None:
    for download in folder.glob("*"):
        if time.time() - download.stat().st_mtime > KEPT_FOR_S:
            _remove(download)
