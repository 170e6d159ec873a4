"""Sessions: the provider that really works, no telemetry, nothing on stdout."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import KnownError
from engine.models.accelerators import (
    COREML,
    CPU,
    CUDA,
    DIRECTML,
    OPENVINO,
    TENSORRT,
    Devices,
    LeftOut,
    Machine,
    ProviderChoice,
    choose_providers,
    cuda_devices,
    provider_called,
)
from engine.models.session import Session
from engine.protocol import ErrorKind
from engine.protocol.model_methods import AcceleratorTrouble as Trouble

ROOT = Path(__file__).parents[2]


def machine(devices: Devices, *, tensorrt: bool = False) -> Machine:
    return Machine(lambda: devices, lambda: tensorrt)


@pytest.mark.parametrize(
    ("available", "devices", "expected"),
    [
        ((CUDA, CPU), (0, Trouble.NO_DRIVER), ProviderChoice((CPU,), (LeftOut(CUDA, Trouble.NO_DRIVER),))),
        ((CUDA, CPU), (1, None), ProviderChoice((CUDA, CPU))),
        ((TENSORRT, CUDA, CPU), (2, None), ProviderChoice((CUDA, CPU))),
        ((CPU,), (1, None), ProviderChoice((CPU,))),
        ((DIRECTML, CPU), (0, Trouble.NO_DRIVER), ProviderChoice((DIRECTML, CPU))),
        ((CPU, OPENVINO, COREML, DIRECTML, CUDA), (1, None), ProviderChoice((CUDA, DIRECTML, COREML, OPENVINO, CPU))),
        (("AzureExecutionProvider", CPU), (0, None), ProviderChoice((CPU,))),
    ],
)
def test_best_provider_that_may_work_is_tried_first(
    available: tuple[str, ...], devices: Devices, expected: ProviderChoice
) -> None:
    assert choose_providers(available, None, machine(devices)) == expected


@pytest.mark.parametrize(
    ("wanted", "available", "devices", "tensorrt", "expected"),
    [
        (CPU, (CUDA, CPU), (1, None), False, ProviderChoice((CPU,))),
        (CUDA, (CUDA, DIRECTML, CPU), (1, None), False, ProviderChoice((CUDA, CPU))),
        (
            CUDA, (CUDA, DIRECTML, CPU), (0, Trouble.NO_DEVICE), False,
            ProviderChoice((CPU,), (LeftOut(CUDA, Trouble.NO_DEVICE),)),
        ),
        (
            DIRECTML, (CUDA, CPU), (1, None), False,
            ProviderChoice((CPU,), (LeftOut(DIRECTML, Trouble.NOT_BUILT),)),
        ),
        (TENSORRT, (TENSORRT, CUDA, CPU), (1, None), True, ProviderChoice((TENSORRT, CPU))),
        (
            TENSORRT, (TENSORRT, CUDA, CPU), (1, None), False,
            ProviderChoice((CPU,), (LeftOut(TENSORRT, Trouble.NO_LIBRARY),)),
        ),
    ],
)  # fmt: skip
def test_what_a_person_asks_for_is_tried_or_its_absence_said(
    wanted: str, available: tuple[str, ...], devices: Devices, tensorrt: bool, expected: ProviderChoice
) -> None:
    assert choose_providers(available, wanted, machine(devices, tensorrt=tensorrt)) == expected


def test_accelerator_is_called_by_a_short_name() -> None:
    assert (provider_called("CUDA"), provider_called(" directml "), provider_called("auto")) == (CUDA, DIRECTML, None)
    with pytest.raises(KnownError, match="Known are: auto, cuda") as raised:
        provider_called("gpu")
    assert raised.value.kind is ErrorKind.USAGE


def test_driver_is_asked_where_the_runtime_offers_cuda() -> None:
    dead = machine((0, Trouble.DRIVER_SILENT))
    assert choose_providers((CUDA, CPU), None, dead).left_out == (LeftOut(CUDA, Trouble.DRIVER_SILENT),)


def test_missing_driver_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_such_library(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", no_such_library)
    assert cuda_devices() == (0, Trouble.NO_DRIVER)


@pytest.mark.parametrize(
    ("initialised", "answered", "reason"),
    [
        (0, 0, Trouble.NO_DEVICE),
        (100, 0, Trouble.DRIVER_SILENT),
        (0, 3, Trouble.DRIVER_SILENT),
    ],
)
def test_driver_without_a_device_is_said(
    monkeypatch: pytest.MonkeyPatch, initialised: int, answered: int, reason: Trouble
) -> None:
    class Driver:
        def cuInit(self, flags: int) -> int:  # noqa: N802  # the driver's own name
            return initialised

        def cuDeviceGetCount(self, count: object) -> int:  # noqa: N802
            return answered

    monkeypatch.setattr(ctypes, "CDLL", lambda name: Driver())
    assert cuda_devices() == (0, reason)


def test_damaged_graph_is_a_sentence(tmp_path: Path) -> None:
    for name, data in (("garbage.onnx", b"\xff" * 500), ("empty.onnx", b""), ("text.onnx", b"not a graph")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(KnownError, match="Install the model again") as raised:
            Session(tmp_path / name)
        assert raised.value.kind is ErrorKind.MODEL_DAMAGED


def test_cut_graph_is_a_sentence(mini: Path, tmp_path: Path) -> None:
    data = (mini / "image.onnx").read_bytes()
    (tmp_path / "image.onnx").write_bytes(data[: len(data) // 2])
    with pytest.raises(KnownError) as raised:
        Session(tmp_path / "image.onnx")
    assert raised.value.kind is ErrorKind.MODEL_DAMAGED


def test_runtime_sends_no_telemetry_and_prints_nothing(mini: Path) -> None:
    script = f"""
import os, sys
from pathlib import Path
assert "onnxruntime" not in sys.modules
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "onnxruntime":
            assert os.environ.get("ORT_DISABLE_TELEMETRY") == "1", "set too late"
            print("seen", file=sys.stderr)
sys.meta_path.insert(0, Watch())
from engine.models.encoder import Encoder
assert "onnxruntime" not in sys.modules, "importing the encoder must stay cheap"
assert Encoder.open(Path({str(mini)!r})).encode_texts(["red"]).shape[0] == 1
"""
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout, "seen" in done.stderr) == (0, "", True), done.stderr
