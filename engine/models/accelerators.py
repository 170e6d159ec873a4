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

Devices = tuple[int, str]
"""How many devices there are, and in words why there is none."""


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """The providers to try, best first, the CPU last; and why better ones are left out."""

    providers: tuple[str, ...]
    reasons: tuple[str, ...] = ()


def short_name(provider: str) -> str:
    """``CUDA`` for ``CUDAExecutionProvider``."""
    return provider.removesuffix("ExecutionProvider")


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
        return 0, "no NVIDIA driver"
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0, "the NVIDIA driver does not answer"
    return count.value, "" if count.value else "no NVIDIA device"


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
    reasons: list[str] = []
    for provider in names:
        if provider == CPU:
            continue
        missing = _what_is_missing(provider, available, machine, is_asked_for=wanted is not None)
        if missing:
            reasons.append(f"{short_name(provider)}: {missing}")
        elif missing is not None:
            chosen.append(provider)
    return ProviderChoice((*chosen, CPU), tuple(reasons))


def _what_is_missing(provider: str, available: tuple[str, ...], machine: Machine, *, is_asked_for: bool) -> str | None:
    """Why ``provider`` is out of the question; "" where nothing speaks against it, None where nobody would miss it."""
    if provider not in available:
        return "this build of ONNX Runtime does not have it" if is_asked_for else None
    if provider in _OF_NVIDIA:
        count, reason = machine.cuda()
        if not count:
            return reason
    if provider == TENSORRT and not machine.tensorrt():
        return "the TensorRT library is not installed"
    return ""


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
