"""Accelerators: what ONNX Runtime could run a tower on here, in which order to try it, and why something is left out.

Nothing is loaded here: the driver is asked through its own library. Whether a provider works is for ``probing``.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import KnownError
from engine.protocol import ErrorKind
from engine.protocol.model_methods import AcceleratorTrouble

if TYPE_CHECKING:
    from collections.abc import Callable

AUTOMATIC = "auto"
CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
TENSORRT = "TensorrtExecutionProvider"
DIRECTML = "DmlExecutionProvider"
COREML = "CoreMLExecutionProvider"
OPENVINO = "OpenVINOExecutionProvider"
# What a person writes, in the order of preference; the CPU comes last and always works.
PROVIDERS = {
    "cuda": CUDA,
    "tensorrt": TENSORRT,
    "directml": DIRECTML,
    "coreml": COREML,
    "openvino": OPENVINO,
    "cpu": CPU,
}
# TensorRT compiles each graph for minutes before its first batch: only for someone who asks for it.
_ON_REQUEST = frozenset((TENSORRT,))
_OF_NVIDIA = frozenset((CUDA, TENSORRT))
# Where half the width is worth it: a GPU's; the CPU would only convert to and fro.
HALF_PRECISION = frozenset((CUDA, TENSORRT, DIRECTML))

_NAMES = {DIRECTML: "DirectML", TENSORRT: "TensorRT"}
_WORDS = {
    AcceleratorTrouble.NOT_BUILT: "this build of ONNX Runtime does not have it",
    AcceleratorTrouble.NO_DRIVER: "no NVIDIA driver",
    AcceleratorTrouble.DRIVER_SILENT: "the NVIDIA driver does not answer",
    AcceleratorTrouble.NO_DEVICE: "no NVIDIA device",
    AcceleratorTrouble.NO_LIBRARY: "the TensorRT library is not installed",
    AcceleratorTrouble.CRASHED: "the driver crashed ({})",
    AcceleratorTrouble.NO_ANSWER: "no answer within {} s",
    AcceleratorTrouble.LEFT_TO_CPU: "it left {} of the work to the CPU",
    AcceleratorTrouble.OTHER_VECTORS: "its vectors are not those of the CPU (cosine {})",
    AcceleratorTrouble.FAILED: "{}",
}

Devices = tuple[int, AcceleratorTrouble | None]
"""How many devices there are, and why there is none."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A provider that is not used, and why; as a string one line for people."""

    provider: str
    trouble: AcceleratorTrouble
    detail: str = ""

    def __str__(self) -> str:
        return f"{short_name(self.provider)}: {_WORDS[self.trouble].replace('{}', self.detail)}"


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """The providers to try, best first, the CPU last; and why better ones are left out."""

    providers: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()


def short_name(provider: str) -> str:
    """``CUDA`` for ``CUDAExecutionProvider``."""
    return _NAMES.get(provider, provider.removesuffix("ExecutionProvider"))


def key_of(provider: str) -> str | None:
    """What a person writes for a provider, None for one that Balloon does not know."""
    return next((key for key, known in PROVIDERS.items() if known == provider), None)


def provider_called(name: str) -> str | None:
    """The provider a person means, None for the automatic choice; raises ``KnownError`` (USAGE)."""
    wanted = name.strip().lower()
    if wanted in {"", AUTOMATIC}:
        return None
    if wanted not in PROVIDERS:
        raise KnownError(
            ErrorKind.USAGE,
            f"There is no accelerator called {name!r}. Known are: {AUTOMATIC}, {', '.join(PROVIDERS)}.",
        )
    return PROVIDERS[wanted]


def cuda_devices() -> Devices:
    """How many CUDA devices the driver reports.

    Asked of the driver itself: ONNX Runtime offers CUDA wherever its wheel was built with it.
    """
    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        driver = ctypes.CDLL(name)
    except OSError:
        return 0, AcceleratorTrouble.NO_DRIVER
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0, AcceleratorTrouble.DRIVER_SILENT
    return count.value, None if count.value else AcceleratorTrouble.NO_DEVICE


def has_tensorrt() -> bool:
    """Whether TensorRT's library can be found; ONNX Runtime's wheel offers the provider without it."""
    names = ("nvinfer_10.dll",) if sys.platform == "win32" else ("libnvinfer.so.10", "libnvinfer.so.11")
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False


@dataclass(frozen=True, slots=True)
class Machine:
    """How to ask this computer; tests put other answers in."""

    cuda: Callable[[], Devices] = cuda_devices
    tensorrt: Callable[[], bool] = has_tensorrt


def choose_providers(
    available: tuple[str, ...], wanted: str | None = None, machine: Machine | None = None
) -> ProviderChoice:
    """Pick from what the runtime offers (``available``) what this computer may be able to use.

    ``wanted`` is a provider that a person asks for: nothing but it and the CPU is tried then.
    """
    machine = machine or Machine()
    if wanted == CPU:
        return ProviderChoice((CPU,))
    names = [provider for provider in PROVIDERS.values() if provider not in _ON_REQUEST] if wanted is None else [wanted]
    chosen: list[str] = []
    left_out: list[LeftOut] = []
    for provider in names:
        if provider == CPU or (wanted is None and provider not in available):
            continue  # nobody misses what was not asked for
        trouble = what_is_missing(provider, available, machine)
        if trouble is None:
            chosen.append(provider)
        else:
            left_out.append(LeftOut(provider, trouble))
    return ProviderChoice((*chosen, CPU), tuple(left_out))


def what_is_missing(
    provider: str, available: tuple[str, ...], machine: Machine | None = None
) -> AcceleratorTrouble | None:
    """Why ``provider`` is out of the question, None where nothing speaks against trying it."""
    machine = machine or Machine()
    if provider not in available:
        return AcceleratorTrouble.NOT_BUILT
    if provider in _OF_NVIDIA:
        count, reason = machine.cuda()
        if not count:
            return reason or AcceleratorTrouble.NO_DEVICE
    if provider == TENSORRT and not machine.tensorrt():
        return AcceleratorTrouble.NO_LIBRARY
    return None


class _DeviceMemory(ctypes.Structure):
    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


def gpu_memory() -> tuple[int, int] | None:
    """Bytes used and bytes in all of the first NVIDIA device, by every program; None where it cannot be asked."""
    name = "nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1"
    try:
        nvml = ctypes.CDLL(name)
    except OSError:
        return None
    device, memory = ctypes.c_void_p(), _DeviceMemory()
    if nvml.nvmlInit_v2() != 0 or nvml.nvmlDeviceGetHandleByIndex_v2(0, ctypes.byref(device)) != 0:
        return None
    if nvml.nvmlDeviceGetMemoryInfo(device, ctypes.byref(memory)) != 0:
        return None
    return int(memory.used), int(memory.total)
