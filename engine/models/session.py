"""Running an ONNX graph: which provider really works here, and one small class around ONNX Runtime's session.

The only module that imports onnxruntime. Its wheels send telemetry unless told otherwise before the import.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import KnownError
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
# In order of preference; CPU always comes last and always works.
PREFERRED = (CUDA, "DmlExecutionProvider", "CoreMLExecutionProvider")


# What a graph may ask for instead of int64 or float32; other types are taken as they come.
_NARROW = {"tensor(int32)": np.int32, "tensor(float16)": np.float16}


@dataclass(frozen=True, slots=True)
class GraphValue:
    """One input or output of a graph: ``kind`` as in ``tensor(float)``; None in ``shape`` is a free axis."""

    name: str
    kind: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """The providers to ask for, in order, and why the better ones were left out."""

    providers: tuple[str, ...]
    reasons: tuple[str, ...] = ()


def runtime() -> Any:
    """Import onnxruntime, quiet and without telemetry."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    with _stdout_to_stderr():
        import onnxruntime

    module: Any = onnxruntime  # its stubs leave out half of what it exports
    module.set_default_logger_severity(4)
    return module


def cuda_devices() -> tuple[int, str]:
    """How many CUDA devices the driver reports, and in words why there is none.

    Asked of the driver itself: ONNX Runtime offers CUDA wherever its wheel was built with it.
    """
    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        driver = ctypes.CDLL(name)
    except OSError:
        return 0, "no NVIDIA driver"
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0, "the NVIDIA driver does not answer"
    return count.value, "" if count.value else "no NVIDIA device"


def choose_providers(available: tuple[str, ...], cuda: tuple[int, str] | None = None) -> ProviderChoice:
    """Pick from what the runtime offers what this computer can use; ``cuda`` stands in for the driver's answer."""
    chosen: list[str] = []
    reasons: list[str] = []
    for provider in PREFERRED:
        if provider not in available:
            continue
        if provider == CUDA:
            count, reason = cuda_devices() if cuda is None else cuda
            if not count:
                reasons.append(f"CUDA: {reason}")
                continue
        chosen.append(provider)
    return ProviderChoice((*chosen, CPU), tuple(reasons))


class Session:
    """One loaded graph. ``provider`` is the one ONNX Runtime really took."""

    def __init__(self, path: Path, *, threads: int = 0, cpu_only: bool = False) -> None:
        """Load ``path``; ``threads`` 0 means one per core; raises ``KnownError`` (MODEL_DAMAGED)."""
        onnxruntime = runtime()
        choice = ProviderChoice((CPU,)) if cpu_only else choose_providers(tuple(onnxruntime.get_available_providers()))
        self.reasons = choice.reasons
        if CUDA in choice.providers:
            _preload(onnxruntime)
        self._session = self._load(onnxruntime, path, choice, threads)
        self.provider: str = self._session.get_providers()[0]
        self.inputs = tuple(map(_graph_value, self._session.get_inputs()))
        self.outputs = tuple(map(_graph_value, self._session.get_outputs()))
        self._one_by_one = any(value.shape[:1] == (1,) for value in self.inputs)

    def _load(self, onnxruntime: Any, path: Path, choice: ProviderChoice, threads: int) -> Any:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # Spinning threads would take the cores that decode workers need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            return onnxruntime.InferenceSession(str(path), options, providers=list(choice.providers))
        except Exception as error:  # onnxruntime's own exceptions share no base below Exception
            if len(choice.providers) > 1:
                self.reasons = (*choice.reasons, f"{choice.providers[0]}: {error}")
                logger.warning("falling back to the CPU: %s", error)
                return self._load(onnxruntime, path, ProviderChoice((CPU,), self.reasons), threads)
            raise KnownError(
                ErrorKind.MODEL_DAMAGED, f"The model file {path.name} cannot be loaded. Install the model again."
            ) from error

    def run(self, output: str, feeds: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Run the graph and give one output as float32; a graph made for a batch of one is run row by row."""
        narrow = {value.name: _NARROW[value.kind] for value in self.inputs if value.kind in _NARROW}
        typed = {name: rows.astype(narrow.get(name, rows.dtype), copy=False) for name, rows in feeds.items()}
        if not self._one_by_one:
            return self._run_batch(output, typed)
        count = len(next(iter(typed.values())))
        parts = [
            self._run_batch(output, {name: rows[row : row + 1] for name, rows in typed.items()}) for row in range(count)
        ]
        return np.concatenate(parts)

    def _run_batch(self, output: str, feeds: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        (result,) = self._session.run([output], dict(feeds))
        return np.asarray(result, dtype=np.float32)


def _graph_value(node: Any) -> GraphValue:
    return GraphValue(node.name, node.type, tuple(axis if isinstance(axis, int) else None for axis in node.shape))


def _preload(onnxruntime: Any) -> None:
    with _stdout_to_stderr():
        onnxruntime.preload_dlls()


@contextlib.contextmanager
def _stdout_to_stderr() -> Iterator[None]:
    # Importing onnxruntime and preload_dlls() may print; our stdout may be a document or the wire.
    with contextlib.redirect_stdout(sys.stderr):
        yield
