"""The wire's requests and values about models: what is offered, installing one, and how that goes on."""

from __future__ import annotations

from dataclasses import dataclass
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
