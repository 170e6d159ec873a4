"""From a foreign model's folder to a model package of one's own: copied or exported, described, tried, put in place.

Nothing is half-installed: the package is made in a folder beside the others and renamed when its towers have worked.
"""

from __future__ import annotations

import contextlib
import errno
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine.errors import KnownError
from engine.models.checkpoints import is_checkpoint
from engine.models.export_process import export_apart
from engine.models.layouts import is_ready_made, read_layout, refused
from engine.models.packing import Origin, Packed, pack
from engine.models.trying import refuse_far, try_out
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engine.models.package import ModelCard
    from engine.models.parity import Parity

LOGIT_SCALE = 100.0
"""Where CLIP clamps its learnt scale (Radford et al. 2021); ready-made folders do not say theirs."""
UNKNOWN_LICENCE = "not stated"
Precision = Literal["auto", "fp32", "fp16", "int8"]
"""``fp16``: float32 with a float16 copy for GPUs; ``auto``: that where there is a GPU; ``int8``: for CPUs, smaller."""


@dataclass(frozen=True, slots=True)
class Naming:
    """What is known of the model besides its files: an empty ``key`` means the folder's own name.

    ``source`` says where it came from, for the model card; ``url`` where that can be looked at.
    """

    key: str = ""
    languages: tuple[str, ...] = ()
    licence: str = ""
    name: str = ""
    source: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """How an import is watched: ``tell`` hears each step, ``is_called_off`` is asked between steps."""

    tell: Callable[[str], None] = lambda _: None
    is_called_off: Callable[[], bool] = lambda: False

    def step(self, name: str) -> None:
        """Say what comes next; raises ``KnownError`` (CANCELLED) when it shall not."""
        if self.is_called_off():
            raise KnownError(ErrorKind.CANCELLED, "The import was called off. Nothing was installed.")
        self.tell(name)


@dataclass(frozen=True, slots=True)
class Imported:
    """A model that was installed, and how near its graphs are to what they were made from."""

    card: ModelCard
    parity: tuple[Parity, ...] = field(default=())


def import_folder(
    source: Path,
    models_dir: Path,
    naming: Naming,
    taken: Sequence[str] = (),
    precision: Precision = "auto",
    work: Work | None = None,
) -> Imported:
    """Make a package of ``source`` in ``models_dir``: a ready-made ONNX folder, or a checkpoint of PyTorch.

    ``taken`` are keys that may not be used. Raises ``KnownError`` (USAGE, BAD_FILE, DISK_FULL, EXTRA_MISSING,
    CANCELLED).
    """
    work = work or Work()
    source = source.expanduser().absolute()
    key = free_key(naming.key or source.name, models_dir, taken)
    with disk_trouble(source, models_dir):
        models_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".importing-", dir=models_dir) as scratch:
            package = Path(scratch) / key
            package.mkdir()
            packed = _packed(source, Path(scratch) / "export", package, naming, precision, work)
            work.step("trying")
            try_out(source, package)
            work.step("installing")
            package.rename(models_dir / key)
    return Imported(packed.card, packed.parity)


def _packed(source: Path, scratch: Path, package: Path, naming: Naming, precision: Precision, work: Work) -> Packed:
    origin = _origin(source, scratch, work)
    refuse_far(source, origin.parity)
    work.step("copying")
    details = Naming(
        key=package.name,
        languages=naming.languages,
        licence=naming.licence or stated_licence(source) or UNKNOWN_LICENCE,
        name=naming.name or source.name,
        source=naming.source or f"{source.name}, imported from a folder ({_kind(origin)})",
        url=naming.url,
    )
    return pack(origin, package, details, precision)


def _kind(origin: Origin) -> str:
    layout = origin.model.layout
    return "a checkpoint of PyTorch" if layout == "checkpoint" else f"{layout}'s layout"


def _origin(source: Path, scratch: Path, work: Work) -> Origin:
    if is_checkpoint(source) and not is_ready_made(source):
        scratch.mkdir()
        work.step("converting")
        exported = export_apart(source, scratch, work.tell, work.is_called_off)
        return Origin(source, exported.model, exported.logit_scale, exported.parity)
    return Origin(source, read_layout(source), LOGIT_SCALE)


def free_key(wanted: str, models_dir: Path, taken: Sequence[str]) -> str:
    """A name for the model's folder; raises ``KnownError`` (USAGE) for one that cannot be had."""
    key = re.sub(r"[^\w.-]+", "-", wanted).strip(".-")
    if not key:
        raise KnownError(ErrorKind.USAGE, "A model's name may hold letters, digits, '-', '_' and '.'.")
    if key in taken or (models_dir / key).exists():
        raise KnownError(ErrorKind.USAGE, f"There is already a model called {key}. Choose another --name.")
    return key


@contextlib.contextmanager
def disk_trouble(source: Path, models_dir: Path) -> Iterator[None]:
    """While inside, what the disk refuses becomes a ``KnownError`` (DISK_FULL, BAD_FILE)."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise KnownError(ErrorKind.DISK_FULL, "There is no room left for the model. Free some space.") from error
        raise refused(source, f"its files cannot be copied to {models_dir} ({error.strerror})") from error


def stated_licence(source: Path) -> str:
    """The ``license:`` line of a model card's head, as the Hugging Face hub has it."""
    try:
        head = (source / "README.md").read_text(encoding="utf-8", errors="replace").split("\n---", 1)[0]
    except OSError:
        return ""
    stated = re.search(r"^license:[ \t]*([\w.+-]+)[ \t]*$", head, re.MULTILINE)
    return stated[1] if stated and head.startswith("---") else ""


def remove_leftovers(models_dir: Path) -> None:
    """Remove what an import that was killed left behind; nobody else may be importing."""
    for folder in models_dir.glob(".importing-*"):
        shutil.rmtree(folder, ignore_errors=True)
