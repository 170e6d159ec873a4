"""One loaded ONNX graph, and the truth about which provider runs it.

The only module that runs onnxruntime. Its wheels send telemetry unless told otherwise before the import.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import KnownError
from engine.models.accelerators import CPU, CUDA, TENSORRT
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

# What a graph may ask for instead of int64 or float32; other types are taken as they come.
_NARROW = {"tensor(int32)": np.int32, "tensor(float16)": np.float16}
_ON_CUDA = frozenset((CUDA, TENSORRT))
# cuDNN would otherwise time every algorithm anew for each new size of a batch, and the arena would double.
_CUDA_OPTIONS = {"cudnn_conv_algo_search": "HEURISTIC", "arena_extend_strategy": "kSameAsRequested"}


class AcceleratorError(Exception):
    """A provider other than the CPU does not do what it was asked to."""


@dataclass(frozen=True, slots=True)
class GraphValue:
    """One input or output of a graph: ``kind`` as in ``tensor(float)``; None in ``shape`` is a free axis."""

    name: str
    kind: str
    shape: tuple[int | None, ...]


def runtime() -> Any:
    """Import onnxruntime, quiet and without telemetry."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    with _stdout_to_stderr():
        import onnxruntime

    module: Any = onnxruntime  # its stubs leave out half of what it exports
    module.set_default_logger_severity(4)
    return module


def available_providers() -> tuple[str, ...]:
    """What this build of ONNX Runtime was made with, whether or not it works here."""
    return tuple(runtime().get_available_providers())


class Session:
    """One loaded graph on one ``provider``; safe to use from several threads unless it is bound to a GPU."""

    def __init__(
        self, path: Path, *, threads: int = 0, provider: str = CPU, binding: bool = True, arena: bool = True
    ) -> None:
        """Load ``path``; ``threads`` 0 means one per core.

        ``arena`` keeps what a run needed for the next, as large batches want it. ``binding`` keeps a GPU's input in one
        place on the device. Raises ``KnownError`` (MODEL_DAMAGED), and ``AcceleratorError`` where another provider than
        the CPU does not take the graph.
        """
        self._runtime = runtime()
        self._wanted = provider
        self._profile = tempfile.TemporaryDirectory(prefix="balloon-") if provider != CPU else None
        try:
            self._session = self._load(path, threads, arena=arena)
        except AcceleratorError:
            if self._profile is not None:
                self._profile.cleanup()
            raise
        self.inputs = tuple(map(_graph_value, self._session.get_inputs()))
        self.outputs = tuple(map(_graph_value, self._session.get_outputs()))
        self._one_by_one = any(value.shape[:1] == (1,) for value in self.inputs)
        self._binds = binding and provider in _ON_CUDA and len(self.inputs) == 1
        self._bound: _Bound | None = None
        self._shares: dict[str, float] = {}

    @property
    def provider(self) -> str:
        """The provider that ran most of the last batch; before the first one that which the session took."""
        if self._shares:
            return max(self._shares, key=lambda name: self._shares[name])
        return str(self._session.get_providers()[0])

    @property
    def shares(self) -> dict[str, float]:
        """Which part of the first batch's time each provider took, by its profile; empty on the CPU alone."""
        return dict(self._shares)

    def _load(self, path: Path, threads: int, *, arena: bool) -> Any:
        options = self._runtime.SessionOptions()
        options.enable_cpu_mem_arena = arena
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # Spinning threads would take the cores that decode workers need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if self._wanted == CPU:
            return self._load_on_cpu(path, options)
        if self._wanted == CUDA:
            # CUDA has no int8 convolutions: an int8 graph's weights become floats once, at loading, not at each run.
            options.add_session_config_entry("session.disable_quant_qdq", "1")
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(self._profile.name) / "profile") if self._profile else ""
        if self._wanted in _ON_CUDA:
            with _stdout_to_stderr():
                self._runtime.preload_dlls()
        providers = [(self._wanted, _CUDA_OPTIONS if self._wanted == CUDA else {}), CPU]
        try:
            with _stdout_to_stderr():
                session = self._runtime.InferenceSession(str(path), options, providers=providers, enable_fallback=0)
        except Exception as error:  # onnxruntime's own exceptions share no base below Exception
            raise AcceleratorError(_first_line(error)) from error
        if session.get_providers()[0] != self._wanted:
            raise AcceleratorError("ONNX Runtime went over to the CPU without a word")
        return session

    def _load_on_cpu(self, path: Path, options: Any) -> Any:
        try:
            return self._runtime.InferenceSession(str(path), options, providers=[CPU])
        except Exception as error:  # onnxruntime's own exceptions share no base below Exception
            raise KnownError(
                ErrorKind.MODEL_DAMAGED, f"The model file {path.name} cannot be loaded. Install the model again."
            ) from error

    def run(self, output: str, feeds: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Run the graph and give one output as float32; a graph made for a batch of one is run row by row.

        Raises ``AcceleratorError`` when another provider than the CPU fails at it.
        """
        narrow = {value.name: _NARROW[value.kind] for value in self.inputs if value.kind in _NARROW}
        typed = {name: rows.astype(narrow.get(name, rows.dtype), copy=False) for name, rows in feeds.items()}
        try:
            return self._run_rows(output, typed)
        except Exception as error:
            if self._wanted == CPU:
                raise
            raise AcceleratorError(_first_line(error)) from error
        finally:
            self._read_profile()

    def _run_rows(self, output: str, feeds: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        if not self._one_by_one:
            return self._run_batch(output, feeds)
        count = len(next(iter(feeds.values())))
        parts = [
            self._run_batch(output, {name: rows[row : row + 1] for name, rows in feeds.items()}) for row in range(count)
        ]
        return np.concatenate(parts)

    def _run_batch(self, output: str, feeds: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        if self._binds:
            return self._run_bound(output, *next(iter(feeds.items())))
        (result,) = self._session.run([output], dict(feeds))
        return np.asarray(result, dtype=np.float32)

    def _run_bound(self, output: str, name: str, rows: NDArray[Any]) -> NDArray[np.float32]:
        wanted = (output, name, rows.shape, rows.dtype)
        if self._bound is None or self._bound.made_for != wanted:
            self._bound = None  # gives the old place on the device back first
            self._bound = _Bound(self._runtime, self._session, output, name, rows)
        return self._bound.run(rows)

    def _read_profile(self) -> None:
        """After the first batch: who really ran it. Then the profile is done with, and its files are gone."""
        if self._profile is None:
            return
        folder, self._profile = self._profile, None
        with folder:
            self._shares = provider_shares(Path(self._session.end_profiling()))


class _Bound:
    """A place for one shape of input on the device, filled anew for each batch (ONNX Runtime's I/O binding)."""

    def __init__(self, onnxruntime: Any, session: Any, output: str, name: str, rows: NDArray[Any]) -> None:
        self.made_for = (output, name, rows.shape, rows.dtype)
        self._session = session
        self._rows = onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(rows), "cuda", 0)
        self._binding = session.io_binding()
        self._binding.bind_ortvalue_input(name, self._rows)
        self._binding.bind_output(output, "cpu")

    def run(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        self._rows.update_inplace(np.ascontiguousarray(rows))
        self._session.run_with_iobinding(self._binding)
        (result,) = self._binding.copy_outputs_to_cpu()
        return np.asarray(result, dtype=np.float32)


def provider_shares(profile: Path) -> dict[str, float]:
    """Read a profile of ONNX Runtime (trace events): the share, 0..1, of the nodes' time that each provider took."""
    try:
        events = json.loads(profile.read_text(encoding="utf-8", errors="replace"))
    except (OSError, ValueError):
        return {}
    spent: Counter[str] = Counter()
    for event in events:
        provider = event.get("args", {}).get("provider") if event.get("cat") == "Node" else None
        if provider:
            spent[provider] += max(1, int(event.get("dur", 0)))
    return {name: time / spent.total() for name, time in spent.most_common()}


def _graph_value(node: Any) -> GraphValue:
    return GraphValue(node.name, node.type, tuple(axis if isinstance(axis, int) else None for axis in node.shape))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


@contextlib.contextmanager
def _stdout_to_stderr() -> Iterator[None]:
    # Importing onnxruntime and preload_dlls() may print; our stdout may be a document or the wire.
    with contextlib.redirect_stdout(sys.stderr):
        yield
