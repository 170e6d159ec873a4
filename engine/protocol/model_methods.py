"""The wire's requests and values about models: what is offered, installing one, and how that goes on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from engine.protocol.values import ErrorKind


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model on this computer; ``indexed`` contents have a vector of it.

    ``in_use``: it answers. ``is_coming``: it was chosen, and answers as soon as it has seen all photos.
    """

    key: str
    name: str
    languages: tuple[str, ...]
    licence: str
    in_use: bool
    indexed: int
    is_coming: bool = False


@dataclass(frozen=True, slots=True)
class ModelList:
    """The models on this computer; the library has ``contents`` to be seen by each."""

    models: tuple[ModelRow, ...]
    contents: int = 0


@dataclass(frozen=True, slots=True)
class ModelUse:
    """Search with this model: at once, or as soon as it has seen all photos; the one before answers meanwhile."""

    key: str


@dataclass(frozen=True, slots=True)
class PublishedRecall:
    """A figure that others have published: on which set, how many per cent, and where it stands."""

    set: str
    percent: float
    source: str


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A model of the catalogue. ``form``: a ``checkpoint`` has to be converted, which needs the extra ``models``.

    ``megabytes`` is about what is downloaded. ``languages`` are codes, and ``multilingual`` for many more.
    """

    key: str
    name: str
    repository: str
    form: Literal["onnx", "checkpoint"]
    languages: tuple[str, ...]
    licence: str
    licence_source: str
    megabytes: int
    note: str
    recall: tuple[PublishedRecall, ...]
    is_installed: bool = False


@dataclass(frozen=True, slots=True)
class ModelCatalogue:
    """The models that are offered. ``can_convert``: the extra ``models`` is installed. ``endpoint``: whom it asks."""

    models: tuple[OfferedModel, ...]
    can_convert: bool = False
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class ModelInstall:
    """Install a model: a catalogue's key, ``owner/name[@revision]`` on the hub, or an absolute folder.

    Answered at once; ``models.progress`` tells the rest. ``precision`` fp16 adds a copy for GPUs, auto does so where
    there is one, int8 makes a smaller model for CPUs.
    """

    source: str
    key: str = ""
    languages: tuple[str, ...] = ()
    licence: str = ""
    precision: Literal["auto", "fp32", "fp16", "int8"] = "auto"


@dataclass(frozen=True, slots=True)
class ModelProgress:
    """How an installation goes on. ``done`` of ``total`` bytes while it is fetched, else 0.

    ``phase``: asking, fetching, reading, image tower, text tower, comparing, copying, trying, installing; at the end
    done (``key`` is the new model's), failed (``kind`` and ``message`` say why) or cancelled.
    """

    source: str
    phase: str
    done: int = 0
    total: int = 0
    key: str | None = None
    kind: ErrorKind | None = None
    message: str | None = None


class AcceleratorTrouble(StrEnum):
    """Why an accelerator is left out. What stands behind some of them is the ``detail`` that comes along."""

    NOT_BUILT = "not_built"  # this build of ONNX Runtime does not have it
    NO_DRIVER = "no_driver"
    DRIVER_SILENT = "driver_silent"  # there is one, and it does not answer
    NO_DEVICE = "no_device"
    NO_LIBRARY = "no_library"  # TensorRT's own
    CRASHED = "crashed"  # how
    NO_ANSWER = "no_answer"  # within how many seconds
    LEFT_TO_CPU = "left_to_cpu"  # how much of the work, "80%"
    OTHER_VECTORS = "other_vectors"  # cosine to the CPU's
    FAILED = "failed"  # what the runtime said, in its own words


@dataclass(frozen=True, slots=True)
class AcceleratorRow:
    """An accelerator by its key ("cuda"), and why it is left out: ``trouble`` None where nothing is known."""

    key: str
    trouble: AcceleratorTrouble | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AcceleratorList:
    """What photos can be encoded on: what ONNX Runtime offers here and what is chosen, best first, the CPU last.

    ``chosen`` is a key or "auto"; ``is_given``: BALLOON_ACCELERATOR decides, and nothing that is stored. ``is_tried``:
    it was found out that ``used`` is what works; before that ``used`` is None.
    """

    offered: tuple[AcceleratorRow, ...]
    chosen: str = "auto"
    is_given: bool = False
    is_tried: bool = False
    used: str | None = None
